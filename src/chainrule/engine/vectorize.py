"""Batching: the graph for one example becomes the graph for a stack of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from . import trace, tree
from .compile.automatic import Automatic
from .errors import ShapeError
from .graph import Graph, Node
from .interpret import Cache
from .primitives.families import stack_same
from .primitives.views import moveaxis, one_axis, shape_of
from .simplify import tidy
from .tensor import Tensor
from .types import TensorType

_batched_programs = Cache(256)


def batch_graph(graph: Graph, size: int, batched: Sequence[bool]) -> tuple[Graph, list[bool]]:
    """The graph over stacks of ``size`` along axis 0, for the inputs that are ``batched``.

    Returns it with a flag for each output: whether that is a stack. What does not depend on a
    stacked input stays as it is.
    """
    value: dict[Node, Any] = {}
    stacked: dict[Node, bool] = {}
    inputs = []
    for node, flag in zip(graph.inputs, batched, strict=True):
        kind = TensorType.of((size, *node.shape), node.dtype) if flag else node.type
        value[node] = trace.placeholder(kind)
        stacked[node] = flag
        inputs.append(value[node])
    for node in graph.nodes:
        flags = [stacked[operand] for operand in node.inputs]
        operands = [value[operand] for operand in node.inputs]
        with trace.at_place(node.place):
            value[node], stacked[node] = _batch_node(node, size, flags, operands)
    return (
        Graph(inputs, [trace.node_of(value[node]) for node in graph.outputs]),
        [stacked[node] for node in graph.outputs],
    )


def _batch_node(
    node: Tensor, size: int, flags: list[bool], operands: list[Any]
) -> tuple[Any, bool]:
    if node.primitive is None or not node.inputs:
        return node, False
    if not any(flags):
        return trace.apply(node.primitive, *operands, **node.params), False
    return node.primitive.batch(node.primitive, size, flags, operands, node.params)


def vmap(fn: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """The function over a stack of examples, written for one.

    Parameters
    ----------
    in_axes
        For each argument the axis that stacks examples, or None for one that all share; an integer
        for all alike, or a tree of them for a tree.
    out_axes
        Where the results are stacked.

    Keyword arguments are stacked along axis 0.

    >>> import numpy as np
    >>> vmap(lambda w, x: np.dot(w, x), in_axes=(None, 0))(np.ones(3), np.eye(3))
    array([1., 1., 1.])
    """

    @functools.wraps(fn)
    def stacked(*args: Any, **kwargs: Any) -> Any:
        axes = in_axes if isinstance(in_axes, tuple | list) else (in_axes,) * len(args)
        if len(axes) != len(args):
            raise ValueError(f"vmap: in_axes names {len(axes)} arguments, the call has {len(args)}")
        leaves, structure = tree.flatten((args, kwargs))
        places = [
            p for axis, a in zip(axes, args, strict=True) for p in tree.prefix_leaves(axis, a)
        ]
        places += [0] * (len(leaves) - len(places))
        size = _common_size(leaves, places)
        start = trace.begin()
        inputs, values, flags = [], [], []
        inside_module = bool(tree.modules((args, kwargs)))
        for i, (leaf, place) in enumerate(zip(leaves, places, strict=True)):
            if place is not None and trace.is_value(leaf):
                whole = moveaxis(leaf, one_axis(place, len(shape_of(leaf))), 0)
                kind = TensorType.of(shape_of(whole)[1:], trace.abstract(whole).dtype)
                leaves[i] = trace.placeholder(kind)
                inputs.append(leaves[i])
                values.append(whole)
                flags.append(True)
            elif inside_module and trace.is_value(leaf):
                leaves[i] = trace.node_of(leaf)  # as an array it would become a new Parameter
        args, kwargs = tree.unflatten(structure, leaves)
        results, out_structure = tree.flatten(fn(*args, **kwargs))
        arrays = [r for r in results if trace.is_value(r)]
        traced = trace.Traced(inputs, arrays, start)
        found = iter(_run(traced, size, values, flags))
        final = []
        for result, place in zip(
            results,
            tree.prefix_leaves(out_axes, tree.unflatten(out_structure, results)),
            strict=True,
        ):
            if trace.is_value(result):
                result = next(found)
                result = result if place == 0 else moveaxis(result, 0, place)
            final.append(result)
        return tree.unflatten(out_structure, final)

    return stacked


def _common_size(leaves: list[Any], places: list[Any]) -> int:
    sizes = {
        shape_of(leaf)[place] if shape_of(leaf) else None
        for leaf, place in zip(leaves, places, strict=True)
        if place is not None and trace.is_value(leaf)
    }
    if len(sizes) != 1 or None in sizes:
        shapes = [shape_of(leaf) for leaf in leaves]
        raise ShapeError(
            f"vmap: the stacked axes must have one common length, got arguments of shape "
            f"{', '.join(map(str, shapes))} with axes {places}. "
            "Use in_axes=None for what all share."
        )
    return int(sizes.pop())  # type: ignore[arg-type]  # None was excluded above


def _run(traced: trace.Traced, size: int, values: list[Any], flags: list[bool]) -> list[Any]:
    captured = traced.values(parameters=True)
    batched = [*flags, *[False] * len(captured)]
    everything = [*values, *captured]

    def make() -> tuple[Graph, Any]:
        graph, out = batch_graph(traced.graph, size, batched)
        outputs = [x if s else stack_same(x, size) for x, s in zip(graph.outputs, out, strict=True)]
        whole = tidy(Graph(graph.inputs, outputs))
        return whole, Automatic(whole)

    graph, program = _batched_programs.get((size, *batched, traced.graph.key), make)
    if any(isinstance(value, Tensor) for value in everything):
        return graph(*everything)  # type: ignore[no-any-return]
    return program(everything)  # type: ignore[no-any-return]
