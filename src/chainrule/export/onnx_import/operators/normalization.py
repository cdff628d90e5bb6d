"""Mean 0 and variance 1, over the batch, the features or groups of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import numpy as cnp
from ....engine.primitives.reductions import as_operand
from ..reading import dtype_of
from .common import by_name


def BatchNormalization(
    x: Any,
    scale: Any,
    bias: Any,
    mean: Any,
    var: Any,
    *,
    epsilon: float = 1e-5,
    momentum: float = 0.9,
    spatial: int = 1,
    training_mode: int = 0,
) -> Any:
    """(x - mean) / √(var + ε) · scale + bias for each channel, by the running mean and variance.

    In training mode by the batch's, and the running ones follow as second and third output.
    """
    x = as_operand(x)
    others = tuple(a for a in range(x.ndim) if a != 1)
    column = (-1,) + (1,) * (x.ndim - 2)
    scale, bias = cnp.reshape(scale, column), cnp.reshape(bias, column)
    if not training_mode:
        middle, spread = cnp.reshape(mean, column), cnp.reshape(var, column)
        return (x - middle) / cnp.sqrt(spread + epsilon) * scale + bias
    now = cnp.mean(x, others), cnp.var(x, others)
    pairs = zip((mean, var), now, strict=True)
    running = [momentum * as_operand(old) + (1 - momentum) * new for old, new in pairs]
    y = _standardised(x, others, epsilon) * scale + bias
    return (y, *running)


def LayerNormalization(
    x: Any,
    scale: Any,
    bias: Any = None,
    *,
    axis: int = -1,
    epsilon: float = 1e-5,
    stash_type: int = 1,
) -> tuple[Any, Any, Any]:
    """(x - mean) / √(var + ε) · scale + bias over the last axes; mean and 1/√(var + ε) too."""
    x = as_operand(x)
    axes = tuple(range(axis % x.ndim, x.ndim))
    inner = cnp.astype(x, dtype_of(stash_type))
    middle = cnp.mean(inner, axes, keepdims=True)
    inverse = 1 / cnp.sqrt(cnp.var(inner, axes, keepdims=True) + epsilon)
    y = cnp.astype((inner - middle) * inverse, x.dtype) * scale
    return (y if bias is None else y + bias), middle, inverse


def RMSNormalization(
    x: Any, scale: Any, *, axis: int = -1, epsilon: float = 1e-5, stash_type: int = 1
) -> Any:
    """x / √(mean x² + ε) · scale over the last axes."""
    x = as_operand(x)
    axes = tuple(range(axis % x.ndim, x.ndim))
    inner = cnp.astype(x, dtype_of(stash_type))
    size = cnp.sqrt(cnp.mean(cnp.square(inner), axes, keepdims=True) + epsilon)
    return cnp.astype(inner / size, x.dtype) * scale


def InstanceNormalization(x: Any, scale: Any, bias: Any, *, epsilon: float = 1e-5) -> Any:
    """(x - mean) / √(var + ε) · scale + bias for each channel of each example."""
    x = as_operand(x)
    column = (-1,) + (1,) * (x.ndim - 2)
    y = _standardised(x, tuple(range(2, x.ndim)), epsilon)
    return y * cnp.reshape(scale, column) + cnp.reshape(bias, column)


def GroupNormalization(
    x: Any, scale: Any, bias: Any, *, num_groups: int, epsilon: float = 1e-5, stash_type: int = 1
) -> Any:
    """(x - mean) / √(var + ε) over groups of channels, then · scale + bias for each channel."""
    x = as_operand(x)
    column = (-1,) + (1,) * (x.ndim - 2)
    y = cnp.reshape(_in_groups(x, num_groups, epsilon), x.shape)
    return y * cnp.reshape(scale, column) + cnp.reshape(bias, column)


def group_normalization_of_18(
    x: Any, scale: Any, bias: Any, *, num_groups: int, epsilon: float = 1e-5
) -> Any:
    """Until version 20 there was a scale and a bias for each group."""
    x = as_operand(x)
    y = _in_groups(x, num_groups, epsilon)
    column = (-1,) + (1,) * (y.ndim - 2)
    return cnp.reshape(y * cnp.reshape(scale, column) + cnp.reshape(bias, column), x.shape)


def MeanVarianceNormalization(x: Any, *, axes: Any = (0, 2, 3)) -> Any:
    """(x - mean) / (√var + 1e-9) along these axes."""
    x = as_operand(x)
    centred = x - cnp.mean(x, tuple(axes), keepdims=True)
    return centred / (cnp.std(x, tuple(axes), keepdims=True) + 1e-9)


def LpNormalization(x: Any, *, axis: int = -1, p: int = 2) -> Any:
    """x / (Σ |x|ᵖ)^(1/p) along an axis; 0 where all is 0."""
    x = as_operand(x)
    if p == 1:
        norm = cnp.sum(cnp.abs(x), axis, keepdims=True)
    else:
        norm = cnp.sqrt(cnp.sum(cnp.square(x), axis, keepdims=True))
    return x / cnp.where(norm == 0, np.ones((), x.dtype), norm)


def LRN(x: Any, *, size: int, alpha: float = 1e-4, beta: float = 0.75, bias: float = 1.0) -> Any:
    """x / (bias + α/size Σ x²)^β, the sum over ``size`` neighbouring channels."""
    x = as_operand(x)
    before, after = (size - 1) // 2, size - 1 - (size - 1) // 2
    squares = cnp.pad(cnp.square(x), [(0, 0), (before, after), *[(0, 0)] * (x.ndim - 2)])
    total = sum(squares[:, i : i + x.shape[1]] for i in range(size))
    return x / cnp.power(bias + alpha / size * total, beta)


def _standardised(x: Any, axes: tuple[int, ...], epsilon: float) -> Any:
    centred = x - cnp.mean(x, axes, keepdims=True)
    return centred / cnp.sqrt(cnp.mean(cnp.square(centred), axes, keepdims=True) + epsilon)


def _in_groups(x: Any, count: int, epsilon: float) -> Any:
    """(N, groups, channels of each, ...), standardised over all but the first two axes."""
    grouped = cnp.reshape(x, (x.shape[0], count, -1, *x.shape[2:]))
    return _standardised(grouped, tuple(range(2, grouped.ndim)), epsilon)


OPERATORS: dict[str, Any] = {
    "GroupNormalization": {18: group_normalization_of_18, 21: GroupNormalization},
    **by_name(BatchNormalization, InstanceNormalization, LRN, LayerNormalization),
    **by_name(LpNormalization, MeanVarianceNormalization, RMSNormalization),
}
