"""Elements found and replaced by their places; the largest; the different ones."""

from __future__ import annotations

import numpy as np

from .... import numpy as cnp
from ....engine.array import as_array
from ....engine.primitives.indexing import At
from ....numpy import take, take_along_axis
from .common import by_name, integers, numbers


def Gather(x, indices, *, axis=0):
    """x[..., indices, ...] along an axis."""
    return take(x, indices, axis)


def GatherElements(x, indices, *, axis=0):
    """x[i, indices[i, j]] and the like: the index replaces the place along one axis."""
    return as_array(x)[_places(indices, axis)]


def GatherND(x, indices, *, batch_dims=0):
    """x[indices[..., 0], indices[..., 1], ...], for each of the batch's arrays."""
    return as_array(x)[_tuples(indices, batch_dims)]


def ScatterElements(x, indices, updates, *, axis=0, reduction="none"):
    """A copy of x with updates[i, j] at [i, indices[i, j]], and the like."""
    return _written(x, _places(indices, axis), updates, reduction)


def ScatterND(x, indices, updates, *, reduction="none"):
    """A copy of x with the updates at x[indices[..., 0], indices[..., 1], ...]."""
    return _written(x, _tuples(indices, 0), updates, reduction)


def TensorScatter(x, updates, starts=None, *, axis=-2, mode="linear"):
    """A copy of x with the updates from ``starts[b]`` on along an axis; "circular" wraps around."""
    axis %= x.ndim
    first = np.zeros(len(x), int) if starts is None else starts
    steps = list(_grid(updates.shape))[axis]
    column = (-1,) + (1,) * (x.ndim - 1)
    places = cnp.remainder(first.reshape(column) + steps, x.shape[axis])
    return ScatterElements(x, cnp.broadcast_to(places, updates.shape), updates, axis=axis)


def _grid(shape):
    """The place along each axis, so shaped that together they meet in this shape."""
    return np.ogrid[tuple(slice(n) for n in shape)]


def _places(indices, axis):
    """An index for each axis: the places of ``indices`` itself, but along ``axis`` its values."""
    grid = list(_grid(indices.shape))
    grid[axis] = indices
    return tuple(grid)


def _tuples(indices, batch):
    """The last axis of ``indices`` as a tuple of indices, after those of the batch axes."""
    *lead, count = indices.shape
    return (*_grid(lead)[:batch], *[indices[..., i] for i in range(count)])


COMBINE = {"mul": np.multiply, "max": np.maximum, "min": np.minimum}


def _written(x, places, updates, reduction):
    if reduction == "none":
        return At(x, places).set(updates)
    if reduction == "add":
        return At(x, places).add(updates)
    result = np.array(numbers(x, f"a scatter by {reduction}"))
    where = tuple(map(np.asarray, places))
    COMBINE[reduction].at(result, where, numbers(updates, f"a scatter by {reduction}"))
    return result


def TopK(x, k, *, axis=-1, largest=1, sorted=1):
    """The k largest (smallest) elements along an axis in order, and their places."""
    (count,) = integers(k, "TopK")
    order = cnp.argsort(x, axis, descending=bool(largest))
    places = take(order, np.arange(count), axis)
    return take_along_axis(x, places, axis), cnp.astype(places, np.int64)


def NonZero(x):
    """The places of the elements that are not zero, a column each."""
    return np.array(np.nonzero(numbers(x, "NonZero")), np.int64)


def Compress(x, condition, *, axis=None):
    """The elements along an axis (of the flattened array) where the condition holds."""
    return take(x, np.flatnonzero(numbers(condition, "Compress")), axis)


def Unique(x, *, axis=None, sorted=1):
    """The different elements or slices, their first places, which each one is, how often."""
    found = np.unique(numbers(x, "Unique"), True, True, True, axis=axis)
    values, first, which, counts = found
    which = which.reshape(-1)
    if not sorted:
        order = np.argsort(first)
        values = np.take(values, order, axis or 0)
        which = np.argsort(order)[which]
        first, counts = first[order], counts[order]
    return values, first, which, counts


OPERATORS = {
    "Scatter": ScatterElements,
    **by_name(
        Compress,
        Gather,
        GatherElements,
        GatherND,
        NonZero,
        ScatterElements,
        ScatterND,
        TensorScatter,
        TopK,
        Unique,
    ),
}
