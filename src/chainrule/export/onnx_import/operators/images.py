"""Images in other sizes. Along each axis that is linear, so it is a matrix for each axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .... import numpy as cnp
from .common import axes_or_all, bounded, by_name, numbers


def Resize(
    x,
    roi=None,
    scales=None,
    sizes=None,
    *,
    antialias=0,
    axes=None,
    coordinate_transformation_mode="half_pixel",
    cubic_coeff_a=-0.75,
    exclude_outside=0,
    extrapolation_value=0.0,
    keep_aspect_ratio_policy="stretch",
    mode="nearest",
    nearest_mode="round_prefer_floor",
):
    """x sampled at other places of these axes: the nearest element, or a mean of those around.

    Keys, "Cubic convolution interpolation for digital image processing", 1981, for mode "cubic".
    """
    along = axes_or_all(axes, x.ndim)
    old = [x.shape[a] for a in along]
    factors, new = _sizes(old, scales, sizes, keep_aspect_ratio_policy)
    bounded(new)
    parts = _parts(roi, len(along)) if coordinate_transformation_mode == CROP else [(0, 1)] * x.ndim
    kernel = _kernel(mode, cubic_coeff_a)
    for axis, n, factor, m, part in zip(along, old, factors, new, parts, strict=False):
        if factor == 1 and n == m and part == (0, 1):
            continue
        places = _places(coordinate_transformation_mode, n, m, factor, part)
        if mode == "nearest":
            x = cnp.take(x, np.clip(NEAREST[nearest_mode](places), 0, n - 1).astype(int), axis)
        else:
            width = min(factor, 1.0) if antialias else 1.0
            x = _product(x, _matrix(places, n, kernel, width, bool(exclude_outside)), axis)
        if coordinate_transformation_mode == CROP:
            outside = ((places < 0) | (places > n - 1)).reshape(-1, *[1] * (x.ndim - 1 - axis))
            x = cnp.where(outside, np.asarray(extrapolation_value, x.dtype), x)
    return x


CROP = "tf_crop_and_resize"


def Upsample(x, scales, *, mode="nearest"):
    """Resize as it was first: from the corner of each element."""
    settings = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return Resize(x, None, scales, mode=mode, **settings)


# -- where, in the old array, each element of the new one lies -----------------------------------


def _places(mode, n, m, factor, part):
    """n elements become m; ``factor`` · n need not be a whole number."""
    i = np.arange(m, dtype=np.float64)
    length = factor * n
    first, last = part
    match mode:
        case "asymmetric":
            return i / factor
        case "align_corners":
            return i * ((n - 1) / (length - 1) if length != 1 else 0)
        case "pytorch_half_pixel" if length == 1:
            return i - 0.5
        case "half_pixel_symmetric":
            return n / 2 * (1 - m / length) + (i + 0.5) / factor - 0.5
        case "tf_crop_and_resize" if length == 1:
            return i + (first + last) * (n - 1) / 2
        case "tf_crop_and_resize":
            return first * (n - 1) + i * (last - first) * (n - 1) / (length - 1)
    return (i + 0.5) / factor - 0.5


NEAREST: dict[str, Callable[[Any], Any]] = {
    "ceil": np.ceil,
    "floor": np.floor,
    "round_prefer_ceil": lambda x: np.floor(x + 0.5),
    "round_prefer_floor": lambda x: np.ceil(x - 0.5),
}


def _sizes(old, scales, sizes, policy):
    """Factors and new lengths, from whichever is given."""
    if sizes is None or not np.size(sizes):
        factors = [float(f) for f in numbers(scales, "Resize")]
        return factors, [int(f * n) for f, n in zip(factors, old, strict=True)]
    new = [int(n) for n in numbers(sizes, "Resize")]
    factors = [m / n for m, n in zip(new, old, strict=True)]
    if policy == "stretch":
        return factors, new
    factor = min(factors) if policy == "not_larger" else max(factors)
    return [factor] * len(old), [int(factor * n + 0.5) for n in old]


def _parts(roi, width):
    """The part of each axis that is wanted, as shares of its length."""
    ends = [float(v) for v in numbers(roi, "Resize")]
    return list(zip(ends[:width], ends[width:], strict=True))


# -- the matrix ----------------------------------------------------------------------------------


def _kernel(mode, a):
    """The weight of an element at a distance."""
    if mode != "cubic":
        return lambda t: np.maximum(0, 1 - np.abs(t))

    def cubic(t):
        t = np.abs(t)
        near = ((a + 2) * t - (a + 3)) * t**2 + 1
        return np.where(t <= 1, near, np.where(t < 2, ((t - 5) * t + 8) * t * a - 4 * a, 0))

    return cubic


def _matrix(places, n, kernel, width, inside_only):
    """Weights (new, old); beyond the ends the last elements go on, or nothing is counted."""
    reach = int(np.ceil(2 / width)) + 1
    taps = np.floor(places).astype(int)[:, None] + np.arange(-reach, reach + 1)
    weights = kernel((taps - places[:, None]) * width)
    if inside_only:
        weights = np.where((taps >= 0) & (taps < n), weights, 0)
    if inside_only or width < 1:
        weights = weights / weights.sum(1, keepdims=True)
    matrix = np.zeros(bounded((len(places), n)))
    np.add.at(matrix, (np.arange(len(places))[:, None], np.clip(taps, 0, n - 1)), weights)
    return matrix


def _product(x, matrix, axis):
    rows = cnp.matmul(cnp.moveaxis(x, axis, -1), matrix.T.astype(x.dtype))
    return cnp.moveaxis(rows, -1, axis)


def resize_of_10(x, scales, *, mode="nearest"):
    """Version 10: as Upsample."""
    return Upsample(x, scales, mode=mode)


OPERATORS: dict[str, Any] = {"Resize": {10: resize_of_10, 11: Resize}, **by_name(Upsample)}
