"""What is drawn of a graph: a box for each operation and each array that comes from outside.

Repetition along an axis (broadcasting) and the choice of one of several results are left out, and a
constant that is one number stands in the formula of the box that uses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..engine.graph import Graph, Node, node_names, short_line
from .formula import formula, number, symbol, type_text

LEFT_OUT = ("broadcast", "pick")


@dataclass(eq=False)
class Box:
    """One box.

    Attributes
    ----------
    name
        The name of its node, as ``print(graph)`` has it; the path, for a scope that is folded.
    kind
        ``input``, ``parameter``, ``constant``, ``operation`` or ``scope``.
    label, latex
        What it is in a word, and what it computes as a formula.
    nodes
        The nodes that it stands for, in order.
    results
        Those of them whose values are used outside.
    scope
        The Modules, functions and calls that it is part of, outermost first.
    """

    name: str
    kind: str
    label: str
    latex: str
    nodes: list[Node] = field(default_factory=list)
    results: list[Node] = field(default_factory=list)
    scope: tuple[str, ...] = ()
    is_output: bool = False

    @property
    def node(self) -> Node:
        """Its node; the last one of a scope."""
        return self.nodes[-1]

    @property
    def type(self) -> str:
        """The type of its value, or of each."""
        counts = Counter(type_text(node.type) for node in self.results)
        return ", ".join(f"{n} × {kind}" if n > 1 else kind for kind, n in counts.items())

    @property
    def line(self) -> str:
        """The line of the program that made it."""
        return short_line(self.node)


Edge = tuple[Box, Box]
Edges = dict[Edge, list[Node]]  # with the arrays that each stands for
Names = Sequence[str] | Mapping[Node, str]


def boxes_of(
    graph: Graph, names: Names = (), ids: Mapping[Node, str] | None = None
) -> tuple[list[Box], Edges]:
    """The boxes of a graph, in an order in which it can be computed, and the arrays between them.

    ``names`` are what to call the inputs, in their order, or any nodes; ``ids`` what to name them,
    by itself as ``print(graph)`` does.
    """
    ids = ids or node_names(graph)
    given = set(graph.inputs)
    if not isinstance(names, Mapping):
        names = dict(zip(graph.inputs, names, strict=False))
    called = dict(names)
    nodes = [*graph.inputs, *graph.nodes]
    drawn = {node: node if node in given else drawn_for(node, given) for node in nodes}
    shown = {node: symbol(called.get(node, ids[node])) for node in nodes}
    for node in nodes:
        if node not in given and is_number(node):
            shown[node] = number(np.ravel(node.known)[0])
        elif drawn[node] is not node:
            owner = shown.get(drawn[node], "")
            shown[node] = owner if node.params.get("index") is None else _picked(owner, node)
    found: dict[Node, Box] = {}
    for node in _depth_first(graph, drawn):
        found[node] = _box(node, given, ids, called, shown)
    for node in graph.outputs:
        if drawn[node] in found:
            found[drawn[node]].is_output = True
    edges: Edges = {}
    for node, box in found.items():
        for operand in () if node in given else node.inputs:
            start = found.get(drawn[operand])
            if start is not None:
                edges.setdefault((start, box), []).append(_carried(operand))
    return list(found.values()), edges


def _picked(owner: str, node: Node) -> str:
    return f"{owner}[{node.params['index']}]"


def drawn_for(node: Node, given: set[Any]) -> Node:
    """The node in whose box it is."""
    while node not in given and node.primitive.name in LEFT_OUT and node.inputs:
        if node.primitive.name == "broadcast" and is_number(node.inputs[0]):
            return node.inputs[0]
        node = node.inputs[0]
    return node


def _carried(operand: Node) -> Node:
    """The array that an edge stands for: before it is repeated."""
    while operand.primitive is not None and operand.primitive.name == "broadcast":
        operand = operand.inputs[0]
    return operand


def is_number(node: Node) -> bool:
    """Whether it is a constant of which one number says all: a number, or zero everywhere."""
    known = node.known
    if node.inputs or not isinstance(known, np.ndarray | np.generic) or node.source is not None:
        return False
    return node.primitive is not None and (known.size == 1 or (known.size > 0 and not known.any()))


def _box(
    node: Node,
    given: set[Any],
    ids: Mapping[Any, str],
    called: dict[Any, str],
    shown: dict[Any, str],
) -> Box:
    name, label = ids[node], called.get(node, ids[node])
    if node in given or node.primitive is None:
        kind = "input" if node.source is None else "parameter"
        return Box(name, kind, label, shown[node], [node], [node])
    if not node.inputs and node.known is not None:
        kind = "constant" if node.source is None else "parameter"
        return Box(name, kind, label, shown[node], [node], [node])
    body = formula(node, [shown[operand] for operand in node.inputs])
    return Box(name, "operation", node.primitive.name, f"{shown[node]} = {body}", [node], [node])


def _depth_first(graph: Graph, drawn: dict[Any, Node]) -> list[Node]:
    """What is drawn; a first operand's history comes before the second's, and stands left of it."""
    found: list[Node] = []
    given = set(graph.inputs)
    done: set[Node] = set()
    pending = [(drawn[node], False) for node in reversed((*graph.outputs, *graph.inputs))]
    while pending:
        node, is_ready = pending.pop()
        if is_ready:
            found.append(node)
        elif node not in done and (node in given or not is_number(node)):
            done.add(node)
            pending.append((node, True))
            operands = () if node in given else node.inputs
            pending += [(drawn[operand], False) for operand in reversed(operands)]
    return found
