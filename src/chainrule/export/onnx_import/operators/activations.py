"""Activations; σ is the sigmoid. Those that are the same in nn.functional stand in the table."""

from __future__ import annotations

import math

import numpy as np

from .... import numpy as cnp
from ....nn import functional as F
from ....numpy import astype, clip, where
from .common import by_name


def Celu(x, *, alpha=1.0):
    """x where x > 0, else α (e^(x/α) - 1)."""
    return F.elu(x / alpha) * alpha


def Elu(x, *, alpha=1.0):
    """x where x > 0, else α (eˣ - 1)."""
    return F.elu(x, alpha)


def Gelu(x, *, approximate="none"):
    """x Φ(x)."""
    return F.gelu(x, approximate)


def HardSigmoid(x, *, alpha=0.2, beta=0.5):
    """α x + β, kept between 0 and 1."""
    return clip(alpha * x + beta, 0, 1)


def HardSwish(x):
    """x · HardSigmoid(x) with slope 1/6."""
    return x * HardSigmoid(x, alpha=1 / 6)


def LeakyRelu(x, *, alpha=0.01):
    """x where x > 0, else α x."""
    return F.leaky_relu(x, alpha)


def Mish(x):
    """x tanh(softplus(x))."""
    return x * F.tanh(F.softplus(x))


def PRelu(x, slope):
    """x where x ≥ 0, else slope · x."""
    return where(x >= 0, x, slope * x)


def Relu(x):
    """max(0, x), in the dtype of x."""
    return F.relu(x) if x.dtype.kind == "f" else cnp.maximum(x, _zero(x))


def Selu(x, *, alpha=1.67326319217681884765625, gamma=1.0507010221481):
    """γ x where x > 0, else γ α (eˣ - 1)."""
    return gamma * F.elu(x, alpha)


def Shrink(x, *, bias=0.0, lambd=0.5):
    """x + bias where x < -λ, x - bias where x > λ, else 0."""
    above = where(x > lambd, x - bias, _zero(x))
    return astype(where(x < -lambd, x + bias, above), x.dtype)


def Softsign(x):
    """x / (1 + |x|)."""
    return x / (1 + abs(x))


def Swish(x, *, alpha=1.0):
    """x σ(α x)."""
    return x * F.sigmoid(alpha * x)


def ThresholdedRelu(x, *, alpha=1.0):
    """x where x > α, else 0."""
    return where(x > alpha, x, _zero(x))


def Softmax(x, *, axis=-1):
    """eˣ / Σ eˣ along an axis."""
    return F.softmax(x, axis)


def LogSoftmax(x, *, axis=-1):
    """x - ln Σ eˣ along an axis."""
    return F.log_softmax(x, axis)


def Hardmax(x, *, axis=-1):
    """1 at the first largest element along an axis, else 0."""
    top = cnp.expand_dims(cnp.argmax(x, axis), -1)
    hit = top == np.arange(x.shape[axis])
    return astype(cnp.moveaxis(hit, -1, axis), x.dtype)


def over_rows(function):
    """Until version 12: over all axes from ``axis`` on, taken together."""

    def flattened(x, *, axis=1):
        rows = x.reshape((math.prod(x.shape[:axis]), -1))
        return function(rows).reshape(x.shape)

    return flattened


def _zero(x):
    return np.zeros((), x.dtype)


OPERATORS = {
    "Hardmax": {1: over_rows(Hardmax), 13: Hardmax},
    "LogSoftmax": {1: over_rows(LogSoftmax), 13: LogSoftmax},
    "Sigmoid": F.sigmoid,
    "Softmax": {1: over_rows(Softmax), 13: Softmax},
    "Softplus": F.softplus,
    **by_name(
        Celu,
        Elu,
        Gelu,
        HardSigmoid,
        HardSwish,
        LeakyRelu,
        Mish,
        PRelu,
        Relu,
        Selu,
        Shrink,
        Softsign,
        Swish,
        ThresholdedRelu,
    ),
}
