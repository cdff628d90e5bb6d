"""The largest, the mean, the norm of each window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .... import numpy as cnp
from ....engine.primitives.reductions import as_operand
from .common import by_name, integers
from .windows import ends_of, padded, windows


def MaxPool(
    x: Any,
    *,
    kernel_shape: Any,
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    dilations: Any = None,
    pads: Any = None,
    storage_order: int = 0,
    strides: Any = None,
    outputs: int = 1,
) -> Any:
    """max over each window; the second output has its place in the flattened input."""
    x = as_operand(x)
    lengths = x.shape[2:]
    ends = ends_of(lengths, kernel_shape, auto_pad, pads, strides, dilations, ceil_mode)
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    seen = _flat(windows(padded(x, ends, lowest), kernel_shape, strides, dilations), lengths)
    if outputs == 1:
        return cnp.max(seen, -1)
    order = "F" if storage_order else "C"
    number = np.arange(math.prod(lengths)).reshape(lengths, order=order)[None, None]
    number = _flat(windows(padded(number, ends, 0), kernel_shape, strides, dilations), lengths)
    which = cnp.argmax(seen, -1)
    place = cnp.take_along_axis(number, cnp.expand_dims(which, -1), -1)[..., 0]
    image = np.arange(math.prod(x.shape[:2])).reshape((*x.shape[:2], *[1] * len(lengths)))
    return cnp.max(seen, -1), place + image * math.prod(lengths)


def AveragePool(
    x: Any,
    *,
    kernel_shape: Any,
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    count_include_pad: int = 0,
    dilations: Any = None,
    pads: Any = None,
    strides: Any = None,
) -> Any:
    """The mean of each window; of its elements inside, or with the padding."""
    x = as_operand(x)
    lengths = x.shape[2:]
    ends = ends_of(lengths, kernel_shape, auto_pad, pads, strides, dilations, ceil_mode)
    total = cnp.sum(
        _flat(windows(padded(x, ends, 0), kernel_shape, strides, dilations), lengths), -1
    )
    inside = np.ones((1, 1, *lengths), x.dtype)
    if count_include_pad:  # the padding counts, what ceil_mode adds to it does not
        given = ends_of(lengths, kernel_shape, auto_pad, pads, strides, dilations)
        inside = padded(inside, given, 1)
        ends = [(0, b - d) for (_, b), (_, d) in zip(ends, given, strict=True)]
    counted = windows(padded(inside, ends, 0), kernel_shape, strides, dilations)
    return total / cnp.sum(_flat(counted, lengths), -1)


def LpPool(
    x: Any,
    *,
    kernel_shape: Any,
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    dilations: Any = None,
    p: int = 2,
    pads: Any = None,
    strides: Any = None,
) -> Any:
    """(Σ |x|ᵖ)^(1/p) of each window."""
    x = as_operand(x)
    lengths = x.shape[2:]
    ends = ends_of(lengths, kernel_shape, auto_pad, pads, strides, dilations, ceil_mode)
    seen = _flat(windows(padded(x, ends, 0), kernel_shape, strides, dilations), lengths)
    return cnp.power(cnp.sum(cnp.power(cnp.abs(seen), p), -1), 1 / p)


def GlobalAveragePool(x: Any) -> Any:
    """The mean of each channel."""
    return cnp.mean(x, _image_axes(x), keepdims=True)


def GlobalMaxPool(x: Any) -> Any:
    """The largest element of each channel."""
    return cnp.max(x, _image_axes(x), keepdims=True)


def GlobalLpPool(x: Any, *, p: int = 2) -> Any:
    """(Σ |x|ᵖ)^(1/p) of each channel."""
    return cnp.power(cnp.sum(cnp.power(cnp.abs(x), p), _image_axes(x), keepdims=True), 1 / p)


def MaxUnpool(
    x: Any,
    places: Any,
    output_shape: Any = None,
    *,
    kernel_shape: Any,
    pads: Any = None,
    strides: Any = None,
) -> Any:
    """Each element at the place where MaxPool found it, zeros elsewhere."""
    x = as_operand(x)
    width = len(kernel_shape)
    step, ends = strides or [1] * width, pads or [0] * 2 * width
    sizes = [
        (n - 1) * step[i] + kernel_shape[i] - ends[i] - ends[width + i]
        for i, n in enumerate(x.shape[2:])
    ]
    shape = (*x.shape[:2], *sizes)
    whole = shape if output_shape is None else tuple(integers(output_shape, "MaxUnpool"))
    where = np.unravel_index(cnp.ravel(places), shape)
    return cnp.zeros(whole, x.dtype).at[where].set(cnp.ravel(x))


def _flat(seen: Any, lengths: Any) -> Any:
    """Windows with one axis for all of their elements."""
    return cnp.reshape(seen, (*seen.shape[: 2 + len(lengths)], -1))


def _image_axes(x: Any) -> tuple[int, ...]:
    return tuple(range(2, cnp.ndim(x)))


OPERATORS = by_name(
    AveragePool, GlobalAveragePool, GlobalLpPool, GlobalMaxPool, LpPool, MaxPool, MaxUnpool
)
