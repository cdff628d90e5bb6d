"""Sums, means, extremes and their places along axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .... import numpy as cnp
from ....engine.primitives.calls import stop_gradient
from ....engine.primitives.reductions import as_operand
from .common import axes_or_all, by_name


def reduction(formula: Callable[..., Any]) -> Callable[..., Any]:
    """An operator from ``formula(x, axes, keepdims)``; axes are an attribute or an input."""

    def reduce(
        x: Any, axes: Any = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0
    ) -> Any:
        x = as_operand(x)
        none_given = axes is None or np.size(axes) == 0
        if none_given and noop_with_empty_axes:
            return formula(x, (), False)
        chosen = axes_or_all(None if none_given else axes, x.ndim)
        return cnp.astype(formula(x, chosen, bool(keepdims)), x.dtype)

    return reduce


def _log_sum_exp(x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    top = stop_gradient(cnp.max(x, axes, keepdims=True)) if x.size else np.zeros((), x.dtype)
    top = cnp.where(cnp.isfinite(top), top, np.zeros((), x.dtype))
    total = cnp.log(cnp.sum(cnp.exp(x - top), axes, keepdims=True)) + top
    return total if keepdims else cnp.squeeze(total, axes)


def _extreme(of: Callable[..., Any], lowest: bool) -> Callable[..., Any]:
    """The largest or smallest; of no elements, the one that leaves all others as they are."""

    def formula(x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
        if x.size:
            return of(x, axes, keepdims=keepdims)
        if x.dtype.kind == "b":
            return cnp.full(cnp.sum(x, axes, keepdims=keepdims).shape, not lowest)
        limits = np.array([-np.inf, np.inf]) if x.dtype.kind == "f" else np.iinfo(x.dtype)
        ends = limits if x.dtype.kind == "f" else (limits.min, limits.max)
        return cnp.sum(x, axes, keepdims=keepdims) + x.dtype.type(ends[0 if lowest else 1])

    return formula


def place(of: Callable[..., Any]) -> Callable[..., Any]:
    """An operator that finds the place of an extreme along one axis."""

    def find(x: Any, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Any:
        x = as_operand(x)
        if not select_last_index:
            return of(x, axis, keepdims=bool(keepdims))
        from_behind = of(cnp.flip(x, axis), axis, keepdims=bool(keepdims))
        return x.shape[axis] - 1 - from_behind

    return find


def CumSum(x: Any, axis: Any, *, exclusive: int = 0, reverse: int = 0) -> Any:
    """Running sums along an axis; ``exclusive`` leaves out the element itself."""
    return _running(cnp.cumsum, x, axis, exclusive, reverse)


def CumProd(x: Any, axis: Any, *, exclusive: int = 0, reverse: int = 0) -> Any:
    """Running products along an axis; ``exclusive`` leaves out the element itself."""
    return _running(cnp.cumprod, x, axis, exclusive, reverse)


def _running(run: Callable[..., Any], x: Any, axis: Any, exclusive: int, reverse: int) -> Any:
    x = as_operand(x)
    (line,) = axes_or_all(axis, 1)
    x = cnp.flip(x, line) if reverse else x
    if exclusive:
        front = cnp.moveaxis(x, line, 0)
        neutral = np.full((1, *front.shape[1:]), run is cnp.cumprod, x.dtype)
        x = cnp.moveaxis(cnp.concatenate([neutral, front[:-1]]), 0, line)
    result = cnp.astype(run(x, line), x.dtype)
    return cnp.flip(result, line) if reverse else result


OPERATORS: dict[str, Callable[..., Any]] = {
    "ReduceL1": reduction(lambda x, a, k: cnp.sum(cnp.abs(x), a, keepdims=k)),
    "ReduceL2": reduction(lambda x, a, k: cnp.sqrt(cnp.sum(cnp.square(x), a, keepdims=k))),
    "ReduceLogSum": reduction(lambda x, a, k: cnp.log(cnp.sum(x, a, keepdims=k))),
    "ReduceLogSumExp": reduction(_log_sum_exp),
    "ReduceMax": reduction(_extreme(cnp.max, lowest=True)),
    "ReduceMean": reduction(lambda x, a, k: cnp.mean(x, a, keepdims=k)),
    "ReduceMin": reduction(_extreme(cnp.min, lowest=False)),
    "ReduceProd": reduction(lambda x, a, k: cnp.prod(x, a, keepdims=k)),
    "ReduceSum": reduction(lambda x, a, k: cnp.sum(x, a, keepdims=k)),
    "ReduceSumSquare": reduction(lambda x, a, k: cnp.sum(cnp.square(x), a, keepdims=k)),
    "ArgMax": place(cnp.argmax),
    "ArgMin": place(cnp.argmin),
    **by_name(CumProd, CumSum),
}
