"""Rebuild a graph node by node, with a rule that may put something simpler in a node's place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from .graph import Graph, Node
from .tensor import Tensor

Rule = Callable[[Tensor], Tensor | None]


class _Origins(threading.local):
    of: dict[Node, Node] | None = None


_origins = _Origins()


@contextmanager
def tracked() -> Iterator[dict[Node, Node]]:
    """Inside, every rewriting notes which node of the first graph a node stands for."""
    before = _origins.of
    found: dict[Node, Node] = {}
    _origins.of = found
    try:
        yield found
    finally:
        _origins.of = before


def stands_for(made: Node, node: Node) -> None:
    """Note where a node comes from, for those who track that."""
    if _origins.of is not None:
        _origins.of.setdefault(made, _origins.of.get(node, node))


def rewrite(graph: Graph, rule: Rule, inputs: Sequence[Tensor] | None = None) -> Graph:
    """One pass in topological order; ``rule(node)`` returns the node's replacement, or None.

    A rule sees a node whose inputs have been replaced already. The result has the same inputs, or
    those given instead, and no more nodes than its outputs need.
    """
    inputs = graph.inputs if inputs is None else inputs
    new: dict[Node, Tensor] = dict(zip(graph.inputs, inputs, strict=True))
    for node in graph.nodes:
        operands = tuple([new[operand] for operand in node.inputs])
        moved = any(a is not b for a, b in zip(operands, node.inputs, strict=True))
        made = (
            Tensor(node.primitive, operands, node.params, node.type, node.place) if moved else node
        )
        simpler = rule(made)
        new[node] = made if simpler is None else simpler
        stands_for(new[node], node)
    return Graph(inputs, [new[node] for node in graph.outputs])
