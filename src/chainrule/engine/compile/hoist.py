"""Hoist: what does not change from turn to turn of a loop is computed before it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import trace
from ..graph import Graph
from ..primitives import calls, views
from ..primitives import contraction as ct
from ..primitives.families import Primitive, constant_row
from ..primitives.scan import scan_row
from ..rewrite import rewrite
from ..tensor import Tensor
from . import access

# An array in row-major order of its own: a transposed copy, where it is read often.
materialise = Primitive(
    "materialise", "view", lambda x: x, np.ascontiguousarray, None, lambda *_: (None, True)
)

VIEWS = {
    views.broadcast,
    views.transpose_row,
    views.slice_row,
    views.flip_row,
    views.reshape_row,
    calls.stop_gradient_row,
}
_WORTH = 3  # operations


def hoist(scan: Tensor) -> Tensor | None:
    """A scan whose constants include what its body would compute from constants alone."""
    params = scan.params
    if scan.primitive is not scan_row or params["length"] < 2:
        return None
    count = params["constants"]
    body = _with_copies(params["body"], count)
    found = _worthwhile(body, count)
    if not found:
        return None
    before = Graph(body.inputs[:count], found)(*scan.inputs[:count])
    stand_ins = [trace.placeholder(node.type) for node in found]
    inner = _substituted(body, dict(zip(found, stand_ins, strict=True)))
    new_body = Graph((*body.inputs[:count], *stand_ins, *body.inputs[count:]), inner)
    operands = (*scan.inputs[:count], *map(trace.node_of, before), *scan.inputs[count:])
    params = {**params, "body": new_body, "constants": count + len(found)}
    return Tensor(scan_row, operands, params, scan.type, scan.place)


def given_turned(body: Graph, count: int) -> tuple[Graph, list[int]]:
    """A loop's body with further constants behind its own, and of which they are the transposes.

    What the body itself would copy in every step is so copied once for many.
    """
    places = {node: i for i, node in enumerate(body.inputs[:count])}
    copies: dict[int, Tensor] = {}

    def rule(node: Tensor) -> Tensor | None:
        view = node.inputs[0] if node.primitive is materialise else None
        if view is None or view.primitive is not views.transpose_row or len(view.shape) != 2:
            return None
        place = places.get(view.inputs[0])
        return place if place is None else copies.setdefault(place, trace.placeholder(node.type))

    outputs = rewrite(body, rule).outputs
    inputs = (*body.inputs[:count], *copies.values(), *body.inputs[count:])
    return Graph(inputs, outputs), list(copies)


def with_numbers(scan: Tensor) -> Tensor:
    """A scan whose body holds the numbers that are its constants, repeated or not, by itself."""
    params = scan.params
    count = params["constants"]
    numbers = [_number_of(x) for x in scan.inputs[:count]]
    sunk = {i for i, number in enumerate(numbers) if number is not None}
    if not sunk:
        return scan
    body = params["body"]
    inputs = list(body.inputs)
    for i in sunk:
        inputs[i] = views.broadcast_in_dim(numbers[i], inputs[i].shape, ())
    body = rewrite(body, lambda node: None, inputs)
    body = Graph([x for i, x in enumerate(inputs) if i not in sunk], body.outputs)
    operands = tuple([x for i, x in enumerate(scan.inputs) if i not in sunk])
    params = {**params, "body": body, "constants": count - len(sunk)}
    return Tensor(scan_row, operands, params, scan.type, scan.place)


def _number_of(node: Tensor) -> Tensor | None:
    """The constant number that every element is."""
    while node.primitive is views.broadcast and node.inputs[0].type.size == 1:
        (node,) = node.inputs
    return node if node.primitive is constant_row and node.shape == () else None


def _fixed(body: Graph, count: int) -> set[Tensor]:
    """Nodes that depend on constants alone."""
    fixed = set(body.inputs[:count])
    changing = set(body.inputs[count:])
    for node in body.nodes:
        if node not in changing and all([x in fixed for x in node.inputs]):
            fixed.add(node)
    return fixed


def _with_copies(body: Graph, count: int) -> Graph:
    """Transposed operands of matrix products, where they are constants, are copied."""
    fixed = _fixed(body, count)
    new: dict[Any, Tensor] = {}
    for node in body.nodes:
        operands = [new.get(x, x) for x in node.inputs]
        if node.primitive is ct.einsum_row and len(node.inputs) == 2:
            right = node.inputs[1]
            if right in fixed and base_of(right).primitive is not materialise and _is_turned(right):
                operands[1] = trace.apply(materialise, operands[1])
        if any([a is not b for a, b in zip(operands, node.inputs, strict=True)]):
            new[node] = Tensor(node.primitive, tuple(operands), node.params, node.type, node.place)
    return Graph(body.inputs, [new.get(x, x) for x in body.outputs])


def base_of(node: Tensor) -> Tensor:
    """What it is a view of; broadcasts are no views here."""
    while node.primitive in VIEWS and node.primitive is not views.broadcast:
        (node,) = node.inputs
    return node


def _is_turned(node: Tensor) -> bool:
    """Whether elements side by side in the last axis lie apart in memory."""
    index = tuple([access.Affine(0, ((axis, 1),)) for axis in range(len(node.shape))])
    while node.primitive in VIEWS and node.inputs:
        if node.primitive is views.reshape_row and not access.keeps_axes(node):
            break
        ((node, index),) = access.inputs_at(node, index)
    last = len(index) - 1 if not index else max([a for i in index for a, _ in i.terms], default=-1)
    return last >= 0 and access.linear(node.shape, index).coefficient(last) not in (0, 1)


def _worthwhile(body: Graph, count: int) -> list[Tensor]:
    """Nodes to compute before the loop: those that a changing node reads, views left inside."""
    fixed = _fixed(body, count)
    cost: dict[Tensor, int] = {}
    for node in body.nodes:
        if node in fixed:
            cost[node] = _cost(node) + sum([cost.get(x, 0) for x in node.inputs])
    found: dict[Tensor, None] = {}
    pending = [x for node in body.nodes if node not in fixed for x in node.inputs]
    pending += body.outputs
    while pending:
        node = pending.pop()
        if node not in fixed or not node.inputs or isinstance(node.type, tuple):
            continue
        if node.primitive in VIEWS:
            pending += node.inputs
        elif cost[node] >= _WORTH:
            found[node] = None
    return sorted(found, key=lambda node: node.serial)


def _cost(node: Tensor) -> int:
    row = node.primitive
    if row is None or row is constant_row or row in VIEWS:
        return 0
    return 1 if row.family == "elementwise" and row.finite else 10


def _substituted(body: Graph, stand_ins: dict[Tensor, Tensor]) -> list[Tensor]:
    """The body's outputs with some nodes replaced."""
    new: dict[Any, Tensor] = dict(stand_ins)
    for node in body.nodes:
        if node in new:
            continue
        operands = tuple([new.get(x, x) for x in node.inputs])
        if any([a is not b for a, b in zip(operands, node.inputs, strict=True)]):
            new[node] = Tensor(node.primitive, operands, node.params, node.type, node.place)
    return [new.get(x, x) for x in body.outputs]
