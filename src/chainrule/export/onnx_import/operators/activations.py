"""Activations; σ is the sigmoid. Those that are the same in nn.functional stand in the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .... import numpy as cnp
from ....engine.primitives.reductions import as_operand
from ....nn import functional as F
from .common import by_name


def Celu(x: Any, *, alpha: float = 1.0) -> Any:
    """x where x > 0, else α (e^(x/α) - 1)."""
    return F.elu(as_operand(x) / alpha) * alpha


def Elu(x: Any, *, alpha: float = 1.0) -> Any:
    """x where x > 0, else α (eˣ - 1)."""
    return F.elu(x, alpha)


def Gelu(x: Any, *, approximate: str = "none") -> Any:
    """x Φ(x)."""
    return F.gelu(x, approximate)


def HardSigmoid(x: Any, *, alpha: float = 0.2, beta: float = 0.5) -> Any:
    """α x + β, kept between 0 and 1."""
    return cnp.clip(alpha * as_operand(x) + beta, 0, 1)


def HardSwish(x: Any) -> Any:
    """x · HardSigmoid(x) with slope 1/6."""
    return as_operand(x) * HardSigmoid(x, alpha=1 / 6)


def LeakyRelu(x: Any, *, alpha: float = 0.01) -> Any:
    """x where x > 0, else α x."""
    return F.leaky_relu(x, alpha)


def Mish(x: Any) -> Any:
    """x tanh(softplus(x))."""
    return as_operand(x) * cnp.tanh(F.softplus(x))


def PRelu(x: Any, slope: Any) -> Any:
    """x where x ≥ 0, else slope · x."""
    x = as_operand(x)
    return cnp.where(x >= 0, x, slope * x)


def Relu(x: Any) -> Any:
    """max(0, x), in the dtype of x."""
    x = as_operand(x)
    return F.relu(x) if x.dtype.kind == "f" else cnp.maximum(x, np.zeros((), x.dtype))


def Selu(
    x: Any, *, alpha: float = 1.67326319217681884765625, gamma: float = 1.0507010221481
) -> Any:
    """γ x where x > 0, else γ α (eˣ - 1)."""
    return gamma * F.elu(x, alpha)


def Shrink(x: Any, *, bias: float = 0.0, lambd: float = 0.5) -> Any:
    """x + bias where x < -λ, x - bias where x > λ, else 0."""
    x = as_operand(x)
    zero = np.zeros((), x.dtype)
    moved = cnp.where(x < -lambd, x + bias, cnp.where(x > lambd, x - bias, zero))
    return cnp.astype(moved, x.dtype)


def Softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    x = as_operand(x)
    return x / (1 + cnp.abs(x))


def Swish(x: Any, *, alpha: float = 1.0) -> Any:
    """x σ(α x)."""
    x = as_operand(x)
    return x * F.sigmoid(alpha * x)


def ThresholdedRelu(x: Any, *, alpha: float = 1.0) -> Any:
    """x where x > α, else 0."""
    x = as_operand(x)
    return cnp.where(x > alpha, x, np.zeros((), x.dtype))


def Softmax(x: Any, *, axis: int = -1) -> Any:
    """eˣ / Σ eˣ along an axis."""
    return F.softmax(x, axis)


def LogSoftmax(x: Any, *, axis: int = -1) -> Any:
    """x - ln Σ eˣ along an axis."""
    return F.log_softmax(x, axis)


def Hardmax(x: Any, *, axis: int = -1) -> Any:
    """1 at the first largest element along an axis, else 0."""
    x = as_operand(x)
    places = np.arange(x.shape[axis])
    hit = cnp.expand_dims(cnp.argmax(x, axis), -1) == places
    return cnp.astype(cnp.moveaxis(hit, -1, axis), x.dtype)


def over_rows(function: Callable[..., Any]) -> Callable[..., Any]:
    """Until version 12: over all axes from ``axis`` on, taken together."""

    def flattened(x: Any, *, axis: int = 1) -> Any:
        x = as_operand(x)
        rows = int(np.prod(x.shape[:axis], dtype=int))
        return cnp.reshape(function(cnp.reshape(x, (rows, -1))), x.shape)

    return flattened


OPERATORS: dict[str, Any] = {
    "Hardmax": {1: over_rows(Hardmax), 13: Hardmax},
    "LogSoftmax": {1: over_rows(LogSoftmax), 13: LogSoftmax},
    "Sigmoid": F.sigmoid,
    "Softmax": {1: over_rows(Softmax), 13: Softmax},
    "Softplus": F.softplus,
    **by_name(Celu, Elu, Gelu, HardSigmoid, HardSwish, LeakyRelu, Mish, PRelu, Relu, Selu),
    **by_name(Shrink, Softsign, Swish, ThresholdedRelu),
}
