"""Elements found and replaced by their places; the largest; the different ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import numpy as cnp
from ....engine.array import as_array
from ....engine.primitives.indexing import At
from ....engine.primitives.reductions import as_operand
from .common import by_name, integers, numbers


def Gather(x: Any, indices: Any, *, axis: int = 0) -> Any:
    """x[..., indices, ...] along an axis."""
    return cnp.take(as_operand(x), indices, axis)


def GatherElements(x: Any, indices: Any, *, axis: int = 0) -> Any:
    """x[i, indices[i, j]] and the like: the index replaces the place along one axis."""
    return as_array(as_operand(x))[_places(indices, cnp.ndim(x), axis)]


def GatherND(x: Any, indices: Any, *, batch_dims: int = 0) -> Any:
    """x[indices[..., 0], indices[..., 1], ...], for each of the batch's arrays."""
    return as_array(as_operand(x))[_tuples(indices, batch_dims)]


def ScatterElements(
    x: Any, indices: Any, updates: Any, *, axis: int = 0, reduction: str = "none"
) -> Any:
    """A copy of x with updates[i, j] at [i, indices[i, j]], and the like."""
    return _written(x, _places(indices, cnp.ndim(x), axis), updates, reduction)


def ScatterND(x: Any, indices: Any, updates: Any, *, reduction: str = "none") -> Any:
    """A copy of x with the updates at x[indices[..., 0], indices[..., 1], ...]."""
    return _written(x, _tuples(indices, 0), updates, reduction)


def TensorScatter(
    x: Any, updates: Any, starts: Any = None, *, axis: int = -2, mode: str = "linear"
) -> Any:
    """A copy of x with the updates from ``starts[b]`` on along an axis; "circular" wraps around."""
    x, updates = as_operand(x), as_operand(updates)
    axis %= x.ndim
    first = np.zeros(x.shape[0], int) if starts is None else as_operand(starts)
    column = (-1,) + (1,) * (x.ndim - 1)
    steps = np.arange(updates.shape[axis]).reshape((-1,) + (1,) * (x.ndim - 1 - axis))
    places = cnp.reshape(first, column) + steps
    places = cnp.broadcast_to(cnp.remainder(places, x.shape[axis]), updates.shape)
    return ScatterElements(x, places, updates, axis=axis)


def _places(indices: Any, ndim: int, axis: int) -> tuple[Any, ...]:
    """An index for each axis: the places of ``indices`` itself, but along ``axis`` its values."""
    grid: list[Any] = list(np.ogrid[tuple(slice(n) for n in cnp.shape(indices))])
    grid[axis % ndim] = indices
    return tuple(grid)


def _tuples(indices: Any, batch: int) -> tuple[Any, ...]:
    """The last axis of ``indices`` as a tuple of indices, after those of the batch axes."""
    indices = as_operand(indices)
    lead = np.ogrid[tuple(slice(n) for n in indices.shape[:-1])][:batch]
    return (*lead, *[indices[..., i] for i in range(indices.shape[-1])])


def _written(x: Any, places: tuple[Any, ...], updates: Any, reduction: str) -> Any:
    x = as_operand(x)
    if reduction in ("none", "add"):
        target = At(x, places)
        return target.set(updates) if reduction == "none" else target.add(updates)
    combine = {"mul": np.multiply, "max": np.maximum, "min": np.minimum}[reduction]
    result = np.array(numbers(x, f"a scatter by {reduction}"))
    combine.at(result, tuple(map(np.asarray, places)), updates)
    return result


def TopK(x: Any, k: Any, *, axis: int = -1, largest: int = 1, sorted: int = 1) -> tuple[Any, Any]:
    """The k largest (smallest) elements along an axis in order, and their places."""
    (count,) = integers(k, "TopK")
    order = cnp.argsort(x, axis, descending=bool(largest))
    places = cnp.take(order, np.arange(count), axis)
    return cnp.take_along_axis(x, places, axis), cnp.astype(places, np.int64)


def NonZero(x: Any) -> Any:
    """The places of the elements that are not zero, a column each."""
    return np.stack([np.asarray(p) for p in np.nonzero(numbers(x, "NonZero"))]).astype(np.int64)


def Compress(x: Any, condition: Any, *, axis: int | None = None) -> Any:
    """The elements along an axis (of the flattened array) where the condition holds."""
    return cnp.take(as_operand(x), np.flatnonzero(numbers(condition, "Compress")), axis)


def Unique(x: Any, *, axis: int | None = None, sorted: int = 1) -> tuple[Any, ...]:
    """The different elements or slices, their first places, which each one is, how often."""
    values, first, which, counts = np.unique(numbers(x, "Unique"), True, True, True, axis=axis)
    which = which.reshape(-1)
    if not sorted:
        order = np.argsort(first)
        rank = np.argsort(order)
        values = np.take(values, order, 0 if axis is None else axis)
        first, which, counts = first[order], rank[which], counts[order]
    return values, first, which, counts


OPERATORS: dict[str, Any] = {
    "Scatter": ScatterElements,
    **by_name(Compress, Gather, GatherElements, GatherND, NonZero, ScatterElements, ScatterND),
    **by_name(TensorScatter, TopK, Unique),
}
