"""Python functions as graphs, for the primitives that hold graphs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import trace, tree
from ..errors import StructureError
from ..graph import Graph
from ..tensor import Tensor
from ..types import TensorType
from . import logic as lg
from .families import Primitive

# -- one of several results --------------------------------------------------------------------


def zeros_of(kind: TensorType) -> Any:
    """An array of zeros of this type."""
    return np.zeros(kind.shape, kind.dtype)


pick = Primitive(
    "pick",
    "control",
    lambda kinds, index: kinds[index],
    lambda values, index: values[index],
    None,
    lambda primitive, size, batched, inputs, params: (inputs[0][params["index"]], True),
)


def results_of(node: Tensor) -> tuple[Tensor, ...]:
    """The results of a node that has several, one node each."""
    kinds: Any = node.type
    place = node.place
    return tuple([Tensor(pick, (node,), {"index": i}, k, place) for i, k in enumerate(kinds)])


# -- closures become graphs --------------------------------------------------------------------


class Closure:
    """A Python function of trees as a graph, with what it captured as leading inputs."""

    def __init__(self, function: Callable[..., Any], *kinds: Any) -> None:
        start = trace.begin()
        inputs: list[Tensor] = []
        arguments = []
        for leaves, structure in kinds:
            fresh = [trace.placeholder(kind) for kind in leaves]
            inputs += fresh
            arguments.append(tree.unflatten(structure, fresh))
        results, self.structure = tree.flatten(function(*arguments), buffers=True)
        for result in results:
            if not trace.is_value(result):
                raise StructureError(
                    f"a function under scan, cond or while_loop returned {result!r}, "
                    "which is no array"
                )
        traced = trace.Traced(inputs, results, start)
        self.captured = traced.values(parameters=True)
        for node, value in zip(traced.captured, self.captured, strict=True):
            if value is not node and node.source is None:
                node.known = None  # the body is for every value, and keeps no array alive
        self.graph = Graph((*traced.captured, *inputs), traced.graph.outputs)
        self.types: list[TensorType] = [node.type for node in self.graph.outputs]


def types_of(value: Any) -> tuple[list[TensorType], tree.Structure]:
    """The types of a tree's leaves, and its structure."""
    leaves, structure = tree.flatten(value, buffers=True)
    return [trace.abstract(leaf) for leaf in leaves], structure


def as_types(leaves: Sequence[Any], types: Sequence[TensorType]) -> list[Any]:
    """Values converted to the dtypes of these types."""
    return [lg.astype(as_operand(x), kind.dtype) for x, kind in zip(leaves, types, strict=True)]


def as_operand(x: Any) -> Any:
    """A tensor as it is, anything else as an array."""
    return x if isinstance(x, Tensor) else np.asarray(x)


def batch_body(graph: Graph, size: int, batched: Sequence[bool]) -> tuple[Graph, list[bool]]:
    """An inner graph over stacks; see ``vectorize.batch_graph``."""
    from ..vectorize import batch_graph

    return batch_graph(graph, size, batched)


def any_traced(values: Sequence[Any]) -> bool:
    """Whether a tensor is among the values."""
    return any(isinstance(value, Tensor) for value in values)


def close_over_carry(
    f: Callable[..., Any], leaves: list[Any], structure: tree.Structure, *rest: Any
) -> tuple[Closure, list[Any]]:
    """Trace a step, and widen the first carry to the dtype that the step returns."""
    types = [trace.abstract(leaf) for leaf in leaves]
    for _ in range(2):
        closure = Closure(f, (types, structure), *rest)
        if rest and (closure.structure.kind is not tuple or len(closure.structure.children) != 2):
            raise StructureError("the step of a scan returns two things: (carry, y), y may be None")
        returned = closure.structure.children[0] if rest else closure.structure
        new = closure.types[: len(types)]
        if returned != structure:
            raise StructureError(
                f"the carry must keep its structure: it began as {structure}, "
                f"the function returned {returned}"
            )
        if new == types:
            return closure, as_types(leaves, types)
        if [t.shape for t in new] != [t.shape for t in types]:
            raise StructureError(
                f"the carry must keep its shapes: it began as {types}, and became {new}"
            )
        types = [
            TensorType.of(a.shape, np.result_type(a.dtype, b.dtype))
            for a, b in zip(types, new, strict=True)
        ]
    raise StructureError(f"the carry must keep its dtypes: {types} became {new}")
