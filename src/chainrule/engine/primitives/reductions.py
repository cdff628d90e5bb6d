"""Operations that combine elements along axes: sum, product, extremes, and running sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import trace
from ..errors import ShapeError
from ..tensor import Tensor
from ..types import TensorType
from . import elementwise as ew
from . import logic as lg
from .families import Cotangents, Primitive
from .views import (
    Shape,
    axes_of,
    broadcast_in_dim,
    concatenate,
    expand_dims,
    flip,
    moveaxis,
    one_axis,
    reshape,
    shape_of,
)

Rule = Callable[[Any, Any, Any, Shape], Any]


def reduction(
    name: str,
    *,
    numpy: Callable[[Any, Shape], Any],
    vjp: Rule | None = None,
    dtype: Any = None,
    needs_elements: bool = False,
) -> Primitive:
    """A row that combines the elements along ``axes`` into one.

    Parameters
    ----------
    numpy
        ``(array, axes)``, a NumPy reduction without keepdims.
    vjp
        ``(cotangent, y, x, axes) -> cotangent of x``.
    dtype
        Of the result; None keeps the input's.
    needs_elements
        Whether an empty axis is an error (max, min).
    """

    def infer(x: TensorType, axes: Shape) -> TensorType:
        if needs_elements and 0 in [x.shape[a] for a in axes]:
            raise ShapeError(f"{name}: shape {x.shape} has no element along axes {axes}")
        kept = tuple([n for a, n in enumerate(x.shape) if a not in axes])
        return TensorType.of(kept, x.dtype if dtype is None else dtype)

    def pull_back(ct: Any, y: Any, x: Any, axes: Shape) -> Cotangents:
        assert vjp is not None
        return [vjp(ct, y, x, axes)]

    def batch(
        primitive: Primitive, size: int, batched: Any, inputs: Any, params: Any
    ) -> tuple[Any, bool]:
        moved = tuple([a + 1 for a in params["axes"]])
        return trace.apply(primitive, *inputs, axes=moved), True

    return Primitive(
        name, "reduction", infer, lambda x, axes: numpy(x, axes), pull_back if vjp else None, batch
    )


def spread(reduced: Any, x: Any, axes: Shape) -> Any:
    """A reduced array repeated to the shape of ``x``, from which ``axes`` were reduced."""
    kept = tuple([a for a in range(len(shape_of(x))) if a not in axes])
    return broadcast_in_dim(reduced, shape_of(x), kept)


def _extreme_vjp(ct: Any, y: Any, x: Any, axes: Shape) -> Any:
    """The cotangent goes to the extreme element; where several tie, in equal shares."""
    chosen = lg.convert_to(lg.equal(x, spread(y, x, axes)), x)
    share = chosen / spread(trace.apply(sum_row, chosen, axes=axes), x, axes)
    return ew.chain_product(spread(ct, x, axes), share)


def _prod_vjp(ct: Any, y: Any, x: Any, axes: Shape) -> Any:
    """d prod / dx_i is the product of the others: those before times those after; zeros may be."""
    ndim = len(shape_of(x))
    kept = [a for a in range(ndim) if a not in axes]
    order = (*kept, *axes)
    moved = moveaxis(x, order, tuple(range(ndim)))
    flat = reshape(moved, (*[shape_of(x)[a] for a in kept], -1 if shape_of(x).count(0) == 0 else 0))
    before = _product_before(flat)
    after = flip(_product_before(flip(flat, -1)), -1)
    others = moveaxis(reshape(before * after, shape_of(moved)), tuple(range(ndim)), order)
    return ew.chain_product(spread(ct, x, axes), others)


def _product_before(x: Any) -> Any:
    """Along the last axis: the product of all earlier elements, 1 for the first."""
    one = lg.ones_like(x[..., :1])
    return trace.apply(cumprod_row, concatenate([one, x[..., :-1]], -1), axis=len(shape_of(x)) - 1)


def _reducing(ufunc: Any) -> Callable[[Any, Shape], Any]:
    """The ufunc's reduction in its input's dtype; NumPy would widen short integers."""
    return lambda x, axes: ufunc.reduce(x, axes, getattr(x, "dtype", None))


sum_row = reduction("sum", numpy=_reducing(np.add), vjp=lambda ct, y, x, axes: spread(ct, x, axes))
prod_row = reduction("prod", numpy=_reducing(np.multiply), vjp=_prod_vjp)
max_row = reduction("max", numpy=np.maximum.reduce, vjp=_extreme_vjp, needs_elements=True)
min_row = reduction("min", numpy=np.minimum.reduce, vjp=_extreme_vjp, needs_elements=True)
any_row = reduction("any", numpy=np.logical_or.reduce, dtype=np.bool_)
all_row = reduction("all", numpy=np.logical_and.reduce, dtype=np.bool_)

# -- the place of an extreme -------------------------------------------------------------------


def _infer_place(x: TensorType, axis: int) -> TensorType:
    if x.shape[axis] == 0:
        raise ShapeError(f"argmax, argmin: shape {x.shape} has no element along axis {axis}")
    return TensorType.of(x.shape[:axis] + x.shape[axis + 1 :], np.intp)


def batch_axis(
    primitive: Primitive, size: int, batched: Any, inputs: Any, params: Any
) -> tuple[Any, bool]:
    """Batching for rows that work along one ``axis``."""
    return trace.apply(primitive, *inputs, **{**params, "axis": params["axis"] + 1}), True


argmax_row = Primitive(
    "argmax", "reduction", _infer_place, lambda x, axis: np.argmax(x, axis), None, batch_axis
)
argmin_row = Primitive(
    "argmin", "reduction", _infer_place, lambda x, axis: np.argmin(x, axis), None, batch_axis
)

# -- running sums and products -----------------------------------------------------------------


def _infer_running(x: TensorType, axis: int) -> TensorType:
    return x


def _cumprod_vjp(ct: Any, y: Any, x: Any, axis: int) -> Cotangents:
    """dx_i = (product before i) s_i, with s_i = ct_i + x_(i+1) s_(i+1): no division by zeros."""
    from .scan import scan

    def step(later: Any, here: Any) -> Any:
        cotangent, following = here
        total = cotangent + following * later
        return total, total

    last_first = moveaxis(x, axis, 0)
    following = concatenate([last_first[1:], lg.zeros_like(last_first[:1])], 0)
    cts = moveaxis(ct, axis, 0)
    nothing = np.zeros(shape_of(cts)[1:], cts.dtype)
    _, totals = scan(step, nothing, (cts, following), reverse=True)
    before = moveaxis(_product_before(moveaxis(x, axis, -1)), -1, axis)
    return [before * moveaxis(totals, 0, axis)]


cumsum_row: Primitive = Primitive(
    "cumsum",
    "reduction",
    _infer_running,
    lambda x, axis: np.add.accumulate(x, axis, x.dtype),
    lambda ct, y, x, axis: [flip(trace.apply(cumsum_row, flip(ct, axis), axis=axis), axis)],
    batch_axis,
)
cumprod_row = Primitive(
    "cumprod",
    "reduction",
    _infer_running,
    lambda x, axis: np.multiply.accumulate(x, axis, x.dtype),
    _cumprod_vjp,
    batch_axis,
)

# -- functions ---------------------------------------------------------------------------------


def _reduce(row: Primitive, x: Any, axis: Any, keepdims: bool) -> Any:
    axes = axes_of(axis, len(shape_of(x)))
    result = trace.apply(row, x, axes=axes)
    return expand_dims(result, axes) if keepdims and axes else result


def _summable(x: Any, dtype: Any) -> Any:
    """Sums and products of booleans and short integers are 64 bits wide, as in NumPy."""
    if dtype is None:
        kind = x.dtype
        if kind.kind == "b" or (kind.kind == "i" and kind.itemsize < 8):
            dtype = np.int64
        elif kind.kind == "u" and kind.itemsize < 8:
            dtype = np.uint64
    return x if dtype is None else lg.astype(x, dtype)


def as_operand(x: Any) -> Any:
    """A tensor as it is; anything else as an array."""
    return x if isinstance(x, Tensor) else np.asanyarray(x)


def sum(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Sum of the elements along these axes (all of them when None)."""
    return _reduce(sum_row, _summable(as_operand(x), dtype), axis, keepdims)


def prod(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Product of the elements along these axes (all of them when None)."""
    return _reduce(prod_row, _summable(as_operand(x), dtype), axis, keepdims)


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Largest element along these axes; its derivative is shared among ties."""
    return _reduce(max_row, as_operand(x), axis, keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Smallest element along these axes; its derivative is shared among ties."""
    return _reduce(min_row, as_operand(x), axis, keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether an element along these axes is true."""
    return _reduce(any_row, lg.astype(as_operand(x), np.bool_), axis, keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether all elements along these axes are true."""
    return _reduce(all_row, lg.astype(as_operand(x), np.bool_), axis, keepdims)


def _place(row: Primitive, x: Any, axis: int | None, keepdims: bool) -> Any:
    x = as_operand(x)
    ndim = len(shape_of(x))
    if axis is None:
        place = trace.apply(row, reshape(x, (-1,)), axis=0)
        return reshape(place, (1,) * ndim) if keepdims else place
    axis = one_axis(axis, ndim)
    place = trace.apply(row, x, axis=axis)
    return expand_dims(place, axis) if keepdims else place


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Index of the (first) largest element, in the flattened array when axis is None."""
    return _place(argmax_row, x, axis, keepdims)


def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Index of the (first) smallest element, in the flattened array when axis is None."""
    return _place(argmin_row, x, axis, keepdims)


def _running(row: Primitive, x: Any, axis: int | None, dtype: Any) -> Any:
    x = _summable(as_operand(x), dtype)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    return trace.apply(row, x, axis=one_axis(axis, len(shape_of(x))))


def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Running sum along an axis (of the flattened array when None)."""
    return _running(cumsum_row, x, axis, dtype)


def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Running product along an axis (of the flattened array when None)."""
    return _running(cumprod_row, x, axis, dtype)


def mean(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Arithmetic mean along these axes."""
    if not isinstance(x, Tensor):
        return np.mean(x, axis, dtype, keepdims=keepdims)
    if dtype is None and not x.type.is_float:
        dtype = np.float64
    axes = axes_of(axis, x.ndim)
    count = 1
    for a in axes:
        count *= x.shape[a]
    total = trace.apply(sum_row, x if dtype is None else lg.astype(x, dtype), axes=axes)
    return (expand_dims(total, axes) if keepdims and axes else total) / (count or np.nan)
