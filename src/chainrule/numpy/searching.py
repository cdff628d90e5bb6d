"""Where something is: choosing, indexing, sorting, searching, sets."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engine import trace
from ..engine.array import as_array
from ..engine.primitives import indexing, logic, reductions, views
from ..engine.primitives.elementwise import multiply
from ..engine.primitives.logic import isnan, logical_and, logical_not, logical_or
from ..engine.primitives.reductions import as_operand
from ..engine.primitives.views import one_axis
from ..engine.tensor import Tensor


def _value(x: Any, asked: str) -> Any:
    """The array behind a tensor: for results whose shape depends on values."""
    return (
        trace.concrete(x, f"{asked}, whose shape depends on values,")
        if isinstance(x, Tensor)
        else x
    )


def where(condition: Any, x1: Any = None, x2: Any = None, /) -> Any:
    """``x1`` where the condition is true, else ``x2``; with one argument, where it is true.

    No derivative reaches the branch that is not taken, so NaN and Inf in it do no harm.

    >>> where(np.array([True, False]), 1.0, 2.0)
    array([1., 2.])
    """
    if x1 is None and x2 is None:
        return nonzero(condition)
    chosen = logic.where(condition, x1, x2)
    return as_array(chosen) if isinstance(chosen, np.ndarray) else chosen


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """At each place the choice of the first condition that is true there.

    >>> x = np.array([-1.0, 0.5, 2.0])
    >>> select([x < 0, x > 1], [0.0, 1.0], x)
    array([0. , 0.5, 1. ])
    """
    chosen = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        chosen = where(condition, choice, chosen)
    return chosen


def nonzero(x: Any, /) -> tuple[Any, ...]:
    """Indices of the elements that are not zero, an array for each axis.

    >>> nonzero(np.array([0, 3, 4]))
    (array([1, 2]),)
    """
    return tuple(as_array(places) for places in np.nonzero(_value(x, "nonzero")))


def flatnonzero(x: Any) -> Any:
    """Indices, in the flattened array, of the elements that are not zero."""
    return nonzero(views.reshape(as_operand(x), (-1,)))[0]


def argwhere(x: Any) -> Any:
    """Indices of the elements that are not zero, a row for each."""
    return as_array(np.argwhere(_value(x, "argwhere")))


def take(x: Any, indices: Any, /, axis: int | None = None, mode: str | None = None) -> Any:
    """Elements at these places of an axis (of the flattened array when None).

    >>> take(np.array([1.0, 2.0, 3.0]), [2, 0])
    array([3., 1.])
    """
    if mode in ("clip", "wrap"):
        length = np.size(x) if axis is None else np.shape(x)[axis]
        indices = as_operand(indices)
        indices = indices % length if mode == "wrap" else indices.clip(0, length - 1)
    if not (isinstance(x, Tensor) or isinstance(indices, Tensor)):
        return np.take(x, indices, axis)
    return indexing.take(as_operand(x), indices, axis)


def take_along_axis(x: Any, indices: Any, /, axis: int | None = -1) -> Any:
    """``x[..., indices[..., i], ...]``: each line along the axis has its own indices."""
    if not (isinstance(x, Tensor) or isinstance(indices, Tensor)):
        return np.take_along_axis(np.asanyarray(x), np.asarray(indices), axis)
    return indexing.take_along_axis(x, indices, axis)


def compress(condition: Any, x: Any, axis: int | None = None) -> Any:
    """Elements along an axis where the condition is true."""
    return take(x, flatnonzero(condition), axis)


def choose(index: Any, choices: Any) -> Any:
    """At each place the element of the array that ``index`` names there."""
    return take_along_axis(views.stack(choices), views.expand_dims(as_operand(index), 0), 0)[0]


def sort(
    x: Any,
    /,
    axis: int | None = -1,
    kind: str | None = None,
    *,
    descending: bool = False,
    stable: bool | None = True,
) -> Any:
    """Elements in ascending (or descending) order along an axis.

    >>> sort(np.array([2, 3, 1]), descending=True)
    array([3, 2, 1])
    """
    result = indexing.sort(as_operand(x), axis)
    return views.flip(result, -1 if axis is None else axis) if descending else result


def argsort(
    x: Any,
    /,
    axis: int | None = -1,
    kind: str | None = None,
    *,
    descending: bool = False,
    stable: bool | None = True,
) -> Any:
    """The order that sorts along an axis; equal elements keep theirs.

    >>> argsort(np.array([2, 3, 1]))
    array([2, 0, 1])
    """
    x = as_operand(x)
    if axis is None:
        x, axis = views.reshape(x, (-1,)), 0
    if not descending:
        return indexing.argsort(x, axis)
    backward = views.flip(indexing.argsort(views.flip(x, axis), axis), axis)
    return x.shape[one_axis(axis, x.ndim)] - 1 - backward


def _sorts_before(a: Any, b: Any, or_equal: bool) -> Any:
    """Whether ``a`` comes before ``b`` in sorted order, in which NaN is last."""
    before = logic.less_equal(a, b) if or_equal else logic.less(a, b)
    if a.dtype.kind != "f" and b.dtype.kind != "f":
        return before
    last = isnan(b) if or_equal else logical_and(isnan(b), logical_not(isnan(a)))
    return logical_or(before, last)


def searchsorted(x1: Any, x2: Any, /, side: str = "left", sorter: Any = None) -> Any:
    """Where in the sorted ``x1`` the elements of ``x2`` belong, so that it stays sorted.

    >>> searchsorted(np.array([1.0, 2.0, 3.0]), np.array([2.0, 9.0]))
    array([1, 3])
    """
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side is 'left' or 'right', got {side!r}")
    if not any(isinstance(value, Tensor) for value in (x1, x2, sorter)):
        return np.searchsorted(x1, x2, side, sorter)  # type: ignore[call-overload]
    line = as_operand(x1) if sorter is None else indexing.take(as_operand(x1), sorter)
    values = views.expand_dims(as_operand(x2), -1)
    return reductions.sum(_sorts_before(line, values, side == "right"), -1, np.intp)


def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """Which of the (ascending) bins each element falls into."""
    return searchsorted(bins, x, "left" if right else "right")


def isin(x1: Any, x2: Any, /, *, invert: bool = False, assume_unique: bool = False) -> Any:
    """Whether each element of ``x1`` is among those of ``x2``."""
    x1, x2 = as_operand(x1), as_operand(x2)
    found = logic.equal(views.expand_dims(x1, -1), views.reshape(x2, (-1,)))
    result = reductions.any(found, -1)
    return logical_not(result) if invert else result


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    """The broken line through the points (xp, fp), at x; constant outside of them.

    >>> interp(1.5, np.array([1.0, 2.0]), np.array([10.0, 20.0]))
    np.float64(15.0)
    """
    x, xp, fp = as_operand(x), as_operand(xp), as_operand(fp)
    if not any(isinstance(value, Tensor) for value in (x, xp, fp)):
        return np.interp(x, xp, fp, left, right)
    after = indexing.take(np.arange(len(xp)), searchsorted(xp, x, "right").clip(1, len(xp) - 1))
    x0, x1 = indexing.take(xp, after - 1), indexing.take(xp, after)
    y0, y1 = indexing.take(fp, after - 1), indexing.take(fp, after)
    inside = y0 + multiply(x - x0, (y1 - y0) / (x1 - x0))
    result = logic.where(x < xp[0], fp[0] if left is None else left, inside)
    return logic.where(x > xp[-1], fp[-1] if right is None else right, result)


# -- sets --------------------------------------------------------------------------------------


class UniqueAll(NamedTuple):
    """What ``unique_all`` returns."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """What ``unique_counts`` returns."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """What ``unique_inverse`` returns."""

    values: Any
    inverse_indices: Any


def unique_all(x: Any, /) -> UniqueAll:
    """The different values in order, where each is first, which one each element is, how often.

    >>> unique_all(np.array([3, 1, 3])).counts
    array([1, 2])
    """
    found = np.unique_all(_value(x, "unique"))
    values = found.values
    if isinstance(x, Tensor):
        values = indexing.take(x, found.indices)
    return UniqueAll(values, found.indices, found.inverse_indices, found.counts)


def unique_counts(x: Any, /) -> UniqueCounts:
    """The different values in order, and how often each occurs."""
    found = unique_all(x)
    return UniqueCounts(found.values, found.counts)


def unique_inverse(x: Any, /) -> UniqueInverse:
    """The different values in order, and which one each element is."""
    found = unique_all(x)
    return UniqueInverse(found.values, found.inverse_indices)


def unique_values(x: Any, /) -> Any:
    """The different values in order."""
    return unique_all(x).values


def unique(
    x: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
) -> Any:
    """The different values in order (along an axis: the different slices), as NumPy returns them.

    >>> unique(np.array([3, 1, 3]))
    array([1, 3])
    """
    value = _value(x, "unique")
    values, *rest = np.unique(value, True, return_inverse, return_counts, axis)
    if isinstance(x, Tensor):
        values = indexing.take(x, rest[0], axis)
    found = [values, *(rest if return_index else rest[1:])]
    return found[0] if len(found) == 1 else tuple(found)


__all__ = [
    "argsort",
    "argwhere",
    "choose",
    "compress",
    "digitize",
    "flatnonzero",
    "interp",
    "isin",
    "nonzero",
    "searchsorted",
    "select",
    "sort",
    "take",
    "take_along_axis",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "where",
]
