"""Make a graph smaller without changing what it computes."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import trace
from .graph import Graph
from .primitives import elementwise as ew
from .primitives import logic as lg
from .primitives.families import constant_row
from .primitives.views import (
    broadcast,
    broadcast_in_dim,
    reshape,
    reshape_row,
    transpose,
    transpose_row,
)
from .prune import drop_unused_results
from .rewrite import rewrite
from .tensor import Tensor

_SMALL = 64  # elements: what is folded into a constant


def simplify(graph: Graph) -> Graph:
    """The passes in order; each is a function from graph to graph.

    >>> graph = trace.trace(lambda x: -(-x) * 1.0, 3.0)
    >>> len(graph), len(simplify(graph))
    (4, 0)
    """
    return tidy(drop_unused_results(graph))


def tidy(graph: Graph) -> Graph:
    """The passes that keep what a derivative may ask for later: for graphs that are inlined."""
    graph = forget_values(graph)
    graph = fold_constants(graph)
    graph = remove_identities(graph)
    return share(graph)


def forget_values(graph: Graph) -> Graph:
    """Inputs that captured something become plain placeholders: a graph is for every value."""
    plain = [node.primitive is None and node.known is None for node in graph.inputs]
    fresh = [
        node if is_plain else trace.placeholder(node.type)
        for node, is_plain in zip(graph.inputs, plain, strict=True)
    ]
    return rewrite(graph, lambda node: None, fresh)


def fold_constants(graph: Graph) -> Graph:
    """What small constants alone determine is computed now."""

    def fold(node: Tensor) -> Tensor | None:
        if node.primitive is None or not node.inputs or isinstance(node.type, tuple):
            return None
        if node.type.size > _SMALL or not all(x.primitive is constant_row for x in node.inputs):
            return None
        if node.primitive.family == "control" or node.primitive is broadcast:
            return None
        with np.errstate(all="ignore"):
            value = node.primitive.numpy(*[x.known for x in node.inputs], **node.params)
        return trace.constant(value, node.dtype)

    return rewrite(graph, fold)


def share(graph: Graph) -> Graph:
    """The same operation on the same inputs is done once."""
    first: dict[Any, Tensor] = {}

    def seen_before(node: Tensor) -> Tensor | None:
        if node.primitive is None:
            return None
        key: Any = (node.primitive, *[id(x) for x in node.inputs], *node.params.items())
        if node.primitive is constant_row:
            key = (node.type, node.known.tobytes()) if node.type.size <= _SMALL else id(node)
        return first.setdefault(key, node)

    return rewrite(graph, seen_before)


def remove_identities(graph: Graph) -> Graph:
    """Operations that give back their input, and pairs of moves that are one move."""

    def simpler(node: Tensor) -> Tensor | None:
        rule = _IDENTITIES.get(node.primitive)
        if rule is None:
            return None
        with trace.at_place(node.place):
            return rule(node)  # type: ignore[no-any-return]

    return rewrite(graph, simpler)


# -- identities --------------------------------------------------------------------------------


def _scalar(node: Tensor) -> Any:
    """The number that every element of a node is known to be, or None."""
    while node.primitive is broadcast:
        (node,) = node.inputs
    if node.primitive is constant_row and node.known.size == 1:
        return node.known.reshape(())[()]
    return None


def _multiply(node: Tensor) -> Tensor | None:
    a, b = node.inputs
    if _scalar(b) == 1:
        return a
    return b if _scalar(a) == 1 else None


def _add(node: Tensor) -> Tensor | None:
    a, b = node.inputs
    if _scalar(b) == 0:
        return a
    return b if _scalar(a) == 0 else None


def _negative(node: Tensor) -> Tensor | None:
    (x,) = node.inputs
    return x.inputs[0] if x.primitive is ew.negative else None


def _convert(node: Tensor) -> Tensor | None:
    (x,) = node.inputs
    return x if x.type is node.type else None


def _reshape(node: Tensor) -> Tensor | None:
    (x,) = node.inputs
    if x.type is node.type:
        return x
    if x.primitive is reshape_row:
        return reshape(x.inputs[0], node.shape)  # type: ignore[no-any-return]
    return None


def _transpose(node: Tensor) -> Tensor | None:
    (x,) = node.inputs
    axes = node.params["axes"]
    if axes == tuple(range(len(axes))):
        return x
    if x.primitive is transpose_row:
        merged: Tensor = transpose(x.inputs[0], [x.params["axes"][a] for a in axes])
        return merged
    return None


def _broadcast(node: Tensor) -> Tensor | None:
    (x,) = node.inputs
    axes = node.params["axes"]
    if x.type is node.type and axes == tuple(range(len(axes))):
        return x
    if x.primitive is broadcast:
        inner = tuple(axes[a] for a in x.params["axes"])
        return broadcast_in_dim(x.inputs[0], node.shape, inner)  # type: ignore[no-any-return]
    return None


_IDENTITIES: dict[Any, Any] = {
    ew.multiply: _multiply,
    ew.chain_product: _multiply,
    ew.add: _add,
    ew.negative: _negative,
    lg.convert: _convert,
    reshape_row: _reshape,
    transpose_row: _transpose,
    broadcast: _broadcast,
}
