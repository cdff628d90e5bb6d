"""Loops, branches and calls taken apart, so that each of their operations is a node of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...engine import trace
from ...engine.graph import Graph
from ...engine.interpret import values_of
from ...engine.primitives.views import reshape, slice_row, stack


def unrolled(graph: Graph, values: Sequence[Any], most: int) -> Graph:
    """The graph with loops of at most ``most`` steps written out, for these input values.

    Of a branch there is what was taken; calls are replaced by what they compute. Other loops stay,
    and so do derivatives written by hand.

    >>> from chainrule import lax
    >>> graph = trace.trace(lambda x: lax.fori_loop(0, 3, lambda i, t: t * x, 1.0), 2.0)
    >>> [node.primitive.name for node in unrolled(graph, [2.0], 5).nodes if node.inputs]
    ['multiply', 'multiply', 'multiply']
    """
    known = values_of(graph, *values)
    new: dict[Any, Any] = {node: node for node in graph.inputs}
    for node in graph.nodes:
        operands = [new[x] for x in node.inputs]
        row = node.primitive
        if row is None or not operands:
            new[node] = node
        elif row.name == "pick" and isinstance(operands[0], list):
            new[node] = operands[0][node.params["index"]]
        elif row.name == "scan" and 0 < node.params["length"] <= most:
            new[node] = _scan(node, operands)
        elif row.name == "cond":
            branch = node.params["branches"][int(known[node.inputs[0]])]
            new[node] = _inlined(branch, operands[1:], [known[x] for x in node.inputs[1:]], most)
        elif row.name == "checkpoint":
            given = [known[x] for x in node.inputs]
            new[node] = _inlined(node.params["body"], operands, given, most)
        else:
            with trace.at_place(node.place):
                found = trace.apply(row, *operands, **node.params)
            new[node] = list(found) if isinstance(found, tuple) else found
    return Graph(graph.inputs, [trace.node_of(new[node]) for node in graph.outputs])


def _inlined(graph: Graph, operands: list[Any], values: Sequence[Any], most: int) -> list[Any]:
    return list(unrolled(graph, values, most)(*operands))


def _scan(node: Any, operands: list[Any]) -> list[Any]:
    params = node.params
    body, carries, constants = params["body"], params["carries"], params["constants"]
    fixed, carry = operands[:constants], operands[constants : constants + carries]
    xs = operands[constants + carries :]
    rows: list[Any] = [None] * params["length"]
    turns = range(params["length"])
    for i in reversed(turns) if params["reverse"] else turns:
        with trace.at_place(node.place):
            here = [_row(x, i) for x in xs]
        before = carry
        found = list(body(*fixed, *carry, *here))
        carry = found[:carries]
        rows[i] = [*found[carries:], *before[: carries * params["history"]]]
    with trace.at_place(node.place):
        return [*carry, *map(stack, zip(*rows, strict=True))]


def _row(x: Any, i: int) -> Any:
    rest = x.shape[1:]
    bounds = {"start": (i, *[0] * len(rest)), "stop": (i + 1, *rest), "step": (1,) * x.ndim}
    return reshape(trace.apply(slice_row, x, **bounds), rest)
