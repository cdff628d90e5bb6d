"""Each node's derivative rule as text: what it multiplies the cotangent by, in NumPy and LaTeX.

Nothing is written by hand here: the rows' own rules are traced, and what they do is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...draw.formula import formula, symbol
from ...engine import trace
from ...engine.graph import Graph, Node
from ...engine.interpret import values_of
from ...engine.primitives.families import constant_row
from ...engine.primitives.views import broadcast_in_dim
from ...engine.simplify import remove_identities, share
from ...engine.tensor import Parameter
from ...engine.types import TensorType
from ..code import Scope, uses_of
from ..code.numpy_text import number_text
from ..code.source import Source


@dataclass(frozen=True)
class Rule:
    """What a node sends to its operands, as a graph of its own.

    Attributes
    ----------
    graph, names
        From cotangents, results and operands, called by these names, to what is sent.
    exact
        The products of the chain rule in which 0 times infinity occurs here.
    """

    graph: Graph
    names: list[str]
    exact: set[Any]


Called = Callable[[Any, int | None, bool], str]  # (node, which result, is it its cotangent?)


def rule_of(
    node: Any, cotangent: Any, value: Mapping[Node, Any], called: Called, indices: Sequence[int]
) -> Rule:
    """What a node sends to the operands of these indices, at these values."""
    several = isinstance(node.type, tuple)
    kinds = node.type if several else (node.type,)
    results = value[node] if several else (value[node],)
    arrived = cotangent if several else (cotangent,)
    parts = range(len(kinds)) if several else [None]
    ys = [_given(k, v) for k, v in zip(kinds, results, strict=True)]
    cts = []
    for kind, part in zip(kinds, arrived, strict=True):
        cts.append(_zeros(kind) if part is None else _given(kind, part))
        cts[-1].risky = True  # so that the chain rule's products can be told from others
    xs = [x if is_constant(x) else _given(x.type, value[x]) for x in node.inputs]
    with trace.at_place(node.place):
        sent = node.primitive.vjp(
            cts if several else cts[0], tuple(ys) if several else ys[0], *xs, **node.params
        )
    named = [(x, called(node, p, True)) for x, p in zip(cts, parts, strict=True)]
    named += [(x, called(node, p, False)) for x, p in zip(ys, parts, strict=True)]
    named += [(x, called(n, None, False)) for n, x in zip(node.inputs, xs, strict=True)]
    return _tidied(named, [sent[i] for i in indices])


def slope_of(
    node: Any, value: Mapping[Node, Any], called: Called, index: int
) -> tuple[Rule, Any] | None:
    """The derivative by one operand, where each element depends on its own alone; and its value."""
    row = node.primitive
    if row.family != "elementwise":
        return None
    y = _given(node.type, value[node])
    xs = [x if is_constant(x) else _given(x.type, value[x]) for x in node.inputs]
    named = [(y, called(node, None, False))]
    named += [(x, called(n, None, False)) for n, x in zip(node.inputs, xs, strict=True)]

    def slope(one: Any, y: Any, *xs: Any) -> Any:
        if row.derivatives:
            return row.derivatives[index](y, *xs)
        return row.vjp(one, y, *xs, **node.params)[index]

    one = broadcast_in_dim(trace.constant(1, node.dtype), node.shape, ())
    with np.errstate(all="ignore"), trace.at_place(node.place):
        number = slope(np.ones_like(value[node]), value[node], *[value[x] for x in node.inputs])
        return _tidied(named, [slope(one, y, *xs)]), number


def _tidied(named: Sequence[tuple[Any, str]], outputs: Sequence[Any]) -> Rule:
    given = [(x, name) for x, name in named if x.primitive is None]
    inputs = [x for x, _ in given]
    graph = share(remove_identities(Graph(inputs, map(trace.node_of, outputs))))
    return Rule(graph, [name for _, name in given], _exact(graph, [x.known for x in inputs]))


def _exact(graph: Graph, values: Sequence[Any]) -> set[Any]:
    products = [n for n in graph.nodes if n.primitive and n.primitive.name == "chain_product"]
    if not products:
        return set()
    known = values_of(graph, *values)
    with np.errstate(all="ignore"):
        plain = {n: np.multiply(*[known[x] for x in n.inputs]) for n in products}
    return {n for n in products if np.any(np.isnan(plain[n]) & ~np.isnan(known[n]))}


def _given(kind: TensorType, value: Any) -> Any:
    return trace.placeholder(kind, np.asarray(value)[()])


def is_constant(node: Any) -> bool:
    """Whether a node is an array from outside that is no Parameter, or a repeated number."""
    while node.primitive is not None and node.primitive.name == "broadcast":
        (node,) = node.inputs
    return node.primitive is constant_row and not isinstance(node.source, Parameter)


def _zeros(kind: TensorType) -> Any:
    return broadcast_in_dim(trace.constant(0, kind.dtype), kind.shape, ())


# -- as text -----------------------------------------------------------------------------------


def numpy_text(rule: Rule, source: Source | None = None) -> str:
    """The first output of a rule in NumPy, on one line where it is short.

    >>> import numpy as np
    >>> y = trace.placeholder(TensorType.of((), np.float64))
    >>> numpy_text(Rule(Graph([y], [1 - y * y]), ["v3"], set()))
    '1 - v3 * v3'
    """
    names = dict(zip(rule.graph.inputs, rule.names, strict=True))
    scope = Scope(source or Source(), names)
    scope.write(rule.graph.nodes, {}, uses_of(rule.graph), rule.graph.outputs, exact=rule.exact)
    (output,) = rule.graph.outputs
    last = scope.short(output)
    return "; ".join([*scope.lines, last])


def latex(rule: Rule) -> str:
    """The same in LaTeX."""
    shown: dict[Any, tuple[str, int]] = {}
    for node, name in zip(rule.graph.inputs, rule.names, strict=True):
        head, _, tail = name.rpartition("d_")
        shown[node] = (rf"\partial {symbol(tail)}" if head or name != tail else symbol(name), 9)
    for node in rule.graph.nodes:
        if node in shown:
            continue
        row = node.primitive
        if row is None or (not node.inputs and node.known is not None):
            shown[node] = (_constant(node.known), 9)
        elif row.name == "broadcast" or row.name == "convert":
            shown[node] = shown[node.inputs[0]]
        else:
            level = _LEVELS.get(row.name, 9)
            needs = _NEEDS.get(row.name, (9, 9) if _is_open(row.latex) else (0, 0))
            operands = [
                f"({shown[x][0]})" if shown[x][1] < need else shown[x][0]
                for x, need in zip(node.inputs, (*needs, *[0] * 9), strict=False)
            ]
            shown[node] = (formula(node, operands), level)
    return shown[rule.graph.outputs[0]][0]


# How tightly what they print binds, and how tightly their operands must bind.
_LEVELS = {"add": 6, "subtract": 6, "multiply": 7, "chain_product": 7, "negative": 6, "einsum": 7}
_NEEDS = {
    "add": (6, 6),
    "subtract": (6, 7),
    "multiply": (7, 8),
    "chain_product": (7, 8),
    "negative": (7, 7),
    "einsum": (8, 8),
    "divide": (0, 0),
}


def _is_open(template: str) -> bool:
    """Whether operands stand in a template without brackets of its own."""
    return "{{{}" not in template and "({})" not in template and "|{}|" not in template


def _constant(value: Any) -> str:
    array = np.asarray(value)
    if array.size and (array == array.ravel()[0]).all():
        return number_text(array.ravel()[0]) if np.isfinite(array.ravel()[0]) else r"\infty"
    return r"\mathrm{array}"
