"""Normalisation: activations with mean 0 and variance 1, over the batch or over the features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.errors import ShapeError
from ..engine.primitives import elementwise as ew
from ..engine.primitives import logic as lg
from ..engine.primitives.reductions import mean
from ..engine.primitives.views import reshape
from ..engine.tensor import Tensor
from .module import Module


def _standardise(x: Any, middle: Any, variance: Any, eps: float) -> Any:
    return (x - middle) / ew.sqrt(variance + eps)


def layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """(x - mean) / √(variance + eps) · weight + bias, over the last axes of x.

    Ba, Kiros and Hinton 2016. ``normalized_shape`` is the shape of those axes; the variance is the
    mean square.

    >>> import numpy as np
    >>> layer_norm(np.array([[1.0, 3.0]]), 2, eps=0.0)
    array([[-1., 1.]])
    """
    wanted = _as_shape(normalized_shape)
    x = x if isinstance(x, Tensor) else np.asarray(x)
    if x.shape[x.ndim - len(wanted) :] != wanted or x.ndim < len(wanted):
        text = f"layer_norm over {wanted}: x must end in these axes, its shape is {x.shape}"
        raise ShapeError(text, "layer_norm", [x], lambda s: s[0][-len(wanted) :] == wanted, "x")
    axes = tuple(range(x.ndim - len(wanted), x.ndim))
    middle = mean(x, axis=axes, keepdims=True)
    variance = mean(ew.square(x - middle), axis=axes, keepdims=True)
    y = _standardise(x, middle, variance, eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _as_shape(shape: Any) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


class LayerNorm(Module):
    """(x - mean) / √(variance + eps) · weight + bias, over the last axes of each example.

    Ba, Kiros and Hinton 2016.

    >>> import numpy as np
    >>> LayerNorm(2)
    LayerNorm((2,), eps=1e-05)  # 4 parameters
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        dtype: Any = np.float32,
    ) -> None:
        self.normalized_shape, self.eps = _as_shape(normalized_shape), eps
        scale = np.ones(self.normalized_shape, dtype)
        self.register_parameter("weight", scale if elementwise_affine else None)
        shift = np.zeros(self.normalized_shape, dtype)
        self.register_parameter("bias", shift if elementwise_affine and bias else None)

    def forward(self, x: Any) -> Any:
        """The normalised input."""
        return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Settings."""
        return f"{self.normalized_shape}, eps={self.eps}"


class BatchNorm1d(Module):
    """(x - mean) / √(variance + eps) · weight + bias, over the batch, for each feature.

    x is (N, C) or (N, C, L). In training mode mean and variance are the batch's, and running
    averages follow: running = (1 - momentum) · running + momentum · batch's, with the unbiased
    variance (momentum None: the plain average of all batches so far). In evaluation mode they are
    the running ones. Ioffe and Szegedy 2015; details as in PyTorch.

    >>> import chainrule as cr, numpy as np
    >>> layer = cr.nn.BatchNorm1d(1, momentum=0.5)
    >>> layer(np.array([[1.0], [3.0]])).numpy().round(3).ravel()
    array([-1., 1.])
    >>> layer.running_mean, layer.running_var
    (array([1.], dtype=float32), array([1.5], dtype=float32))
    """

    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        dtype: Any = np.float32,
    ) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.track_running_stats = track_running_stats
        self.register_parameter("weight", np.ones(num_features, dtype) if affine else None)
        self.register_parameter("bias", np.zeros(num_features, dtype) if affine else None)
        if track_running_stats:
            self.register_buffer("running_mean", np.zeros(num_features, dtype))
            self.register_buffer("running_var", np.ones(num_features, dtype))
            self.register_buffer("num_batches_tracked", np.array(0))

    def forward(self, x: Any) -> Any:
        """The normalised input; in training mode, the running averages are updated."""
        x = x if isinstance(x, Tensor) else np.asarray(x)
        if not self._fits([x.shape]):
            text = (
                f"BatchNorm1d({self.num_features}) wants x of shape (N, {self.num_features}) or "
                f"(N, {self.num_features}, L), got {x.shape}"
            )
            raise ShapeError(text, "batch_norm", [x], self._fits, "x")
        column = (self.num_features, 1) if x.ndim == 3 else (self.num_features,)
        if self.training or not self.track_running_stats:
            middle, variance = self._of_batch(x, column)
        else:
            middle, variance = self.running_mean, self.running_var
        y = _standardise(x, reshape(middle, column), reshape(variance, column), self.eps)
        y = y if self.weight is None else y * reshape(self.weight, column)
        return y if self.bias is None else y + reshape(self.bias, column)

    def _fits(self, shapes: Sequence[tuple[int, ...]]) -> bool:
        (shape,) = shapes
        return len(shape) in (2, 3) and shape[1] == self.num_features

    def _of_batch(self, x: Any, column: tuple[int, ...]) -> tuple[Any, Any]:
        axes = (0, 2) if x.ndim == 3 else (0,)
        count = x.size // self.num_features
        if count < 2:
            raise ShapeError(
                f"BatchNorm1d in training mode needs at least 2 values for each feature, got x of "
                f"shape {x.shape}: make the batch larger, or call .eval() first"
            )
        middle = mean(x, axis=axes)
        variance = mean(ew.square(x - reshape(middle, column)), axis=axes)
        if self.track_running_stats and self.training:
            tracked = self.num_batches_tracked + 1
            share = 1.0 / tracked if self.momentum is None else self.momentum
            self.running_mean = self._moved(self.running_mean, middle, share)
            unbiased = variance * (count / (count - 1))
            self.running_var = self._moved(self.running_var, unbiased, share)
            self.num_batches_tracked = tracked
        return middle, variance

    def _moved(self, before: Any, now: Any, share: Any) -> Any:
        after = (1 - share) * before + share * now
        return lg.astype(after, before.dtype)

    def extra_repr(self) -> str:
        """Settings."""
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"
