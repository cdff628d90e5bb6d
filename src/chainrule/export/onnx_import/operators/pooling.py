"""The largest, the mean, the norm of each window."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from .... import numpy as cnp
from ....numpy import power, take_along_axis
from .common import by_name, integers, limits
from .shapes import pad
from .windows import grid, image_axes


def MaxPool(x, *, kernel_shape, storage_order=0, outputs=1, **settings):
    """max over each window; the second output has its place in the flattened input."""
    places = grid(x.shape[2:], kernel_shape, **settings)
    lowest, _ = limits(x.dtype)
    seen = places.elements(x, lowest)
    if outputs == 1:
        return seen.max(-1)
    count = math.prod(x.shape[2:])
    order = "F" if storage_order else "C"
    number = np.arange(count).reshape(x.shape[2:], order=order)
    numbers = places.elements(number[None, None])
    which = cnp.argmax(seen, -1, keepdims=True)
    images = math.prod(x.shape[:2])
    start = count * np.arange(images).reshape((*x.shape[:2], *[1] * (x.ndim - 2)))
    return seen.max(-1), start + take_along_axis(numbers, which, -1)[..., 0]


def AveragePool(x, *, kernel_shape, ceil_mode=0, count_include_pad=0, **settings):
    """The mean of each window; of its elements inside, or with the padding."""
    lengths = x.shape[2:]
    places = grid(lengths, kernel_shape, ceil_mode=ceil_mode, **settings)
    counted = np.ones((1, 1, *lengths), x.dtype)
    counts = places
    if count_include_pad:  # but never what ceil_mode adds to the padding
        asked = grid(lengths, kernel_shape, **settings).ends
        counted = pad(counted, [(0, 0), (0, 0), *asked], 1)
        more = [(0, b - d) for (_, b), (_, d) in zip(places.ends, asked, strict=True)]
        counts = replace(places, ends=more)
    return places.elements(x).sum(-1) / counts.elements(counted).sum(-1)


def LpPool(x, *, kernel_shape, p=2, **settings):
    """(Σ |x|ᵖ)^(1/p) of each window."""
    seen = grid(x.shape[2:], kernel_shape, **settings).elements(x)
    return power(power(abs(seen), p).sum(-1), 1 / p)


def GlobalAveragePool(x):
    """The mean of each channel."""
    return cnp.mean(x, image_axes(x), keepdims=True)


def GlobalMaxPool(x):
    """The largest element of each channel."""
    return cnp.max(x, image_axes(x), keepdims=True)


def GlobalLpPool(x, *, p=2):
    """(Σ |x|ᵖ)^(1/p) of each channel."""
    total = cnp.sum(power(abs(x), p), image_axes(x), keepdims=True)
    return power(total, 1 / p)


def MaxUnpool(x, places, output_shape=None, *, kernel_shape, pads=None, strides=None):
    """Each element at the place where MaxPool found it, zeros elsewhere."""
    width = len(kernel_shape)
    steps, ends = strides or [1] * width, pads or [0] * (2 * width)
    shape = list(x.shape)
    for i, size in enumerate(kernel_shape):
        reach = (shape[2 + i] - 1) * steps[i] + size
        shape[2 + i] = reach - ends[i] - ends[width + i]
    whole = shape if output_shape is None else integers(output_shape, "MaxUnpool")
    where = np.unravel_index(places.reshape(-1), shape)
    return cnp.zeros(whole, x.dtype).at[where].set(x.reshape(-1))


OPERATORS = by_name(
    AveragePool,
    GlobalAveragePool,
    GlobalLpPool,
    GlobalMaxPool,
    LpPool,
    MaxPool,
    MaxUnpool,
)
