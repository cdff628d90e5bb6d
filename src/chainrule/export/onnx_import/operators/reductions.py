"""Sums, means, extremes and their places along axes."""

from __future__ import annotations

import numpy as np

from .... import numpy as cnp
from ....engine.primitives.calls import stop_gradient
from ....numpy import astype, concatenate, exp, flip, log, moveaxis, sqrt, square, where
from .common import axes_or_all, by_name, integers, limits


def reduction(formula):
    """An operator from ``formula(x, axes)``, which keeps the axes with length 1."""

    def reduce(x, axes=None, *, keepdims=1, noop_with_empty_axes=0):
        if axes is None or np.size(axes) == 0:
            axes = () if noop_with_empty_axes else None
        along = axes_or_all(axes, x.ndim)
        result = astype(formula(x, along), x.dtype)
        return result if keepdims else cnp.squeeze(result, along)

    return reduce


def _sum(x, axes):
    return cnp.sum(x, axes, keepdims=True)


def _log_sum_exp(x, axes):
    """ln Σ eˣ, the largest x taken out so that nothing overflows."""
    zero = np.zeros((), x.dtype)
    top = stop_gradient(_largest(x, axes))
    top = where(cnp.isfinite(top), top, zero)
    return log(_sum(exp(x - top), axes)) + top


def _largest(x, axes):
    """Of no elements: what is smaller than all others."""
    return cnp.max(x, axes, keepdims=True) if x.size else _neutral(x, axes, 0)


def _smallest(x, axes):
    return cnp.min(x, axes, keepdims=True) if x.size else _neutral(x, axes, 1)


def _neutral(x, axes, end):
    shape = [1 if axis in axes else n for axis, n in enumerate(x.shape)]
    return np.full(shape, limits(x.dtype)[end], x.dtype)


def place(of):
    """An operator that finds the place of an extreme along one axis."""

    def find(x, *, axis=0, keepdims=1, select_last_index=0):
        if not select_last_index:
            return of(x, axis, keepdims=bool(keepdims))
        from_behind = of(flip(x, axis), axis, keepdims=bool(keepdims))
        return x.shape[axis] - 1 - from_behind

    return find


def running(run, neutral):
    """An operator of running sums or products; ``exclusive`` leaves out the element itself."""

    def along(x, axis, *, exclusive=0, reverse=0):
        (line,) = integers(axis, "the axis of a running sum")
        x = flip(x, line) if reverse else x
        if exclusive:
            front = moveaxis(x, line, 0)
            first = np.full((1, *front.shape[1:]), neutral, x.dtype)
            x = moveaxis(concatenate([first, front[:-1]]), 0, line)
        result = astype(run(x, line), x.dtype)
        return flip(result, line) if reverse else result

    return along


def ReduceL1(x, axes):
    """Σ |x|."""
    return _sum(abs(x), axes)


def ReduceL2(x, axes):
    """√Σ x²."""
    return sqrt(_sum(square(x), axes))


def ReduceLogSum(x, axes):
    """ln Σ x."""
    return log(_sum(x, axes))


def ReduceMean(x, axes):
    """Σ x / count."""
    return cnp.mean(x, axes, keepdims=True)


def ReduceProd(x, axes):
    """Π x."""
    return cnp.prod(x, axes, keepdims=True)


def ReduceSumSquare(x, axes):
    """Σ x²."""
    return _sum(square(x), axes)


FORMULAS = {
    "ReduceLogSumExp": _log_sum_exp,
    "ReduceMax": _largest,
    "ReduceMin": _smallest,
    "ReduceSum": _sum,
    **by_name(ReduceL1, ReduceL2, ReduceLogSum, ReduceMean, ReduceProd, ReduceSumSquare),
}

OPERATORS = {
    **{name: reduction(formula) for name, formula in FORMULAS.items()},
    "ArgMax": place(cnp.argmax),
    "ArgMin": place(cnp.argmin),
    "CumProd": running(cnp.cumprod, 1),
    "CumSum": running(cnp.cumsum, 0),
}
