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
# Rows whose results are elements of their inputs: of the first so many, or of all.
_SAME: dict[str, int | None] = {"concatenate": None, "scatter": 2, "convert": 1, "stop_gradient": 1}
_SAME |= dict.fromkeys(("broadcast", "reshape", "transpose", "slice", "flip", "gather", "sort"), 1)
_SAME |= {"max": 1, "min": 1}
_DEEPEST = 40
_UNKNOWN = -(2**64), 2**64


def clipped(
    indices: Sequence[Tensor], lengths: Sequence[int], known: dict[Node, Bounds]
) -> list[Tensor]:
    """Indices into axes of these lengths; those not proved to be within bounds are clipped.

    ``known`` keeps what was found, for the next indices of the graph.
    """
    return [
        index if _is_within(bounds(index, known), n) else _clip(index, n)
        for index, n in zip(indices, lengths, strict=True)
    ]


def _clip(index: Tensor, n: int) -> Tensor:
    found: Tensor = logic.maximum(0, logic.minimum(index, n - 1))
    return found


def _is_within(found: Bounds, n: int) -> bool:
    return found[0] >= 0 and found[1] < n


def bounds(node: Node, known: dict[Node, Bounds], depth: int = _DEEPEST) -> Bounds:
    """Whole numbers between which all elements of an integer node lie, whatever the inputs are.

    >>> import chainrule as cr, numpy as np
    >>> graph = cr.trace(lambda x, i: x[i], np.ones(5), np.zeros(3, int))
    >>> bounds(graph.outputs[0].inputs[1], {})
    (0, 4)
    """
    if node not in known:
        known[node] = _found(node, known, depth)
    return known[node]


def _found(node: Node, known: dict[Node, Bounds], depth: int) -> Bounds:
    kind = node.type
    if isinstance(kind, tuple) or kind.dtype.kind not in "iu":
        return _UNKNOWN
    limits = np.iinfo(kind.dtype)
    every = int(limits.min), int(limits.max)
    if node.primitive is constant_row:
        value = np.asarray(node.known)
        return (int(value.min()), int(value.max())) if value.size else (0, 0)
    if not node.inputs or not depth:
        return every
    low, high = _of_row(node, known, depth - 1)
    return (low, high) if every[0] <= low <= high <= every[1] else every


def _of_row(node: Node, known: dict[Node, Bounds], depth: int) -> Bounds:
    assert node.primitive is not None
    name = node.primitive.name
    if name in ("argmax", "argmin", "argsort"):
        (x,) = node.inputs
        return 0, max(x.type.shape[node.params["axis"]] - 1, 0)
    lows, highs = zip(
        *[bounds(x, known, depth) for x in node.inputs[: _SAME.get(name, 2)]], strict=True
    )
    if name in _SAME:
        return min(lows), max(highs)
    if name == "maximum":
        return max(lows), max(highs)
    if name == "minimum":
        return min(lows), min(highs)
    if name == "remainder" and lows[1] > 0:
        return 0, highs[1] - 1
    return _UNKNOWN
