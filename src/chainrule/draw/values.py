"""Every value of a graph, and the derivative of its output by each: back-propagation to see."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from ..engine.graph import Graph, Node
from ..engine.interpret import call_of, values_of


@dataclass(frozen=True)
class Flow:
    """What went through a graph.

    Attributes
    ----------
    value
        The value of each node.
    gradient
        d output / d node, of the node's shape; a node through which nothing flows is missing.
    """

    value: dict[Node, Any]
    gradient: dict[Node, Any]


def flow(graph: Graph, *values: Any) -> Flow:
    """Run a graph whose one output is a number, forwards and then backwards, and keep everything.

    The gradient of a node is the sum, over its users, of what their derivative rules send back
    (Linnainmaa 1970). A node with several results (scan) has a value and a gradient for each.

    >>> from chainrule import trace
    >>> graph = trace(lambda x: x * x, 3.0)
    >>> seen = flow(graph, 3.0)
    >>> [(float(seen.value[n]), float(seen.gradient[n])) for n in (*graph.inputs, *graph.outputs)]
    [(3.0, 6.0), (9.0, 1.0)]
    """
    (output,) = graph.outputs
    if output.shape != ():
        raise ValueError(f"flow needs a graph that ends in a number, not in {output.type}")
    value = values_of(graph, *values)
    gradient: dict[Node, Any] = {output: np.ones((), output.dtype)}
    for node in reversed(graph.nodes):
        arrived = gradient.get(node)
        primitive = node.primitive
        if arrived is None or primitive is None or not node.inputs or primitive.flat:
            continue
        if primitive.name == "pick":
            (owner,) = node.inputs
            parts = gradient.get(owner) or tuple(map(np.zeros_like, value[owner]))
            index = node.params["index"]
            gradient[owner] = (*parts[:index], parts[index] + arrived, *parts[index + 1 :])
        elif primitive.vjp is not None:
            operands = [value[operand] for operand in node.inputs]
            sent = primitive.vjp(arrived, value[node], *operands, **node.params)
            _add(gradient, node, sent)
    return Flow(value, gradient)


def _add(gradient: dict[Node, Any], node: Node, sent: Any) -> None:
    for operand, part in zip(node.inputs, sent, strict=True):
        if part is not None and operand.dtype.kind == "f":
            before = gradient.get(operand)
            gradient[operand] = np.asarray(part if before is None else before + part)


def timed(graph: Graph, *values: Any, repeats: int = 5) -> dict[Node, float]:
    """Seconds that NumPy takes for each operation: the least of a few runs."""
    best: dict[Node, float] = {}
    value = values_of(graph, *values)
    for node in graph.nodes * repeats:
        if node.inputs:
            call, operands = call_of(node), [value[operand] for operand in node.inputs]
            with np.errstate(all="ignore"):
                begin = perf_counter()
                call(*operands)
                spent = perf_counter() - begin
            best[node] = min(spent, best.get(node, spent))
    return best
