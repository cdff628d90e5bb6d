"""The chain rule as a sum over paths: how much of a derivative came along each way to the loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..engine.differentiate import active_nodes
from ..engine.graph import Graph, Node

MOST = 24  # paths that are told apart one by one


class Path(NamedTuple):
    """One way from a parameter to the loss: its nodes, and its share of the derivative.

    Where there are very many ways, ``nodes`` are the first one and the loss, and ``count`` says how
    many ways begin so.
    """

    nodes: tuple[Node, ...]
    gradient: Any
    count: int = 1

    @property
    def operations(self) -> list[str]:
        """The names of the operations on the way."""
        return [node.primitive.name for node in self.nodes if node.primitive is not None]

    @property
    def lines(self) -> list[str]:
        """The user's lines on the way, each once."""
        return list(dict.fromkeys(node.line for node in self.nodes if node.line))


def paths_to(leaf: Node, graph: Graph, value: dict[Node, Any], gradient: Any) -> list[Path]:
    """All ways from a leaf to the one output; their gradients sum to the leaf's.

    ``value`` has each node's value, ``gradient`` the derivative by each node (``draw.flow``).
    """
    active = active_nodes(graph.nodes, [leaf])
    (output,) = graph.outputs
    if output not in active:
        return []
    counts = _counts(leaf, graph, active)
    if counts[output] <= MOST:
        found = _walk(output, np.ones((), output.dtype), (), leaf, active, value)
        return [Path(nodes, ct) for nodes, ct in found]
    return list(_by_first_step(leaf, graph, active, value, gradient))


def _counts(leaf: Node, graph: Graph, active: set[Node]) -> dict[Node, int]:
    """How many ways lead from the leaf to each node."""
    counts: dict[Node, int] = {leaf: 1}
    for node in graph.nodes:
        if node in active and node is not leaf:
            counts[node] = sum(counts.get(x, 0) for x in node.inputs)
    return counts


def _walk(
    node: Node,
    arrived: Any,
    after: tuple[Node, ...],
    leaf: Node,
    active: set[Node],
    value: dict[Node, Any],
) -> Iterator[tuple[tuple[Node, ...], Any]]:
    if node is leaf:
        yield after, arrived
        return
    for operand, sent in _sent(node, arrived, value):
        if operand in active:
            yield from _walk(operand, sent, (node, *after), leaf, active, value)


def _sent(node: Node, arrived: Any, value: dict[Node, Any]) -> Iterator[tuple[Node, Any]]:
    """What a node's rule sends back to each operand."""
    row = node.primitive
    assert row is not None
    if row.name == "pick":
        (owner,) = node.inputs
        parts = [np.zeros_like(part) for part in value[owner]]
        parts[node.params["index"]] = arrived
        yield owner, tuple(parts)
    elif row.vjp is not None:
        operands = [value[x] for x in node.inputs]
        pulled = row.vjp(arrived, value[node], *operands, **node.params)
        pairs = zip(node.inputs, pulled, strict=True)
        yield from [(x, np.asarray(ct)) for x, ct in pairs if ct is not None]


def _by_first_step(
    leaf: Node, graph: Graph, active: set[Node], value: dict[Node, Any], gradient: Any
) -> Iterator[Path]:
    """Ways that leave the leaf by the same operation, taken together."""
    (output,) = graph.outputs
    for node in graph.nodes:
        if node not in active or node not in gradient:
            continue
        for operand, sent in _sent(node, gradient[node], value):
            if operand is leaf:
                count = _counts(node, graph, active).get(output, 0)
                yield Path((node, output), sent, count)
