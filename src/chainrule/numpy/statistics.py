"""Sums, means, spreads and orders along axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.array import as_array
from ..engine.primitives import indexing, reductions, views
from ..engine.primitives.elementwise import sqrt, square
from ..engine.primitives.logic import astype, isnan, not_equal, where
from ..engine.primitives.reductions import all, any, argmax, argmin, as_operand, cumprod, cumsum
from ..engine.primitives.views import axes_of, one_axis
from ..engine.tensor import Tensor
from .joining import concatenate


def sum(
    x: Any, /, axis: Any = None, dtype: Any = None, keepdims: bool = False, *, where: Any = None
) -> Any:
    """Sum of the elements along these axes (all of them when None).

    Booleans and short integers are summed as 64-bit integers. ``where`` says which elements count.

    >>> sum(np.eye(2), axis=0)
    array([1., 1.])
    """
    return reductions.sum(_masked(x, where, 0), axis, dtype, keepdims)


def prod(
    x: Any, /, axis: Any = None, dtype: Any = None, keepdims: bool = False, *, where: Any = None
) -> Any:
    """Product of the elements along these axes (all of them when None)."""
    return reductions.prod(_masked(x, where, 1), axis, dtype, keepdims)


def _masked(x: Any, mask: Any, instead: Any) -> Any:
    if mask is None or mask is True:
        return x
    x = as_operand(x)
    return where(mask, x, np.asarray(instead, x.dtype))


def max(
    x: Any, /, axis: Any = None, keepdims: bool = False, *, initial: Any = None, where: Any = None
) -> Any:
    """Largest element along these axes; its derivative is shared among ties."""
    return _extreme(reductions.max, x, axis, keepdims, initial, where)


def min(
    x: Any, /, axis: Any = None, keepdims: bool = False, *, initial: Any = None, where: Any = None
) -> Any:
    """Smallest element along these axes; its derivative is shared among ties."""
    return _extreme(reductions.min, x, axis, keepdims, initial, where)


def _extreme(row: Any, x: Any, axis: Any, keepdims: bool, initial: Any, mask: Any) -> Any:
    x = as_operand(x)
    if mask is not None and mask is not True:
        if initial is None:
            raise ValueError("max, min with where= need initial=, the answer where nothing counts")
        x = where(mask, x, initial)
    if initial is None:
        return row(x, axis, keepdims)
    both = [row(x, axis, keepdims)] if x.size else []
    both.append(
        views.broadcast_to(astype(as_operand(initial), x.dtype), both[0].shape if both else ())
    )
    return row(views.stack(both), 0)


amax, amin = max, min


def mean(
    x: Any, /, axis: Any = None, dtype: Any = None, keepdims: bool = False, *, where: Any = None
) -> Any:
    """Arithmetic mean along these axes.

    >>> mean(np.array([[1.0, 2.0], [3.0, 6.0]]), axis=0)
    array([2., 4.])
    """
    if where is None or where is True:
        return reductions.mean(x, axis, dtype, keepdims)
    x = as_operand(x)
    count = reductions.sum(views.broadcast_to(as_operand(where), x.shape), axis, None, keepdims)
    return sum(x, axis, dtype, keepdims, where=where) / count


def average(
    x: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    """Mean in which each element counts by its weight: Σ w x / Σ w.

    >>> average(np.array([1.0, 4.0]), weights=np.array([2.0, 1.0]))
    np.float64(2.0)
    """
    x = as_operand(x)
    if weights is None:
        weights = np.ones(())
    weights = as_operand(weights)
    if weights.ndim and weights.shape != x.shape:
        axes = axes_of(axis, x.ndim)
        lengths = iter(weights.shape)
        weights = views.reshape(weights, [next(lengths) if a in axes else 1 for a in range(x.ndim)])
    weights = views.broadcast_to(weights, x.shape)
    total = reductions.sum(weights, axis, None, keepdims)
    result = reductions.sum(x * weights, axis, None, keepdims) / total
    return (result, total) if returned else result


def var(
    x: Any,
    /,
    axis: Any = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """Variance: the mean squared distance from the mean, Σ (x - mean)² / (n - ddof).

    ``correction`` is the array API standard's name for ``ddof``.

    >>> var(np.array([1.0, 3.0])), var(np.array([1.0, 3.0]), correction=1)
    (np.float64(1.0), np.float64(2.0))
    """
    x = as_operand(x)
    if dtype is not None or x.dtype.kind != "f":
        x = astype(x, np.float64 if dtype is None else dtype)
    centred = x - reductions.mean(x, axis, None, True)
    count = 1
    for a in axes_of(axis, x.ndim):
        count *= x.shape[a]
    divisor = count - (ddof if correction is None else correction)
    total = reductions.sum(square(centred), axis, None, keepdims)
    with np.errstate(all="ignore"):
        return total / (divisor if divisor > 0 else 0.0)


def std(
    x: Any,
    /,
    axis: Any = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """Standard deviation, the root of the variance; where that is 0 its derivative is 0.

    >>> std(np.array([1.0, 3.0]))
    np.float64(1.0)
    """
    return root(var(x, axis, dtype, ddof, keepdims, correction=correction))


def root(x: Any) -> Any:
    """Square root with derivative 0 at 0, where that of the root is infinite."""
    if not isinstance(x, Tensor):
        return np.sqrt(x)
    zero = x == 0
    return where(zero, np.zeros((), x.dtype), sqrt(where(zero, np.ones((), x.dtype), x)))


def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Largest minus smallest element."""
    return max(x, axis, keepdims) - min(x, axis, keepdims)


def quantile(x: Any, q: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Values below which these shares of the data lie, interpolated between neighbours.

    >>> quantile(np.array([1.0, 2.0, 4.0]), 0.75)
    np.float64(3.0)
    """
    x = as_operand(x)
    if x.dtype.kind != "f":
        x = astype(x, np.float64)
    axes = axes_of(axis, x.ndim)
    kept = [a for a in range(x.ndim) if a not in axes]
    last = views.transpose(x, (*kept, *axes))
    lines = indexing.sort(views.reshape(last, (*[x.shape[a] for a in kept], -1)))
    place = np.asarray(q) * (lines.shape[-1] - 1)
    below = np.floor(place).astype(np.intp)
    above = np.ceil(place).astype(np.intp)
    share = (place - below).astype(x.dtype)
    low, high = lines[..., below], lines[..., above]
    value = low + (high - low) * share
    value = where(
        reductions.any(isnan(lines), -1, True) if np.ndim(q) else isnan(lines[..., -1]),
        np.asarray(np.nan, x.dtype),
        value,
    )
    if np.ndim(q):
        value = views.moveaxis(value, -1, 0)
    if keepdims:
        front = value.ndim - len(kept)
        value = views.expand_dims(value, tuple(a + front for a in axes))
    return value


def percentile(x: Any, q: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Quantiles, in per cent."""
    return quantile(x, np.asarray(q) / 100, axis, keepdims=keepdims)


def median(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The middle value of the sorted elements (the mean of the two in the middle).

    >>> median(np.array([1.0, 2.0, 10.0]))
    np.float64(2.0)
    """
    return quantile(x, 0.5, axis, keepdims=keepdims)


def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Running sum along an axis; ``include_initial`` puts a 0 in front.

    >>> cumulative_sum(np.array([1, 2, 3]), include_initial=True)
    array([0, 1, 3, 6])
    """
    return _cumulative(cumsum, 0, x, axis, dtype, include_initial)


def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Running product along an axis; ``include_initial`` puts a 1 in front."""
    return _cumulative(cumprod, 1, x, axis, dtype, include_initial)


def _cumulative(run: Any, first: int, x: Any, axis: Any, dtype: Any, include_initial: bool) -> Any:
    x = as_operand(x)
    if not x.ndim:
        x = views.reshape(x, (1,))
    if axis is None and x.ndim > 1:
        raise ValueError(f"a running sum or product over shape {x.shape} needs axis=")
    axis = one_axis(0 if axis is None else axis, x.ndim)
    running = run(x, axis, dtype)
    if not include_initial:
        return running
    shape = tuple(1 if a == axis else n for a, n in enumerate(running.shape))
    return as_array(views.concatenate([np.full(shape, first, running.dtype), running], axis))


def diff(x: Any, /, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Differences of neighbours along an axis, ``n`` times over.

    >>> diff(np.array([1.0, 2.0, 4.0]))
    array([1., 2.])
    """
    x = as_operand(x)
    axis = one_axis(axis, x.ndim)
    ends = [_end(prepend, x, axis), x, _end(append, x, axis)]
    x = concatenate([end for end in ends if end is not None], axis) if n else x
    whole = (slice(None),) * axis
    for _ in range(n):
        later, earlier = x[(*whole, slice(1, None))], x[(*whole, slice(-1))]
        x = not_equal(later, earlier) if x.dtype.kind == "b" else later - earlier
    return x


def _end(values: Any, x: Any, axis: int) -> Any:
    if values is None:
        return None
    values = as_operand(values)
    if not values.ndim:
        values = views.broadcast_to(values, [1 if a == axis else n for a, n in enumerate(x.shape)])
    return values


def count_nonzero(x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
    """How many elements along these axes are not zero.

    >>> count_nonzero(np.array([0, 1, 2]))
    np.int64(2)
    """
    return reductions.sum(not_equal(as_operand(x), 0), axis, np.intp, keepdims)


def cov(x: Any, rowvar: bool = True, bias: bool = False, ddof: int | None = None) -> Any:
    """Covariance matrix of the variables in the rows (in the columns: ``rowvar=False``)."""
    x = as_operand(x)
    rows = views.reshape(x, (1, -1)) if x.ndim < 2 else x if rowvar else views.transpose(x)
    centred = rows - reductions.mean(rows, 1, None, True)
    missing = (0 if bias else 1) if ddof is None else ddof
    product = (centred @ views.transpose(centred)) / (rows.shape[1] - missing)
    return views.squeeze(product) if x.ndim < 2 else product


def corrcoef(x: Any, rowvar: bool = True) -> Any:
    """Correlation coefficients of variables, see ``cov``."""
    together = cov(x, rowvar)
    if not together.ndim:
        return together / together
    spread = sqrt(together[np.arange(len(together)), np.arange(len(together))])
    return together / spread[:, None] / spread[None, :]


def gradient(y: Any, *spacing: Any, axis: Any = None) -> Any:
    """Slopes by differences: central inside, one-sided at the ends; a list when axes are several.

    ``spacing`` is the distance of neighbours: one number, or one for each axis.

    >>> gradient(np.array([1.0, 2.0, 4.0]))
    array([1. , 1.5, 2. ])
    """
    y = as_operand(y)
    axes = axes_of(axis, y.ndim)
    steps = spacing * len(axes) if len(spacing) == 1 else spacing or (1.0,) * len(axes)
    slopes = [_slope(y, h, a) for h, a in zip(steps, axes, strict=True)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _slope(y: Any, step: Any, axis: int) -> Any:
    if np.ndim(step):
        raise ValueError("gradient: give the distance of neighbours as a number for each axis")
    line = views.moveaxis(y, axis, 0)
    ends = (line[1:2] - line[:1]) / step, (line[-1:] - line[-2:-1]) / step
    inside = (line[2:] - line[:-2]) / (2 * step)
    return views.moveaxis(concatenate([ends[0], inside, ends[1]]), 0, axis)


__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "average",
    "corrcoef",
    "count_nonzero",
    "cov",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "gradient",
    "max",
    "mean",
    "median",
    "min",
    "percentile",
    "prod",
    "ptp",
    "quantile",
    "std",
    "sum",
    "var",
]
