"""Mean 0 and variance 1, over the batch, the features or groups of them."""

from __future__ import annotations

import numpy as np

from .... import numpy as cnp
from ....numpy import astype, mean, power, sqrt, square, where
from ..reading import dtype_of
from .common import by_name
from .windows import as_column, image_axes


def BatchNormalization(
    x, scale, bias, mean, var, *, epsilon=1e-5, momentum=0.9, spatial=1, training_mode=0
):
    """(x - mean) / √(var + ε) · scale + bias for each channel, by the running mean and variance.

    In training mode by the batch's, and the running ones follow as second and third output.
    """
    scale, bias = as_column(scale, x), as_column(bias, x)
    if not training_mode:
        spread = sqrt(as_column(var, x) + epsilon)
        return (x - as_column(mean, x)) / spread * scale + bias
    others = (0, *image_axes(x))
    y = _standardised(x, others, epsilon) * scale + bias
    running_mean = momentum * mean + (1 - momentum) * cnp.mean(x, others)
    running_var = momentum * var + (1 - momentum) * cnp.var(x, others)
    return y, running_mean, running_var


def LayerNormalization(x, scale, bias=None, *, axis=-1, epsilon=1e-5, stash_type=1):
    """(x - mean) / √(var + ε) · scale + bias over the last axes; mean and 1/√(var + ε) too."""
    axes = tuple(range(axis % x.ndim, x.ndim))
    inner = astype(x, dtype_of(stash_type))
    middle = mean(inner, axes, keepdims=True)
    centred = inner - middle
    inverse = 1 / sqrt(mean(square(centred), axes, keepdims=True) + epsilon)
    y = astype(centred * inverse, x.dtype) * scale
    return y if bias is None else y + bias, middle, inverse


def RMSNormalization(x, scale, *, axis=-1, epsilon=1e-5, stash_type=1):
    """x / √(mean x² + ε) · scale over the last axes."""
    axes = tuple(range(axis % x.ndim, x.ndim))
    inner = astype(x, dtype_of(stash_type))
    size = sqrt(mean(square(inner), axes, keepdims=True) + epsilon)
    return astype(inner / size, x.dtype) * scale


def InstanceNormalization(x, scale, bias, *, epsilon=1e-5):
    """(x - mean) / √(var + ε) · scale + bias for each channel of each example."""
    y = _standardised(x, image_axes(x), epsilon)
    return y * as_column(scale, x) + as_column(bias, x)


def GroupNormalization(x, scale, bias, *, num_groups, epsilon=1e-5, stash_type=1):
    """(x - mean) / √(var + ε) over groups of channels, then · scale + bias for each channel."""
    y = _in_groups(x, num_groups, epsilon).reshape(x.shape)
    return y * as_column(scale, x) + as_column(bias, x)


def group_normalization_of_18(x, scale, bias, *, num_groups, epsilon=1e-5):
    """Until version 20 there was a scale and a bias for each group."""
    y = _in_groups(x, num_groups, epsilon)
    return (y * as_column(scale, y) + as_column(bias, y)).reshape(x.shape)


def MeanVarianceNormalization(x, *, axes=(0, 2, 3)):
    """(x - mean) / (√var + 1e-9) along these axes."""
    centred = x - mean(x, tuple(axes), keepdims=True)
    return centred / (cnp.std(x, tuple(axes), keepdims=True) + 1e-9)


def LpNormalization(x, *, axis=-1, p=2):
    """x / (Σ |x|ᵖ)^(1/p) along an axis, for p of 1 and 2; 0 where all is 0."""
    total = cnp.sum(abs(x) if p == 1 else square(x), axis, keepdims=True)
    norm = total if p == 1 else sqrt(total)
    return x / where(norm == 0, np.ones((), x.dtype), norm)


def LRN(x, *, size, alpha=1e-4, beta=0.75, bias=1.0):
    """x / (bias + α/size Σ x²)^β, the sum over ``size`` neighbouring channels."""
    channels, before = x.shape[1], (size - 1) // 2
    widths = [(0, 0), (before, size - 1 - before), *[(0, 0)] * (x.ndim - 2)]
    squares = cnp.pad(square(x), widths)
    total = sum(squares[:, i : i + channels] for i in range(size))
    return x / power(bias + alpha / size * total, beta)


def _standardised(x, axes, epsilon):
    centred = x - mean(x, axes, keepdims=True)
    return centred / sqrt(mean(square(centred), axes, keepdims=True) + epsilon)


def _in_groups(x, count, epsilon):
    """(N, groups, channels of each, ...), standardised over all but the first two axes."""
    grouped = x.reshape((len(x), count, -1, *x.shape[2:]))
    return _standardised(grouped, image_axes(grouped), epsilon)


OPERATORS = {
    "GroupNormalization": {18: group_normalization_of_18, 21: GroupNormalization},
    **by_name(
        BatchNormalization,
        InstanceNormalization,
        LRN,
        LayerNormalization,
        LpNormalization,
        MeanVarianceNormalization,
        RMSNormalization,
    ),
}
