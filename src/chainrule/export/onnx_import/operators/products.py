"""Matrix products and convolutions: windows of the input, then sums of products."""

from __future__ import annotations

import numpy as np

from ....engine import trace
from ....engine.primitives.contraction import einsum_row
from ....engine.primitives.views import pad_row
from ....nn.functional import linear
from ....numpy import astype, einsum, flip, matmul, swapaxes
from .common import by_name
from .windows import as_column, grid, halves


def Gemm(a, b, c=None, *, alpha=1.0, beta=1.0, transA=0, transB=0):
    """α A B + β C; A and B transposed where asked for."""
    a = a.T if transA else a
    product = linear(a, b) if transB else matmul(a, b)
    product = product if alpha == 1 else alpha * product
    if c is None:
        return product
    return product + (c if beta == 1 else beta * c)


def Einsum(*arrays, equation):
    """Sums of products by letters."""
    return einsum(equation.replace(" ", ""), *arrays)


def Conv(x, w, bias=None, *, group=1, kernel_shape=None, **settings):
    """y[n, f, p] = Σ_c,k x[n, c, p·stride + k·dilation] w[f, c, k] + bias[f], within each group."""
    kernel = w.shape[2:]
    seen = grid(x.shape[2:], kernel, **settings).windows(x)
    places, inner = "hijk"[: len(kernel)], "HIJK"[: len(kernel)]
    if group == 1:
        y = _contract(f"Nc{places}{inner},zc{inner}->Nz{places}", seen, w)
    else:
        seen = seen.reshape((len(seen), group, -1, *seen.shape[2:]))
        w = w.reshape((group, -1, *w.shape[1:]))
        y = _contract(f"Ngc{places}{inner},gzc{inner}->Ngz{places}", seen, w)
        y = y.reshape((len(y), -1, *y.shape[3:]))
    return y if bias is None else y + as_column(bias, y)


def ConvTranspose(
    x,
    w,
    bias=None,
    *,
    auto_pad="NOTSET",
    dilations=None,
    group=1,
    kernel_shape=None,
    output_padding=None,
    output_shape=None,
    pads=None,
    strides=None,
):
    """The derivative of Conv by its input: a Conv of x spread by the strides, w turned around."""
    width = x.ndim - 2
    steps, gaps = strides or [1] * width, dilations or [1] * width
    more, given = output_padding or [0] * width, pads or [0] * (2 * width)
    lows, highs = [], []
    for i, n in enumerate(x.shape[2:]):
        reach = (w.shape[2 + i] - 1) * gaps[i]
        low, high = given[i], given[width + i]
        full = (n - 1) * steps[i] + 1 + reach + more[i]
        if output_shape is not None:
            low, high = halves(full - output_shape[i - width], auto_pad)
        elif auto_pad not in ("NOTSET", "VALID"):
            low, high = halves(full - n * steps[i], auto_pad)
        lows.append(reach - low)
        highs.append(reach - high + more[i])
    spread = _spread(x, steps)
    kernels = _turned(w, group)
    return Conv(spread, kernels, bias, dilations=dilations, group=group, pads=lows + highs)


def _spread(x, steps):
    """Zeros between the elements, so that they lie ``steps`` apart."""
    none = (0,) * x.ndim
    between = (0, 0, *[step - 1 for step in steps])
    return trace.apply(pad_row, x, before=none, after=none, between=between)


def _turned(w, group):
    """(C, F / group, *kernel) to (F, C / group, *kernel), each kernel turned around."""
    channels, *rest = w.shape
    turned = flip(w, tuple(range(2, w.ndim)))
    apart = turned.reshape((group, channels // group, *rest))
    return swapaxes(apart, 1, 2).reshape((-1, channels // group, *rest[1:]))


def _contract(spec, a, b):
    dtype = np.result_type(a.dtype, b.dtype)
    return trace.apply(einsum_row, astype(a, dtype), astype(b, dtype), spec=spec)


OPERATORS = {
    "MatMul": matmul,
    **by_name(Conv, ConvTranspose, Einsum, Gemm),
}
