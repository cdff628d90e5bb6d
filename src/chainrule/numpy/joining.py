"""Arrays put together and taken apart."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..engine.array import as_array
from ..engine.primitives import views
from ..engine.primitives.reductions import as_operand
from ..engine.primitives.views import one_axis
from ..engine.tensor import Tensor


def concatenate(arrays: Sequence[Any], /, axis: int | None = 0, *, dtype: Any = None) -> Any:
    """Arrays joined along an axis; with ``axis=None``, flattened first.

    >>> concatenate([np.zeros(1), np.ones(2)])
    array([0., 1., 1.])
    """
    joined = views.concatenate([as_operand(item) for item in arrays], axis)
    if dtype is not None:
        from .dtypes import astype

        joined = astype(joined, dtype)
    return as_array(joined)


concat = concatenate


def stack(arrays: Sequence[Any], /, axis: int = 0) -> Any:
    """Arrays of one shape joined along a new axis.

    >>> stack([np.zeros(2), np.ones(2)])
    array([[0., 0.],
           [1., 1.]])
    """
    if not isinstance(arrays, Tensor) and not len(arrays):
        raise ValueError("stack: need at least one array")
    return as_array(views.stack([as_operand(item) for item in arrays], axis))


def atleast_1d(*arrays: Any) -> Any:
    """With at least one axis."""
    return _each(lambda x: x if x.ndim else views.reshape(x, (1,)), arrays)


def atleast_2d(*arrays: Any) -> Any:
    """With at least two axes: a vector becomes a row."""
    return _each(lambda x: x if x.ndim > 1 else views.reshape(x, (1, -1)), arrays)


def atleast_3d(*arrays: Any) -> Any:
    """With at least three axes: a vector becomes (1, n, 1), a matrix (m, n, 1)."""
    return _each(_three_axes, arrays)


def _three_axes(x: Any) -> Any:
    if x.ndim < 2:
        return views.reshape(x, (1, -1, 1))
    return views.expand_dims(x, 2) if x.ndim == 2 else x


def _each(function: Any, arrays: Sequence[Any]) -> Any:
    results = tuple(function(as_operand(x)) for x in arrays)
    return results[0] if len(results) == 1 else results


def vstack(arrays: Sequence[Any]) -> Any:
    """Rows on top of each other.

    >>> vstack([np.zeros(2), np.ones(2)])
    array([[0., 0.],
           [1., 1.]])
    """
    return concatenate([atleast_2d(item) for item in arrays], 0)


row_stack = vstack


def hstack(arrays: Sequence[Any]) -> Any:
    """Side by side: along axis 1, vectors along axis 0."""
    items = [atleast_1d(item) for item in arrays]
    return concatenate(items, 0 if items[0].ndim == 1 else 1)


def dstack(arrays: Sequence[Any]) -> Any:
    """Along the third axis."""
    return concatenate([atleast_3d(item) for item in arrays], 2)


def column_stack(arrays: Sequence[Any]) -> Any:
    """Vectors as columns, beside matrices.

    >>> column_stack([np.zeros(2), np.ones(2)])
    array([[0., 1.],
           [0., 1.]])
    """
    items = [as_operand(item) for item in arrays]
    return concatenate([x if x.ndim > 1 else views.reshape(x, (-1, 1)) for x in items], 1)


def block(arrays: Any) -> Any:
    """Nested lists of blocks as one matrix: the innermost lists are joined along the last axis."""
    if not isinstance(arrays, list):
        return as_operand(arrays)
    depth = _depth(arrays)
    ndim = max(depth, *[np.ndim(leaf) for leaf in _leaves(arrays)])
    return _block(arrays, depth, ndim)


def _depth(value: Any) -> int:
    return 1 + _depth(value[0]) if isinstance(value, list) else 0


def _leaves(value: Any) -> list[Any]:
    return (
        [leaf for item in value for leaf in _leaves(item)] if isinstance(value, list) else [value]
    )


def _block(value: Any, depth: int, ndim: int) -> Any:
    if not isinstance(value, list):
        x = as_operand(value)
        return views.reshape(x, (1,) * (ndim - x.ndim) + x.shape)
    return concatenate([_block(item, depth - 1, ndim) for item in value], -depth)


def append(x: Any, values: Any, axis: int | None = None) -> Any:
    """Values joined at the end (of the flattened array when axis is None)."""
    return concatenate([x, values], axis)


def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts along an axis: so many of nearly equal length, or cut at these places.

    >>> [part.tolist() for part in array_split(np.arange(5), 2)]
    [[0, 1, 2], [3, 4]]
    """
    x = as_operand(x)
    axis = one_axis(axis, x.ndim)
    length = x.shape[axis]
    if np.ndim(indices_or_sections):
        bounds = [0, *[operator.index(i) for i in indices_or_sections], length]
    else:
        count = operator.index(indices_or_sections)
        if count <= 0:
            raise ValueError(f"array_split: the number of parts must be positive, got {count}")
        longer = length % count
        sizes = [length // count + (part < longer) for part in range(count)]
        bounds = [0, *np.cumsum(sizes).tolist()]
    whole = (slice(None),) * axis
    return [x[(*whole, slice(a, b))] for a, b in pairwise(bounds)]


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Like ``array_split``, but a number of parts must divide the length."""
    length = np.shape(x)[axis]
    if not np.ndim(indices_or_sections) and length % operator.index(indices_or_sections):
        raise ValueError(
            f"split: {indices_or_sections} equal parts do not divide axis {axis} of shape "
            f"{np.shape(x)}; array_split allows parts of unequal length"
        )
    return array_split(x, indices_or_sections, axis)


def vsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along axis 0."""
    return split(x, indices_or_sections, 0)


def hsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along axis 1, of a vector along axis 0."""
    return split(x, indices_or_sections, 0 if np.ndim(x) == 1 else 1)


def dsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along axis 2."""
    return split(x, indices_or_sections, 2)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The slices along an axis, as a tuple.

    >>> unstack(np.eye(2))
    (array([1., 0.]), array([0., 1.]))
    """
    x = as_operand(x)
    front = views.moveaxis(x, axis, 0)
    return tuple(front[i] for i in range(front.shape[0]))


__all__ = [
    "append",
    "array_split",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block",
    "column_stack",
    "concat",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "row_stack",
    "split",
    "stack",
    "unstack",
    "vsplit",
    "vstack",
]
