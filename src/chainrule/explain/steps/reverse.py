"""The chain rule walked backwards, one node at a time, and everything on the way kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...engine.differentiate import active_nodes
from ...engine.errors import DifferentiationError
from ...engine.graph import Graph, Node
from ...engine.primitives import elementwise as ew
from ...engine.primitives.closures import zeros_of
from ...engine.trace import at_place, begin


@dataclass(frozen=True)
class Send:
    """What a node gives to one of its operands: the product, and the operand's sum so far."""

    operand: Any
    index: int
    amount: Any
    total: Any


@dataclass
class Visit:
    """A node whose cotangent is complete, and what it sends on.

    ``start`` is a serial number: what is traced of its rule has larger ones.
    """

    node: Any
    cotangent: Any
    start: int
    sends: list[Send] = field(default_factory=list)


def walk_back(
    graph: Graph, value: Mapping[Node, Any], wanted: Sequence[Any], seed: Any
) -> tuple[list[Visit], dict[Node, Any]]:
    """Visits of the nodes from the output to the inputs, and the cotangent of every node.

    ``value`` gives each node's value: an array, or a tensor, then the walk is itself traced. A node
    with several results has a tuple of cotangents, None where nothing flows. ``seed`` is the
    output's.
    """
    (output,) = graph.outputs
    active, ends = active_nodes(graph.nodes, wanted), set(wanted)
    flow: dict[Node, Any] = {output: seed} if output in active else {}
    visits = []
    for node in reversed(graph.nodes):
        if node not in flow or node in ends:
            continue
        visit = Visit(node, flow[node], begin())
        visits.append(visit)
        with at_place(node.place), np.errstate(all="ignore"):
            for index, amount in _sent(node, flow[node], value):
                operand = node.inputs[index]
                if amount is None or operand not in active:
                    continue
                before = flow.get(operand)
                flow[operand] = amount if before is None else _add(before, amount)
                visit.sends.append(Send(operand, index, amount, flow[operand]))
    return visits, flow


def _sent(node: Any, cotangent: Any, value: Mapping[Node, Any]) -> list[tuple[int, Any]]:
    """What goes to each operand, by its index."""
    row = node.primitive
    if row.name == "pick":
        (owner,) = node.inputs
        parts: list[Any] = [None] * len(owner.type)
        parts[node.params["index"]] = cotangent
        return [(0, tuple(parts))]
    if row.vjp is None:
        raise DifferentiationError(f"{row.name} has no derivative, at {node.line}")
    if isinstance(cotangent, tuple):
        parts = zip(cotangent, node.type, strict=True)
        cotangent = [zeros_of(kind) if part is None else part for part, kind in parts]
    operands = [value[x] for x in node.inputs]
    return list(enumerate(row.vjp(cotangent, value[node], *operands, **node.params)))


def _add(a: Any, b: Any) -> Any:
    if isinstance(a, tuple):
        return tuple([_add(x, y) for x, y in zip(a, b, strict=True)])
    if a is None or b is None:
        return b if a is None else a
    return ew.add(a, b)
