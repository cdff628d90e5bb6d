"""Matrix products and convolutions: windows of the input, then sums of products."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import numpy as cnp
from ....engine import trace
from ....engine.primitives.contraction import einsum_row
from ....engine.primitives.reductions import as_operand
from ....engine.primitives.views import pad_row
from .common import by_name
from .windows import ends_of, padded, windows


def Gemm(
    a: Any,
    b: Any,
    c: Any = None,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,
    transB: int = 0,
) -> Any:
    """α A B + β C; A and B transposed where asked for."""
    a = cnp.transpose(a) if transA else a
    b = cnp.transpose(b) if transB else b
    product = cnp.matmul(a, b)
    product = product if alpha == 1 else alpha * product
    if c is None:
        return product
    return product + (c if beta == 1 else beta * as_operand(c))


def Einsum(*arrays: Any, equation: str) -> Any:
    """Sums of products by letters."""
    return cnp.einsum(equation.replace(" ", ""), *arrays)


def Conv(
    x: Any,
    w: Any,
    bias: Any = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: Any = None,
    group: int = 1,
    kernel_shape: Any = None,
    pads: Any = None,
    strides: Any = None,
) -> Any:
    """y[n, f, p] = Σ_c,k x[n, c, p·stride + k·dilation] w[f, c, k] + bias[f], within each group."""
    x, w = as_operand(x), as_operand(w)
    kernel = w.shape[2:]
    ends = ends_of(x.shape[2:], kernel, auto_pad, pads, strides, dilations)
    seen = windows(padded(x, ends, 0), kernel, strides, dilations)
    width = len(kernel)
    out, inner = "hijk"[:width], "HIJK"[:width]
    if group == 1:
        y = _sum(f"Nc{out}{inner},zc{inner}->Nz{out}", seen, w)
    else:
        seen = cnp.reshape(seen, (seen.shape[0], group, -1, *seen.shape[2:]))
        w = cnp.reshape(w, (group, -1, *w.shape[1:]))
        y = _sum(f"Ngc{out}{inner},gzc{inner}->Ngz{out}", seen, w)
        y = cnp.reshape(y, (y.shape[0], -1, *y.shape[3:]))
    return y if bias is None else y + _column(bias, width)


def ConvTranspose(
    x: Any,
    w: Any,
    bias: Any = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: Any = None,
    group: int = 1,
    kernel_shape: Any = None,
    output_padding: Any = None,
    output_shape: Any = None,
    pads: Any = None,
    strides: Any = None,
) -> Any:
    """The derivative of Conv by its input: a Conv of x spread by the strides, w turned around."""
    x, w = as_operand(x), as_operand(w)
    width = x.ndim - 2
    step, gap = (list(v or [1] * width) for v in (strides, dilations))
    reach = [(k - 1) * d for k, d in zip(w.shape[2:], gap, strict=True)]
    more = list(output_padding or [0] * width)
    full = [(n - 1) * s + 1 + r for n, s, r in zip(x.shape[2:], step, reach, strict=True)]
    if output_shape is not None:
        ends = [f + m - n for f, m, n in zip(full, more, output_shape[-width:], strict=True)]
        cut = _halves(ends, upper=auto_pad == "SAME_UPPER")
    elif auto_pad.startswith("SAME"):
        ends = [f + m - n * s for f, m, n, s in zip(full, more, x.shape[2:], step, strict=True)]
        cut = _halves(ends, upper=auto_pad == "SAME_UPPER")
    else:
        given = list(pads or [0] * 2 * width)
        cut = list(zip(given[:width], given[width:], strict=True))
    spread = trace.apply(
        pad_row,
        x,
        before=(0,) * x.ndim,
        after=(0,) * x.ndim,
        between=(0, 0, *[s - 1 for s in step]),
    )
    ends = [(r - a, r - b + m) for r, (a, b), m in zip(reach, cut, more, strict=True)]
    turned = cnp.flip(w, tuple(range(2, w.ndim)))
    turned = cnp.reshape(turned, (group, -1, *w.shape[1:]))
    kernels = cnp.reshape(cnp.swapaxes(turned, 1, 2), (-1, w.shape[0] // group, *w.shape[2:]))
    flat = [low for low, _ in ends] + [high for _, high in ends]
    return Conv(spread, kernels, bias, dilations=dilations, group=group, pads=flat)


def _halves(totals: list[int], upper: bool) -> list[tuple[int, int]]:
    """Each number in two parts, the larger one last ("upper") or first."""
    parts = [(n // 2, n - n // 2) for n in totals]
    return parts if upper else [(b, a) for a, b in parts]


def _sum(spec: str, a: Any, b: Any) -> Any:
    dtype = np.result_type(a.dtype, b.dtype)
    return trace.apply(einsum_row, cnp.astype(a, dtype), cnp.astype(b, dtype), spec=spec)


def _column(values: Any, width: int) -> Any:
    return cnp.reshape(as_operand(values), (-1,) + (1,) * width)


OPERATORS: dict[str, Any] = {
    "MatMul": cnp.matmul,
    **by_name(Conv, ConvTranspose, Einsum, Gemm),
}
