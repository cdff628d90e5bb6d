"""Linear layers: y = x Wᵀ + b, and the perceptron, which puts a step behind it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import random
from ..engine import trace
from ..engine.errors import ShapeError
from ..engine.primitives import activation, contraction
from ..engine.primitives import logic as lg
from ..engine.primitives.views import transpose
from ..engine.tensor import Tensor
from . import init
from .module import Module

Initialiser = Callable[[Any, tuple[int, ...], Any], Any]


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """x Wᵀ + b, for x (..., in), W (out, in) and b (out,): shape (..., out).

    >>> import numpy as np
    >>> linear(np.array([1.0, 2.0]), np.array([[3.0, 4.0]]), np.array([0.5]))
    array([11.5])
    """
    if isinstance(x, Tensor) or isinstance(weight, Tensor):
        product = _trace_product(x, weight)
    else:
        product = np.matmul(x, np.transpose(weight))
    return product if bias is None else product + bias


def _trace_product(x: Any, weight: Any) -> Any:
    x = x if isinstance(x, Tensor) else np.asarray(x)
    if x.ndim == 2 and x.shape[1] == weight.shape[1] and x.dtype == weight.dtype:
        return trace.apply(contraction.einsum_row, x, weight, spec="ab,cb->ac")
    return contraction.matmul(x, transpose(weight))


class Linear(Module):
    """y = x Wᵀ + b: (..., in_features) to (..., out_features), W of shape (out, in).

    Parameters
    ----------
    bias
        Whether there is a b.
    key
        Decides the initial weights; None takes the next key of ``chainrule.random.default_key()``.
    dtype
        Of the parameters. As in NumPy, float32 weights and float64 data give a float64 result.
    init
        A function of ``chainrule.nn.init`` for W. None means PyTorch's: W and b from U(±1/√in),
        which is ``kaiming_uniform`` with a = √5.

    >>> import chainrule as cr, numpy as np
    >>> layer = cr.nn.Linear(3, 2, key=cr.random.key(0))
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)  # 8 parameters
    >>> layer(np.ones((4, 3), np.float32)).shape
    (4, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        key: Any = None,
        dtype: Any = np.float32,
        init: Initialiser | None = None,
    ) -> None:
        self.in_features, self.out_features = in_features, out_features
        for name, size in (("in_features", in_features), ("out_features", out_features)):
            if size < 1:
                raise ShapeError(f"{type(self).__name__}: {name} must be at least 1, not {size}")
        weight_key, bias_key = random.split(random.default_key() if key is None else key)
        shape = (out_features, in_features)
        bound = 1 / math.sqrt(in_features)
        weight = (
            init(weight_key, shape, dtype) if init else _spread(weight_key, shape, dtype, bound)
        )
        self.register_parameter("weight", weight)
        has_bias = _spread(bias_key, (out_features,), dtype, bound) if bias else None
        self.register_parameter("bias", has_bias)

    def forward(self, x: Any) -> Any:
        """x Wᵀ + b."""
        check_features(self, x, self.in_features)
        return linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Sizes."""
        sizes = f"in_features={self.in_features}, out_features={self.out_features}"
        return f"{sizes}, bias={self.bias is not None}"


def _spread(key: Any, shape: tuple[int, ...], dtype: Any, bound: float) -> Any:
    return init.uniform(key, shape, dtype, -bound, bound)


def check_features(layer: Module, x: Any, wanted: int) -> None:
    """An error that says what to do, unless the last axis of x has the wanted length."""
    shape = x.shape if isinstance(x, Tensor) else np.shape(x)
    if shape and shape[-1] == wanted:
        return
    name = f"{type(layer).__name__}({layer.extra_repr()})"
    message = f"{name} wants inputs of shape (..., {wanted}), got {shape}."
    if len(shape) == 1 and wanted == 1:
        message += " One feature for each row."
    elif len(shape) == 2 and shape[0] == wanted:
        message += " Rows are examples and columns features."
    elif len(shape) > 2 and math.prod(shape[1:]) == wanted:
        message += " Put chainrule.nn.Flatten() before it."
    operand = x if isinstance(x, Tensor) else np.asarray(x)
    raise ShapeError(message, "linear", [operand], lambda s: s[0][-1:] == (wanted,), "x")


class Perceptron(Module):
    """y = 1 where x Wᵀ + b > 0, else 0, with Rosenblatt's learning rule (1958).

    Its gradient is zero everywhere, so it learns by ``learn`` or ``fit``, not by gradient descent.
    On data that a line (a plane) separates the rule stops making mistakes after at most (R/γ)² of
    them (Novikoff 1962), with R the largest |x| and γ the margin; on other data, never.

    >>> import numpy as np
    >>> x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> gate = Perceptron(2)
    >>> gate.fit(x, np.array([0, 0, 0, 1]))[-1]  # mistakes in the last pass
    0
    >>> gate(x).numpy().ravel()
    array([0., 0., 0., 1.])
    """

    def __init__(
        self, in_features: int, out_features: int = 1, bias: bool = True, dtype: Any = np.float32
    ) -> None:
        self.in_features, self.out_features = in_features, out_features
        self.register_parameter("weight", np.zeros((out_features, in_features), dtype))
        self.register_parameter("bias", np.zeros(out_features, dtype) if bias else None)

    def forward(self, x: Any) -> Any:
        """1 where the weighted sum is positive, else 0."""
        check_features(self, x, self.in_features)
        return activation.step(linear(x, self.weight, self.bias))

    def learn(self, x: Any, y: Any, lr: float = 1.0) -> int:
        """One pass: for each example, W += lr·(y - ŷ) xᵀ and b += lr·(y - ŷ). Returns the mistakes.

        ``y`` holds 0 and 1: shape (N,) for one output, (N, out_features) for several.
        """
        xs, targets = np.asarray(x), np.asarray(y)
        check_features(self, xs, self.in_features)
        targets = self._targets(targets, len(xs))
        weight = self.weight.data.copy()
        bias = np.zeros(self.out_features, weight.dtype)
        if self.bias is not None:
            bias = self.bias.data.copy()
        mistakes = 0
        for example, target in zip(xs, targets, strict=True):
            error = target - (weight @ example + bias > 0)
            if error.any():
                mistakes += 1
                weight += lr * np.outer(error, example)
                if self.bias is not None:
                    bias += lr * error
        self.weight.data = weight
        if self.bias is not None:
            self.bias.data = bias
        return mistakes

    def fit(self, x: Any, y: Any, lr: float = 1.0, epochs: int = 100) -> list[int]:
        """Passes of ``learn`` until one makes no mistake, at most ``epochs``; mistakes of each."""
        counts: list[int] = []
        while len(counts) < epochs and (not counts or counts[-1]):
            counts.append(self.learn(x, y, lr))
        return counts

    def _targets(self, y: Any, count: int) -> Any:
        wanted = (count, self.out_features)
        if y.shape != wanted and (self.out_features, y.shape) != (1, (count,)):
            raise ShapeError(
                f"Perceptron: {count} examples need y of shape {wanted}, got {y.shape}"
            )
        if not np.isin(y, (0, 1)).all():
            raise ValueError("Perceptron: y must hold 0 and 1; for -1 and 1 give (y + 1) // 2")
        return lg.astype(y.reshape(wanted), np.float64)

    def extra_repr(self) -> str:
        """Sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}"
