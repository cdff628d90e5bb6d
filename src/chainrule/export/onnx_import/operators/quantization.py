"""Numbers as small integers: x ≈ scale · (q - zero). Rounding has derivative 0."""

from __future__ import annotations

import numpy as np

from .... import numpy as cnp
from ....numpy import astype, matmul, rint
from ..reading import dtype_of
from .casting import known
from .common import by_name
from .products import Conv
from .windows import as_column


def QuantizeLinear(
    x, scale, zero=None, *, axis=1, block_size=0, output_dtype=0, precision=0, saturate=1
):
    """q = x / scale + zero, to the nearest integer (halves to the even one) that its dtype has."""
    asked = dtype_of(output_dtype) if output_dtype else np.dtype(np.uint8)
    dtype = asked if zero is None else zero.dtype
    ends = np.iinfo(known(dtype))
    q = rint(x / _along(scale, x, axis, block_size))
    if zero is not None:
        q = q + astype(_along(zero, x, axis, block_size), q.dtype)
    return astype(cnp.clip(q, ends.min, ends.max), dtype)


def DequantizeLinear(q, scale, zero=None, *, axis=1, block_size=0, output_dtype=0):
    """x = scale · (q - zero)."""
    x = astype(q, np.float32)
    if zero is not None:
        x = x - astype(_along(zero, q, axis, block_size), np.float32)
    x = x * _along(scale, q, axis, block_size)
    return astype(x, dtype_of(output_dtype) if output_dtype else scale.dtype)


def _along(values, x, axis, block_size):
    """One value for all, one for each place of an axis, or one for each block of places."""
    if values.size == 1:
        return values.reshape(())
    if values.ndim == 1:
        shape = [1] * x.ndim
        shape[axis] = -1
        return values.reshape(tuple(shape))
    return cnp.take(cnp.repeat(values, block_size, axis), np.arange(x.shape[axis]), axis)


def MatMulInteger(a, b, a_zero=None, b_zero=None):
    """(A - zeros of its rows) (B - zeros of its columns), in 32 bits."""
    a, b = astype(a, np.int32), astype(b, np.int32)
    if a_zero is not None:
        a = a - astype(a_zero.reshape((-1, 1)) if a_zero.ndim == 1 else a_zero, np.int32)
    return matmul(a, b if b_zero is None else b - astype(b_zero, np.int32))


def ConvInteger(x, w, x_zero=None, w_zero=None, **settings):
    """Conv of (x - zero) and (w - zeros), in 32 bits."""
    x, w = astype(x, np.int32), astype(w, np.int32)
    x = x if x_zero is None else x - astype(x_zero.reshape(()), np.int32)
    if w_zero is not None:
        zeros = w_zero.reshape((-1,) + (1,) * (w.ndim - 1))
        w = w - astype(zeros, np.int32)
    return Conv(x, w, **settings)


def QLinearMatMul(a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero):
    """The product of what a and b stand for, quantised again."""
    total = MatMulInteger(a, b, a_zero, b_zero)
    return QuantizeLinear(total * (a_scale * b_scale), y_scale, y_zero)


def QLinearConv(x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias=None, **settings):
    """The Conv of what x and w stand for, quantised again; the bias is in units of both scales."""
    total = ConvInteger(x, w, x_zero, w_zero, **settings)
    total = total if bias is None else total + as_column(bias, total)
    scale = x_scale.reshape(()) * w_scale
    scale = as_column(scale, total) if scale.ndim else scale
    return QuantizeLinear(total * scale, y_scale, y_zero)


OPERATORS = by_name(
    ConvInteger,
    DequantizeLinear,
    MatMulInteger,
    QLinearConv,
    QLinearMatMul,
    QuantizeLinear,
)
