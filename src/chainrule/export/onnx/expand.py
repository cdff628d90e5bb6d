"""A pass before writing: formulas in the places of primitives, bodies in the places of calls."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ...engine import trace
from ...engine.graph import Graph, Node, node_names, reachable
from ...engine.primitives.closures import pick
from ...engine.prune import drop_unused_results
from ...engine.simplify import tidy
from ...engine.tensor import Tensor
from .formulas import Formula, formula_of

CALLS = ("checkpoint", "custom_vjp")


def expand(
    graph: Graph, names: dict[Node, str], own: Mapping[str, Formula] = MappingProxyType({})
) -> Graph:
    """The graph of primitives that ONNX has rows for; ``names`` gains those of the new nodes.

    ``own`` are further formulas by the name of the primitive.
    """
    new: dict[Node, Any] = dict(zip(graph.inputs, graph.inputs, strict=True))
    for node in graph.nodes:
        found = _expanded(node, [new[x] for x in node.inputs], names, own)
        new[node] = found
        if node in names and isinstance(found, Tensor):
            names.setdefault(found, names[node])
    return Graph(graph.inputs, [new[node] for node in graph.outputs])


def _expanded(
    node: Tensor, operands: list[Any], names: dict[Node, str], own: Mapping[str, Formula]
) -> Any:
    """What stands for a node: another one; for a call, the list of its results."""
    if node.primitive is pick and isinstance(operands[0], list):
        return operands[0][node.params["index"]]
    params = {key: _expand_inside(value, names, own) for key, value in node.params.items()}
    if node.primitive is not None and node.primitive.name in CALLS:
        with trace.at_place(node.place):
            results = [trace.node_of(x) for x in params["body"](*operands)]
        _name_inside(results, operands, names.get(node, ""), names)
        return results
    moved = any(a is not b for a, b in zip(operands, node.inputs, strict=True))
    made = node
    if moved or any(params[key] is not node.params[key] for key in params):
        made = Tensor(node.primitive, tuple(operands), params, node.type, node.place)
    formula = formula_of(made, own)
    if formula is None:
        return made
    with trace.at_place(node.place):
        found = formula(*made.inputs, **made.params)
    if found is None:
        return made
    inner = drop_unused_results(Graph(made.inputs, [found]))
    results = expand(inner, names, own).outputs
    _name_inside(results, made.inputs, names.get(node, ""), names)
    return results[0]


def _name_inside(results: Any, operands: Any, owner: str, names: dict[Node, str]) -> None:
    """A formula's nodes are called after the node that it stands for; its result gets that name."""
    ends = set(results)
    inside = [x for x in reachable(results, operands) if x not in names and x not in ends]
    for number, node in enumerate(inside if owner else (), 1):
        names[node] = f"{owner}.{number}"


def _expand_inside(value: Any, names: dict[Node, str], own: Mapping[str, Formula]) -> Any:
    if isinstance(value, Graph):
        body = drop_unused_results(value)
        names.update({n: name for n, name in node_names(body).items() if n not in names})
        small = tidy(expand(body, names, own))
        names.update({b: names[a] for a, b in zip(body.inputs, small.inputs, strict=True)})
        return small
    if isinstance(value, tuple) and value and isinstance(value[0], Graph):
        return tuple([_expand_inside(item, names, own) for item in value])
    return value
