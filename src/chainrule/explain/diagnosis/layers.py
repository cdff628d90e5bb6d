"""Layers and activations of a network, found in the graph of its loss.

So they are the same for Modules and for functions of parameters: a layer is where a weight first
meets what comes from the data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine.graph import Graph, Node

_KINDS = {"relu": "ReLU", "sigmoid": "sigmoid", "tanh": "tanh"}
_KEEPS = ("view", "elementwise")


@dataclass(frozen=True)
class Layer:
    """A weight, and the node where it meets the data: before bias and activation."""

    name: str
    weight: Node
    node: Node
    input: Node
    units: int  # which axis of the node counts its units
    depth: int  # how many layers it has before it


@dataclass(frozen=True)
class Activation:
    """A ReLU, sigmoid or tanh; ``hidden`` where another layer comes after it."""

    kind: str
    name: str
    node: Node
    units: int
    hidden: bool


def find_layers(
    graph: Graph, parameters: Sequence[Node], data: Sequence[Node], names: Callable[[int], str]
) -> list[Layer]:
    """The layers in the order in which they run; ``names(i)`` is of the i-th parameter."""
    users = _users(graph)
    from_data = descendants(graph, data)
    found: list[Layer] = []
    met: list[Node] = []
    places: dict[Node, tuple[int, Node, Node]] = {}
    for number, weight in enumerate(parameters):
        if len(weight.shape) < 2:
            continue
        for carrier, node in _meetings(weight, users, from_data):
            places.setdefault(node, (number, carrier, weight))
    for node in sorted(places, key=lambda n: n.serial):
        number, carrier, weight = places[node]
        others = [x for x in node.inputs if x is not carrier and x in from_data]
        if not others or isinstance(node.type, tuple) or not node.type.is_float:
            continue
        before = ancestors(node)
        depth = sum(earlier in before for earlier in met)
        met.append(node)
        units = _unit_axis(node, carrier, others[0])
        found.append(Layer(names(number), weight, node, others[0], units, depth))
    return found


def find_activations(graph: Graph, layers: Sequence[Layer]) -> list[Activation]:
    """The ReLUs, sigmoids and tanhs behind a layer, with the name of that layer.

    A sigmoid that multiplies something is a gate (of SiLU, of an LSTM), which may well be shut.
    """
    users = _users(graph)
    hidden = set().union(*[ancestors(layer.node) for layer in layers])
    found = []
    for node in graph.nodes:
        kind = _kind(node)
        if kind is None or (kind != "ReLU" and _is_gate(node, users)):
            continue
        before = ancestors(node)
        behind = [layer for layer in layers if layer.node in before]
        if behind:
            last = max(behind, key=lambda layer: (layer.depth, layer.node.serial))
            same = len(node.shape) == len(last.node.shape)
            units = last.units if same else len(node.shape) - 1
            name = f"{kind} after {last.name}"
            found.append(Activation(kind, name, node, units, node in hidden))
    return found


def last_activation(prediction: Node) -> Node | None:
    """The activation that ends the network: behind it the answer is only reshaped."""
    node = prediction
    while node.primitive is not None and node.primitive.family == "view" and node.inputs:
        node = node.inputs[0]
    return node if _kind(node) else None


def ancestors(node: Node) -> set[Node]:
    """All nodes that it was computed from, and itself."""
    seen: set[Node] = set()
    pending = [node]
    while pending:
        one = pending.pop()
        if one not in seen:
            seen.add(one)
            pending.extend(one.inputs)
    return seen


def descendants(graph: Graph, roots: Sequence[Node]) -> set[Node]:
    """All nodes that were computed from one of these, and these."""
    found = set(roots)
    for node in graph.nodes:
        if any(operand in found for operand in node.inputs):
            found.add(node)
    return found


def by_unit(values: Any, units: int) -> Any:
    """Values as (everything else, units)."""
    return np.moveaxis(np.asarray(values), units, -1).reshape(-1, np.shape(values)[units])


def _users(graph: Graph) -> dict[Node, list[Node]]:
    users: dict[Node, list[Node]] = {}
    for node in graph.nodes:
        for operand in node.inputs:
            users.setdefault(operand, []).append(node)
    return users


def _meetings(
    weight: Node, users: dict[Node, list[Node]], from_data: set[Node]
) -> list[tuple[Node, Node]]:
    """Pairs of the weight as it arrives (reshaped, cast) and the node where it meets the data."""
    found = []
    pending = [weight]
    while pending:
        carrier = pending.pop()
        for node in users.get(carrier, []):
            if node in from_data:
                found.append((carrier, node))
            elif node.primitive is not None and node.primitive.family in _KEEPS:
                pending.append(node)
    return found


def _unit_axis(node: Node, carrier: Node, other: Node) -> int:
    """The axis that the weight brings: in ``ab,cb->ac`` it is c."""
    spec = node.params.get("spec")
    if spec is not None and len(node.inputs) == 2:
        terms, result = spec.split("->")
        mine, theirs = terms.split(",")
        if node.inputs[0] is not carrier:
            mine, theirs = theirs, mine
        brought = [axis for axis, letter in enumerate(result) if letter not in theirs]
        if brought:
            return brought[-1]
    return len(node.shape) - 1


def _kind(node: Node) -> str | None:
    if node.primitive is None:
        return None
    if node.primitive.name == "maximum" and _has_zero(node):
        return "ReLU"
    return _KINDS.get(node.primitive.name)


def _has_zero(node: Node) -> bool:
    for operand in node.inputs:
        while operand.inputs and operand.primitive.family == "view":
            operand = operand.inputs[0]
        is_constant = operand.primitive is not None and operand.known is not None
        if is_constant and operand.source is None and not np.any(operand.known):
            return True
    return False


def _is_gate(node: Node, users: dict[Node, list[Node]]) -> bool:
    multiplied = [u for u in users.get(node, []) if u.primitive.name == "multiply"]
    return any(_varies(x) for user in multiplied for x in user.inputs if x is not node)


def _varies(node: Node) -> bool:
    return any(n.primitive is None for n in ancestors(node))
