"""Indices of graphs that come from files: proved to be within bounds, or clipped.

Compiled code reads and writes at the places that a graph computes, without asking whether they
exist. In graphs that were traced, ``x[i]`` has seen to that; a file may say anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine.graph import Node
from ..engine.primitives import logic
from ..engine.primitives.families import constant_row
from ..engine.tensor import Tensor

Bounds = tuple[int, int]
# Rows whose results are elements of their inputs, the first so many of them.
_SAME = {"broadcast": 1, "reshape": 1, "transpose": 1, "slice": 1, "flip": 1, "stop_gradient": 1}
_SAME |= {"gather": 1, "sort": 1, "max": 1, "min": 1, "concatenate": 32, "scatter": 2}
_DEEPEST = 40


def clipped(indices: Sequence[Tensor], lengths: Sequence[int]) -> list[Tensor]:
    """Indices into axes of these lengths; those not proved to be within bounds are clipped."""
    return [
        index if _is_within(bounds(index), n) else _clip(index, n)
        for index, n in zip(indices, lengths, strict=True)
    ]


def _clip(index: Tensor, n: int) -> Tensor:
    found: Tensor = logic.maximum(0, logic.minimum(index, n - 1))
    return found


def _is_within(found: Bounds, n: int) -> bool:
    return found[0] >= 0 and found[1] < n


def bounds(node: Node, depth: int = _DEEPEST) -> Bounds:
    """Whole numbers between which all elements of an integer node lie, whatever the inputs are.

    >>> import chainrule as cr, numpy as np
    >>> graph = cr.trace(lambda x, i: x[i], np.ones(5), np.zeros(3, int))
    >>> bounds(graph.outputs[0].inputs[1])
    (0, 4)
    """
    assert not isinstance(node.type, tuple)
    if node.type.dtype.kind not in "iu":
        return -(2**64), 2**64
    limits = np.iinfo(node.type.dtype)
    every = int(limits.min), int(limits.max)
    if node.primitive is constant_row:
        value = np.asarray(node.known)
        return (int(value.min()), int(value.max())) if value.size else (0, 0)
    if node.primitive is None or not depth or not node.inputs:
        return every
    low, high = _of_row(node, depth - 1)
    return (low, high) if every[0] <= low <= high <= every[1] else every


def _of_row(node: Node, depth: int) -> Bounds:
    assert node.primitive is not None
    name = node.primitive.name
    if name in ("argmax", "argmin", "argsort"):
        (shape,) = [x.type.shape for x in node.inputs]
        return 0, max(shape[node.params["axis"]] - 1, 0)
    parts = [bounds(x, depth) for x in node.inputs[: _SAME.get(name, 2)]]
    if name == "convert" or name in _SAME:
        return min(low for low, _ in parts), max(high for _, high in parts)
    if name == "maximum":
        return max(low for low, _ in parts), max(high for _, high in parts)
    if name == "minimum":
        return min(low for low, _ in parts), min(high for _, high in parts)
    if name == "remainder" and parts[1][0] > 0:
        return 0, parts[1][1] - 1
    return -(2**64), 2**64
