"""The same elements in another shape, order or number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine import trace
from ..engine.array import as_array
from ..engine.errors import ShapeError
from ..engine.primitives import indexing, views
from ..engine.primitives.logic import where
from ..engine.primitives.reductions import as_operand
from ..engine.primitives.views import one_axis
from ..engine.tensor import Tensor
from .joining import concatenate


def reshape(x: Any, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Any:
    """The same elements, in row-major order, in another shape; one length may be -1.

    >>> reshape(np.arange(4), (2, 2))
    array([[0, 1],
           [2, 3]])
    """
    if not isinstance(x, Tensor):
        return np.reshape(x, shape, order=order, copy=copy)
    if order == "F":
        lengths = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
        return views.transpose(views.reshape(views.transpose(x), lengths[::-1]))
    return views.reshape(x, shape)


def ravel(x: Any, order: str = "C") -> Any:
    """All elements along one axis."""
    return reshape(x, (-1,), order)


def expand_dims(x: Any, /, axis: Any = 0) -> Any:
    """A new axis of length 1 at each of these places.

    >>> expand_dims(np.ones(3), 0).shape
    (1, 3)
    """
    return views.expand_dims(as_operand(x), axis)


def squeeze(x: Any, /, axis: Any = None) -> Any:
    """Without these axes of length 1 (all such axes when none is named)."""
    return views.squeeze(as_operand(x), axis)


def transpose(x: Any, axes: Any = None) -> Any:
    """Axes in another order; reversed when none is given."""
    return views.transpose(as_operand(x), axes)


def permute_dims(x: Any, /, axes: Any) -> Any:
    """Axes in another order."""
    return transpose(x, axes)


def matrix_transpose(x: Any, /) -> Any:
    """The last two axes swapped."""
    return views.swapaxes(as_operand(x), -1, -2)


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    x = as_operand(x)
    order = list(range(x.ndim))
    first, second = one_axis(axis1, x.ndim), one_axis(axis2, x.ndim)
    order[first], order[second] = order[second], order[first]
    return views.transpose(x, order)


def moveaxis(x: Any, source: Any, destination: Any, /) -> Any:
    """Axes moved to new places, the others in their order.

    >>> moveaxis(np.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    return views.moveaxis(as_operand(x), source, destination)


def rollaxis(x: Any, axis: int, start: int = 0) -> Any:
    """An axis moved before another one, see ``moveaxis``."""
    axis, start = one_axis(axis, np.ndim(x)), start + np.ndim(x) * (start < 0)
    return moveaxis(x, axis, start - (axis < start))


def flip(x: Any, /, axis: Any = None) -> Any:
    """Elements in reverse order along these axes (all of them when none is named)."""
    return views.flip(as_operand(x), axis)


def flipud(x: Any) -> Any:
    """Rows in reverse order."""
    return flip(x, 0)


def fliplr(x: Any) -> Any:
    """Columns in reverse order."""
    return flip(x, 1)


def rot90(x: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Any:
    """A quarter turn, from the first axis towards the second, ``k`` times."""
    first, second = axes
    turns = k % 4
    if turns == 0:
        return as_operand(x)
    if turns == 2:
        return flip(x, (first, second))
    if turns == 1:
        return swapaxes(flip(x, second), first, second)
    return flip(swapaxes(x, first, second), second)


def roll(x: Any, /, shift: Any, axis: Any = None) -> Any:
    """Elements moved along an axis; those pushed out at the end come back at the start.

    >>> roll(np.arange(5), 2)
    array([3, 4, 0, 1, 2])
    """
    x = as_operand(x)
    if axis is None:
        return views.reshape(roll(views.reshape(x, (-1,)), shift, 0), x.shape)
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    shifts = shift if isinstance(shift, tuple | list) else (shift,) * len(axes)
    if len(axes) == 1 < len(shifts):
        axes = tuple(axes) * len(shifts)
    if len(shifts) != len(axes):
        raise ValueError(f"roll: {len(shifts)} shifts for {len(axes)} axes")
    for by, a in zip(shifts, axes, strict=True):
        x = _roll_along(x, by, one_axis(a, x.ndim))
    return x


def _roll_along(x: Any, shift: Any, axis: int) -> Any:
    length = x.shape[axis]
    if isinstance(shift, Tensor):
        return indexing.take(x, (np.arange(length) - shift) % length, axis)
    if not length or not shift % length:
        return x
    whole = (slice(None),) * axis
    cut = length - shift % length
    return concatenate([x[(*whole, slice(cut, None))], x[(*whole, slice(cut))]], axis)


def broadcast_to(x: Any, /, shape: Any) -> Any:
    """Repeated to this shape, by NumPy's rule (axes meet from the right).

    >>> broadcast_to(np.arange(2), (2, 2))
    array([[0, 1],
           [0, 1]])
    """
    return as_array(views.broadcast_to(as_operand(x), shape))


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """The shape in which arrays of these shapes meet."""
    return np.broadcast_shapes(*shapes)


def broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    """All of them repeated to their common shape."""
    items = [as_operand(x) for x in arrays]
    shape = np.broadcast_shapes(*[x.shape for x in items])
    return tuple(views.broadcast_to(x, shape) for x in items)


def tile(x: Any, repetitions: Any, /) -> Any:
    """The whole array again and again, along each axis.

    >>> tile(np.arange(2), (2, 2))
    array([[0, 1, 0, 1],
           [0, 1, 0, 1]])
    """
    x = as_operand(x)
    times = tuple(repetitions) if np.ndim(repetitions) else (repetitions,)
    ndim = max(len(times), x.ndim)
    times = (1,) * (ndim - len(times)) + times
    shape = (1,) * (ndim - x.ndim) + x.shape
    apart = [length for n in shape for length in (1, n)]
    repeated = [length for pair in zip(times, shape, strict=True) for length in pair]
    result = tuple(t * n for t, n in zip(times, shape, strict=True))
    return as_array(views.reshape(views.broadcast_to(views.reshape(x, apart), repeated), result))


def repeat(x: Any, repeats: Any, /, axis: int | None = None) -> Any:
    """Each element this many times in a row (one number, or one for each place).

    >>> repeat(np.array([1, 2]), 2)
    array([1, 1, 2, 2])
    """
    if isinstance(repeats, Tensor):
        repeats = trace.concrete(repeats, "repeat's number of copies")
    if not isinstance(x, Tensor):
        return np.repeat(x, repeats, axis)
    if axis is None:
        x, axis = views.reshape(x, (-1,)), 0
    axis = one_axis(axis, x.ndim)
    return indexing.take(x, np.repeat(np.arange(x.shape[axis]), repeats), axis)


def pad(x: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Any:
    """Elements added at both ends of axes.

    Parameters
    ----------
    pad_width
        ``n``, ``(before, after)`` or such a pair for each axis.
    mode
        ``constant``, or one that repeats elements: ``edge``, ``reflect``, ``symmetric``, ``wrap``.

    >>> pad(np.ones(2), (1, 2))
    array([0., 1., 1., 0., 0.])
    """
    constants = {"constant_values": constant_values} if mode == "constant" else {}
    if not (isinstance(x, Tensor) or isinstance(constant_values, Tensor)):
        return as_array(np.pad(x, pad_width, mode, **constants))
    x = as_operand(x)
    widths = np.broadcast_to(pad_width, (x.ndim, 2)).tolist()
    if mode != "constant":
        for axis, (before, after) in enumerate(widths):
            places = np.pad(np.arange(x.shape[axis]), (before, after), mode)
            if places.size != x.shape[axis]:
                x = indexing.take(x, places, axis)
        return x
    if np.ndim(constant_values):
        raise ShapeError("pad: a tensor is padded with one value everywhere, constant_values=c")
    return _pad_constant(x, widths, constant_values)


def _pad_constant(x: Any, widths: list[list[int]], value: Any) -> Any:
    before, after = (tuple(side) for side in zip(*widths, strict=True)) if widths else ((), ())
    zeros = (0,) * len(before)
    padded = trace.apply(views.pad_row, x, before=before, after=after, between=zeros)
    if not isinstance(value, Tensor) and value == 0:
        return padded
    inside = np.pad(np.ones(x.shape, bool), widths)
    return where(inside, padded, value)


def delete(x: Any, obj: Any, axis: int | None = None) -> Any:
    """Without the elements at these places."""
    x = as_operand(x)
    if axis is None:
        x, axis = views.reshape(x, (-1,)), 0
    kept = np.delete(np.arange(x.shape[axis]), obj)
    return indexing.take(x, kept, axis)


def insert(x: Any, obj: int, values: Any, axis: int | None = None) -> Any:
    """With values inserted before a place."""
    x = as_operand(x)
    if axis is None:
        x, axis = views.reshape(x, (-1,)), 0
    front = views.moveaxis(x, axis, 0)
    new = as_operand(values)
    new = views.reshape(new, (-1,) + (1,) * (x.ndim - 1)) if new.ndim < x.ndim else new
    new = views.broadcast_to(new, (new.shape[0], *front.shape[1:]))
    parts = [front[:obj], as_operand(new), front[obj:]]
    return views.moveaxis(views.concatenate(parts, 0), 0, axis)


def tril(x: Any, /, k: int = 0) -> Any:
    """The lower triangle of the last two axes, zeros above.

    >>> tril(np.ones((2, 2)))
    array([[1., 0.],
           [1., 1.]])
    """
    x = as_operand(x)
    kept = np.tri(*x.shape[-2:], k=k, dtype=bool)
    return as_array(where(kept, x, np.zeros((), x.dtype)))


def triu(x: Any, /, k: int = 0) -> Any:
    """The upper triangle of the last two axes, zeros below."""
    x = as_operand(x)
    gone = np.tri(*x.shape[-2:], k=k - 1, dtype=bool)
    return as_array(where(gone, np.zeros((), x.dtype), x))


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal of two axes, as the last axis.

    >>> diagonal(np.arange(4).reshape(2, 2))
    array([0, 3])
    """
    x = as_operand(x)
    last = views.moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = last.shape[-2:]
    first, second = max(-offset, 0), max(offset, 0)
    steps = np.arange(max(min(rows - first, columns - second), 0))
    return last[..., steps + first, steps + second]


def diag(x: Any, k: int = 0) -> Any:
    """The diagonal of a matrix, or a matrix with this diagonal.

    >>> diag(np.array([1.0, 2.0]))
    array([[1., 0.],
           [0., 2.]])
    """
    x = as_operand(x)
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise ShapeError(f"diag: needs a vector or a matrix, got shape {x.shape}")
    size = x.shape[0] + abs(k)
    steps = np.arange(x.shape[0])
    places = (steps + max(-k, 0)) * size + steps + max(k, 0)
    flat = indexing.At(np.zeros(size * size, x.dtype))[places].set(x)
    return as_array(views.reshape(flat, (size, size)))


def diagflat(x: Any, k: int = 0) -> Any:
    """A matrix with the flattened elements as its diagonal."""
    return diag(ravel(x), k)


def shape(x: Any) -> tuple[int, ...]:
    """Length of each axis."""
    return views.shape_of(x)


def ndim(x: Any) -> int:
    """Number of axes."""
    return len(views.shape_of(x))


def size(x: Any, axis: int | None = None) -> int:
    """Number of elements (along an axis)."""
    lengths = views.shape_of(x)
    return int(np.prod(lengths, dtype=np.int64)) if axis is None else lengths[axis]


__all__ = [
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "delete",
    "diag",
    "diagflat",
    "diagonal",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "insert",
    "matrix_transpose",
    "moveaxis",
    "ndim",
    "pad",
    "permute_dims",
    "ravel",
    "repeat",
    "reshape",
    "roll",
    "rollaxis",
    "rot90",
    "shape",
    "size",
    "squeeze",
    "swapaxes",
    "tile",
    "transpose",
    "tril",
    "triu",
]
