"""Sums, means and extremes that leave out NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.primitives import reductions
from ..engine.primitives.elementwise import square
from ..engine.primitives.logic import isnan, logical_not, where
from ..engine.primitives.reductions import as_operand
from .statistics import mean, prod, root, sum


def _present(x: Any) -> Any:
    return logical_not(isnan(x))


def nansum(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Sum of what is not NaN.

    >>> nansum(np.array([1.0, np.nan, 2.0]))
    np.float64(3.0)
    """
    return sum(x, axis, dtype, keepdims, where=_present(x))


def nanprod(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Product of what is not NaN."""
    return prod(x, axis, dtype, keepdims, where=_present(x))


def nanmean(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Mean of what is not NaN.

    >>> nanmean(np.array([1.0, np.nan, 2.0]))
    np.float64(1.5)
    """
    return mean(x, axis, dtype, keepdims, where=_present(x))


def nanvar(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Variance of what is not NaN."""
    x = as_operand(x)
    present = _present(x)
    apart = where(present, x - nanmean(x, axis, None, True), np.zeros((), x.dtype))
    count = reductions.sum(present, axis, None, keepdims)
    return reductions.sum(square(apart), axis, None, keepdims) / (count - ddof)


def nanstd(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Standard deviation of what is not NaN; where that is 0 its derivative is 0."""
    return root(nanvar(x, axis, ddof, keepdims))


def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Largest element that is not NaN; NaN where there is none."""
    return _extreme(reductions.max, -np.inf, x, axis, keepdims)


def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Smallest element that is not NaN; NaN where there is none."""
    return _extreme(reductions.min, np.inf, x, axis, keepdims)


def _extreme(row: Any, worst: float, x: Any, axis: Any, keepdims: bool) -> Any:
    x = as_operand(x)
    found = row(where(isnan(x), x.dtype.type(worst), x), axis, keepdims)
    empty = reductions.all(isnan(x), axis, keepdims)
    return where(empty, x.dtype.type(np.nan), found)


def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Running sum in which NaN counts as 0."""
    x = as_operand(x)
    return reductions.cumsum(where(isnan(x), np.zeros((), x.dtype), x), axis, dtype)


__all__ = [
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]
