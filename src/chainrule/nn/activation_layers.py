"""The activations as Modules, for Sequential and for those who write networks as PyTorch does."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import activations as fn
from .module import Module


class Step(Module):
    """1 where x > 0, else 0."""

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.step(x)


class Sigmoid(Module):
    """1 / (1 + e^-x)."""

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.sigmoid(x)


class LogSigmoid(Module):
    """ln (1 / (1 + e^-x))."""

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.log_sigmoid(x)


class Tanh(Module):
    """(e^x - e^-x) / (e^x + e^-x)."""

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.tanh(x)


class ReLU(Module):
    """max(0, x)."""

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.relu(x)


class LeakyReLU(Module):
    """x where x > 0, else negative_slope · x."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        """The slope."""
        return f"negative_slope={self.negative_slope}"


class PReLU(Module):
    """x where x > 0, else weight · x; one learned slope, or one for each channel (axis 1).

    >>> import numpy as np
    >>> PReLU(init=0.5)(np.array([-2.0, 2.0])).numpy()
    array([-1., 2.])
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, dtype: Any = np.float32
    ) -> None:
        self.num_parameters = num_parameters
        self.register_parameter("weight", np.full(num_parameters, init, dtype))

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.prelu(x, self.weight)

    def extra_repr(self) -> str:
        """How many slopes."""
        return f"num_parameters={self.num_parameters}"


class ELU(Module):
    """x where x > 0, else alpha · (e^x - 1)."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.elu(x, self.alpha)

    def extra_repr(self) -> str:
        """The factor of the negative side."""
        return f"alpha={self.alpha}"


class SELU(Module):
    """ELU scaled so that mean 0 and variance 1 are kept."""

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.selu(x)


class Softplus(Module):
    """ln(1 + e^x)."""

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.softplus(x)


class SiLU(Module):
    """x / (1 + e^-x), also called Swish."""

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.silu(x)


Swish = SiLU


class GELU(Module):
    """x · Φ(x); exact, or by tanh with ``approximate="tanh"``."""

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        """Which form."""
        return f"approximate={self.approximate!r}"


class Softmax(Module):
    """e^x / Σ e^x along an axis."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.softmax(x, self.dim)

    def extra_repr(self) -> str:
        """Which axis."""
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """x - ln Σ e^x along an axis."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """The activation of x."""
        return fn.log_softmax(x, self.dim)

    def extra_repr(self) -> str:
        """Which axis."""
        return f"dim={self.dim}"
