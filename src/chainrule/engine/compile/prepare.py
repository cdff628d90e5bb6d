"""Prepare a graph for kernels: calls inlined, and every contraction a stack of matrix products."""

from __future__ import annotations

import math
import string
from typing import Any

from .. import trace
from ..graph import Graph
from ..interpret import known_value
from ..primitives import calls, reductions
from ..primitives import contraction as ct
from ..primitives import elementwise as ew
from ..primitives.closures import pick
from ..primitives.scan import scan_row
from ..primitives.views import broadcast_in_dim, reshape, transpose
from ..rewrite import rewrite
from ..simplify import simplify
from ..tensor import Tensor
from .hoist import hoist, with_numbers
from .layout import lay_across

_BODIES = (calls.checkpoint_row, calls.custom_row)


def prepare(graph: Graph) -> Graph:
    """The simplified graph in the form that ``fuse`` reads; values keep their bits."""
    return lay_across(rewrite(simplify(_inline_calls(graph)), _prepare_node))


def _prepare_node(node: Tensor) -> Tensor | None:
    if node.primitive is None:
        return trace.constant(known_value(node))
    if node.primitive is ct.einsum_row:
        return _as_product(node)
    if node.primitive is scan_row:
        node = with_numbers(node)
    graphs = {k: v for k, v in node.params.items() if isinstance(v, Graph)}
    new: dict[str, Any] = {name: prepare(graph) for name, graph in graphs.items()}
    if "branches" in node.params:
        new["branches"] = tuple([prepare(graph) for graph in node.params["branches"]])
    if not new:
        return None
    prepared = Tensor(node.primitive, node.inputs, node.params | new, node.type, node.place)
    hoisted = hoist(prepared)
    return prepared if hoisted is None else hoisted


def _inline_calls(graph: Graph) -> Graph:
    """``checkpoint`` and custom derivatives have done their work: what they call is plain graph."""
    results: dict[Tensor, list[Tensor]] = {}

    def inline(node: Tensor) -> Tensor | None:
        if node.primitive is pick and node.inputs[0].primitive in _BODIES:
            call = node.inputs[0]
            if call not in results:
                body = _inline_calls(call.params["body"])
                found = Graph(body.inputs, body.outputs)(*call.inputs)
                results[call] = [trace.node_of(x) for x in found]
            number: int = node.params["index"]
            return results[call][number]
        return None

    return rewrite(graph, inline)


def _as_product(node: Tensor) -> Tensor | None:
    """``einsum`` as ``[stack] rows·summed, summed·columns``, each group of letters one axis."""
    if len(node.inputs) != 2:
        return None
    with trace.at_place(node.place):
        return _product(node)


def _product(node: Tensor) -> Tensor | None:
    (left, right), result = _terms(node)
    a, b = node.inputs
    length = dict(zip(left + right, a.shape + b.shape, strict=True))
    summed = [c for c in left if c in right and c not in result]
    if not summed:
        return None  # products without sums are elementwise
    if _prefers_left(left, right, result, length):
        left, right, a, b = right, left, b, a
    if all([length[c] == 1 for c in summed]):
        return _without_sums(node, (left, right), (a, b), result, summed)
    stacked = [c for c in result if c in left and c in right]
    rows = [c for c in result if c in left and c not in right]
    columns = [c for c in result if c in right and c not in left]
    if not rows and not columns:
        return _reduced(node, (left, right), (a, b), stacked + summed)
    a = _grouped(a, left, [*[[c] for c in stacked], rows, summed])
    b = _grouped(b, right, [*[[c] for c in stacked], summed, columns])
    names = string.ascii_letters[: len(stacked)]
    m, k, n = "X" if rows else "", "Y", "Z" if columns else ""
    spec = f"{names}{m}{k},{names}{k}{n}->{names}{m}{n}"
    product = trace.apply(ct.einsum_row, a, b, spec=spec)
    order = stacked + rows + columns
    product = reshape(product, tuple([length[c] for c in order]))
    found: Tensor = transpose(product, [order.index(c) for c in result])
    return found


def _without_sums(
    node: Tensor, terms: tuple[str, str], operands: tuple[Tensor, Tensor], result: str, summed: Any
) -> Tensor:
    """Sums over axes of length 1 are none: a product element by element."""
    kept = [[c for c in term if c not in summed] for term in terms]
    items = [
        reshape(x, tuple([n for c, n in zip(term, x.shape, strict=True) if c not in summed]))
        for x, term in zip(operands, terms, strict=True)
    ]
    spec = f"{''.join(kept[0])},{''.join(kept[1])}->{result}"
    return trace.apply(ct.einsum_row, *items, spec=spec)  # type: ignore[no-any-return]


def _prefers_left(left: str, right: str, result: str, length: dict[str, int]) -> bool:
    """Whether vectors should run along an axis of the left operand: the result's last one."""
    own = [c for c in result if length[c] > 1 and not (c in left and c in right)]
    return bool(own) and own[-1] in left


def _terms(node: Tensor) -> tuple[list[str], str]:
    left, result = node.params["spec"].split("->")
    return left.split(","), result


def _grouped(x: Tensor, letters: str, groups: list[list[str]]) -> Tensor:
    """Axes in the order of the groups, those of a group merged; an empty group is no axis."""
    order = [c for group in groups for c in group]
    x = transpose(x, [letters.index(c) for c in order])
    length = dict(zip(order, x.shape, strict=True))
    merged = [math.prod(length[c] for c in group) for group in groups if group]
    return reshape(x, tuple(merged))  # type: ignore[no-any-return]


def _reduced(
    node: Tensor, terms: tuple[str, str], operands: tuple[Tensor, Tensor], order: list[str]
) -> Tensor:
    """No rows and no columns: a product, element by element, and its sum."""
    length = dict(zip("".join(terms), operands[0].shape + operands[1].shape, strict=True))
    shape = tuple([length[c] for c in order])
    spread = [
        broadcast_in_dim(
            transpose(x, [t.index(c) for c in order if c in t]),
            shape,
            tuple([i for i, c in enumerate(order) if c in t]),
        )
        for x, t in zip(operands, terms, strict=True)
    ]
    product = trace.apply(ew.multiply, *spread)
    result = _terms(node)[1]
    count = len(result)
    row = reductions.sum_row if node.dtype.kind != "b" else reductions.any_row
    total = trace.apply(row, product, axes=tuple(range(count, len(order))))
    return transpose(total, [order.index(c) for c in result])  # type: ignore[no-any-return]
