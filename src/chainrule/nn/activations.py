"""Activations, as functions of an array; ``chainrule.nn`` has each as a Module too.

What happens at a kink stands in ``docs/conventions.md``: relu'(0) = 0, leaky_relu and prelu have
their negative slope at 0, elu'(0) = alpha.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.errors import ShapeError
from ..engine.primitives import activation, gaussian, reductions
from ..engine.primitives import elementwise as ew
from ..engine.primitives import logic as lg
from ..engine.primitives.calls import stop_gradient
from ..engine.primitives.views import reshape
from ..engine.tensor import Tensor

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
_TWICE = 2 * math.sqrt(2 / math.pi)


def _real(x: Any) -> Any:
    """The input as an array of floating-point numbers."""
    x = x if isinstance(x, Tensor) else np.asarray(x)
    return x if x.dtype.kind == "f" else lg.astype(x, np.float64)


def identity(x: Any) -> Any:
    """y = x."""
    return x


def step(x: Any) -> Any:
    """1 where x > 0, else 0; its derivative is 0. McCulloch and Pitts 1943.

    >>> import numpy as np
    >>> step(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 1.])
    """
    return activation.step(x)


def sigmoid(x: Any) -> Any:
    """σ(x) = 1 / (1 + e^-x), between 0 and 1; σ' = σ (1 - σ).

    >>> float(sigmoid(0.0))
    0.5
    """
    return ew.sigmoid(x)


def log_sigmoid(x: Any) -> Any:
    """ln σ(x) = -softplus(-x), without underflow.

    >>> float(log_sigmoid(-1000.0))
    -1000.0
    """
    return ew.negative(softplus(ew.negative(_real(x))))


def tanh(x: Any) -> Any:
    """(e^x - e^-x) / (e^x + e^-x), between -1 and 1; tanh' = 1 - tanh²."""
    return ew.tanh(x)


def relu(x: Any) -> Any:
    """max(0, x); relu'(0) = 0. Fukushima 1969, Nair and Hinton 2010.

    >>> import numpy as np
    >>> relu(np.array([-2.0, 3.0]))
    array([0., 3.])
    """
    return activation.relu(x)


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """x where x > 0, else negative_slope · x. Maas, Hannun and Ng 2013."""
    x = _real(x)
    return lg.where(lg.greater(x, 0), x, negative_slope * x)


def prelu(x: Any, weight: Any) -> Any:
    """x where x > 0, else weight · x, the slope learned. He, Zhang, Ren and Sun 2015.

    ``weight`` has one slope, or one for each channel: axis 1 of x, as in PyTorch.
    """
    x = _real(x)
    slope = weight if isinstance(weight, Tensor) else np.asarray(weight)
    if slope.size > 1:
        if x.ndim < 2 or slope.shape != (x.shape[1],):
            raise ShapeError(
                f"prelu: slopes of shape {slope.shape} need x of shape (N, {slope.size}, ...), "
                f"got {x.shape}"
            )
        slope = reshape(slope, (slope.size,) + (1,) * (x.ndim - 2))
    else:
        slope = reshape(slope, ())
    return lg.where(lg.greater(x, 0), x, ew.multiply(slope, x))


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha · (e^x - 1). Clevert, Unterthiner and Hochreiter 2015."""
    x = _real(x)
    positive = lg.greater(x, 0)
    # A large x never reaches the exponential, so that it cannot overflow.
    below = ew.expm1(lg.where(positive, 0.0, x))
    return lg.where(positive, x, below if alpha == 1 else alpha * below)


def selu(x: Any) -> Any:
    """scale · elu(x, alpha) with the scale and alpha that keep mean 0 and variance 1.

    scale = 1.0507..., alpha = 1.6732... Klambauer, Unterthiner, Mayr and Hochreiter 2017.
    """
    return SELU_SCALE * elu(x, SELU_ALPHA)


def softplus(x: Any) -> Any:
    """ln(1 + e^x), without overflow; its derivative is σ(x). Dugas et al. 2001.

    >>> float(softplus(1000.0))
    1000.0
    """
    return activation.softplus(x)


def silu(x: Any) -> Any:
    """x · σ(x), also called swish. Elfwing, Uchibe, Doya 2017; Ramachandran, Zoph, Le 2017."""
    x = _real(x)
    return ew.multiply(x, ew.sigmoid(x))


swish = silu


def gelu(x: Any, approximate: Any = "none") -> Any:
    """x · Φ(x), with Φ the normal distribution function. Hendrycks and Gimpel 2016.

    ``approximate="tanh"`` (or True) is 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).

    >>> round(float(gelu(1.0)), 6), round(float(gelu(1.0, "tanh")), 6)
    (0.841345, 0.841192)
    """
    x = _real(x)
    if approximate in ("tanh", True):
        # (1 + tanh u) / 2 = σ(2u), which loses no digits where tanh is near -1.
        return ew.multiply(x, ew.sigmoid(_TWICE * (x + 0.044715 * ew.power(x, 3))))
    if approximate in ("none", False):
        return 0.5 * x * (1 + gaussian.erf(x * math.sqrt(0.5)))
    raise ValueError(f"gelu: approximate is 'none' or 'tanh', not {approximate!r}")


def softmax(x: Any, axis: int = -1, *, dim: int | None = None) -> Any:
    """e^x / Σ e^x along an axis: positive, with sum 1. (``dim`` is PyTorch's name of the axis.)

    The largest x is subtracted first, which changes nothing and cannot overflow.

    >>> import numpy as np
    >>> softmax(np.array([0.0, 1000.0]))
    array([0., 1.])
    """
    axis = axis if dim is None else dim
    powers = ew.exp(_below_zero(x, axis))
    return powers / reductions.sum(powers, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: int = -1, *, dim: int | None = None) -> Any:
    """ln softmax(x) = x - ln Σ e^x along an axis, without overflow or underflow.

    >>> import numpy as np
    >>> log_softmax(np.array([0.0, 1000.0]))
    array([-1000., 0.])
    """
    axis = axis if dim is None else dim
    shifted = _below_zero(x, axis)
    return shifted - ew.log(reductions.sum(ew.exp(shifted), axis=axis, keepdims=True))


def _below_zero(x: Any, axis: int) -> Any:
    x = _real(x)
    if not x.ndim:
        raise ShapeError("softmax: a scalar has no axis to sum over")
    return x - stop_gradient(reductions.max(x, axis=axis, keepdims=True))
