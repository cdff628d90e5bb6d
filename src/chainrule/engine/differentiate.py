"""The chain rule on graphs: walk backwards, apply each primitive's vjp, add what meets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import trace
from .errors import DifferentiationError
from .graph import Graph, Node
from .primitives import elementwise as ew
from .primitives.closures import results_of
from .tensor import Tensor
from .types import TensorType


def pull_back(
    nodes: Sequence[Tensor],
    outputs: Sequence[Tensor],
    cotangents: Sequence[Any],
    inputs: Sequence[Tensor],
) -> list[Any]:
    """Cotangents of ``inputs``, given those of ``outputs``; None where nothing flows.

    ``nodes`` lie between them, in topological order. The result is made of new nodes, which carry
    the lines of the nodes they come from.
    """
    active = active_nodes(nodes, inputs)
    ends = set(inputs)
    flow: dict[Node, Any] = {}
    for output, cotangent in zip(outputs, cotangents, strict=True):
        if cotangent is not None:
            _accumulate(flow, output, cotangent, active)
    for node in reversed(nodes):
        arrived = None if node in ends else flow.pop(node, None)
        if arrived is None:
            continue
        primitive = node.primitive
        assert primitive is not None
        if primitive.name == "pick":
            _collect(flow, node, arrived)
            continue
        if primitive.vjp is None:
            raise DifferentiationError(f"{primitive.name} has no derivative, at {node.line}")
        with trace.at_place(node.place):
            if isinstance(node.type, tuple):
                parts = zip(arrived, node.type, strict=True)
                arrived = [_zeros(kind) if part is None else part for part, kind in parts]
            result = results_of(node) if isinstance(node.type, tuple) else node
            pulled = primitive.vjp(arrived, result, *node.inputs, **node.params)
            for operand, cotangent in zip(node.inputs, pulled, strict=True):
                if cotangent is not None:
                    _accumulate(flow, operand, cotangent, active)
    return [flow.get(node) for node in inputs]


def active_nodes(nodes: Sequence[Tensor], inputs: Sequence[Tensor]) -> set[Node]:
    """The nodes through which a derivative flows: real-valued, and depending on an input."""
    active: set[Node] = set(inputs)
    for node in nodes:
        if node.primitive is None or node.primitive.flat or not _is_smooth(node.type):
            continue
        if any(operand in active for operand in node.inputs):
            active.add(node)
    return active


def _is_smooth(kind: Any) -> bool:
    return any(k.is_float for k in kind) if isinstance(kind, tuple) else bool(kind.is_float)


def _accumulate(flow: dict[Node, Any], node: Node, cotangent: Any, active: set[Node]) -> None:
    if node in active and _is_smooth(node.type):
        before = flow.get(node)
        flow[node] = cotangent if before is None else ew.add(before, cotangent)


def _collect(flow: dict[Node, Any], picked: Tensor, cotangent: Any) -> None:
    """One result's cotangent joins those of the others of the same node."""
    (owner,) = picked.inputs
    assert isinstance(owner.type, tuple)
    parts = flow.setdefault(owner, [None] * len(owner.type))
    index = picked.params["index"]
    parts[index] = cotangent if parts[index] is None else ew.add(parts[index], cotangent)


def _zeros(kind: TensorType) -> Any:
    dtype = kind.dtype if kind.is_float else np.float64
    return np.zeros(kind.shape, dtype)


def backward(graph: Graph) -> Graph:
    """The graph that maps inputs and cotangents of the outputs to cotangents of the inputs.

    Its inputs are those of ``graph`` followed by one cotangent for each output. A cotangent that is
    zero everywhere, or of an integer, is an array of zeros.

    >>> from chainrule import trace
    >>> back = backward(trace(lambda x, y: x * y, 2.0, 3.0))
    >>> [float(g) for g in back(2.0, 3.0, 1.0)]
    [3.0, 2.0]
    """
    cotangents = [trace.placeholder(node.type) for node in graph.outputs]
    used = [ct if _is_smooth(ct.type) else None for ct in cotangents]
    pulled = pull_back(graph.nodes, graph.outputs, used, graph.inputs)
    outputs = [
        trace.constant(_zeros(node.type)) if found is None else trace.node_of(found)
        for node, found in zip(graph.inputs, pulled, strict=True)
    ]
    return Graph((*graph.inputs, *cotangents), outputs)
