"""Initial weights, as functions of a key, a shape and a dtype; each with its formula and source.

Shapes are PyTorch's: (out, in, ...), so that fan_in = in · (rest) and fan_out = out · (rest). Good
weights keep the variance of activations (fan_in) or of gradients (fan_out) from layer to layer.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import random
from ..engine import trace
from ..engine.errors import ShapeError
from ..engine.primitives import logic as lg

Shape = tuple[int, ...]


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out) of weights of shape (out, in, ...): how many numbers meet in one number.

    >>> fans((20, 41))
    (41, 20)
    """
    if len(shape) < 2:
        raise ShapeError(
            f"weights of shape {shape} have no fan-in and fan-out: this initialiser is for "
            "(out, in, ...); for biases take zeros, uniform or normal"
        )
    rest = math.prod(shape[2:])
    return shape[1] * rest, shape[0] * rest


def zeros(key: Any, shape: Shape, dtype: Any = np.float32) -> Any:
    """All 0 (for biases; weights that are all alike stay all alike)."""
    return np.zeros(shape, dtype)


def ones(key: Any, shape: Shape, dtype: Any = np.float32) -> Any:
    """All 1."""
    return np.ones(shape, dtype)


def constant(key: Any, shape: Shape, dtype: Any = np.float32, value: float = 0.0) -> Any:
    """All ``value``.

    >>> constant(None, (2,), value=0.5)
    array([0.5, 0.5], dtype=float32)
    """
    return np.full(shape, value, dtype)


def uniform(
    key: Any, shape: Shape, dtype: Any = np.float32, low: float = -1.0, high: float = 1.0
) -> Any:
    """U(low, high)."""
    return random.uniform(key, shape, dtype, minval=low, maxval=high)


def normal(
    key: Any, shape: Shape, dtype: Any = np.float32, mean: float = 0.0, std: float = 1.0
) -> Any:
    """N(mean, std²)."""
    return mean + std * random.normal(key, shape, dtype)


def xavier_uniform(key: Any, shape: Shape, dtype: Any = np.float32, gain: float = 1.0) -> Any:
    """U(±gain·√(6 / (fan_in + fan_out))). Glorot and Bengio 2010; for tanh and sigmoid.

    >>> import chainrule as cr
    >>> bool(abs(xavier_uniform(cr.random.key(0), (20, 40))).max() <= (6 / 60) ** 0.5)
    True
    """
    bound = gain * math.sqrt(6 / sum(fans(shape)))
    return uniform(key, shape, dtype, -bound, bound)


def xavier_normal(key: Any, shape: Shape, dtype: Any = np.float32, gain: float = 1.0) -> Any:
    """N(0, gain²·2 / (fan_in + fan_out)). Glorot and Bengio 2010."""
    return normal(key, shape, dtype, std=gain * math.sqrt(2 / sum(fans(shape))))


def kaiming_uniform(
    key: Any, shape: Shape, dtype: Any = np.float32, a: float = 0.0, mode: str = "fan_in"
) -> Any:
    """U(±√(6 / ((1 + a²)·fan))). He, Zhang, Ren and Sun 2015; for ReLU of negative slope ``a``.

    ``mode`` is ``fan_in`` (keeps activations) or ``fan_out`` (keeps gradients).
    """
    bound = math.sqrt(6 / ((1 + a * a) * _fan(shape, mode)))
    return uniform(key, shape, dtype, -bound, bound)


def kaiming_normal(
    key: Any, shape: Shape, dtype: Any = np.float32, a: float = 0.0, mode: str = "fan_in"
) -> Any:
    """N(0, 2 / ((1 + a²)·fan)). He, Zhang, Ren and Sun 2015; for ReLU of negative slope ``a``."""
    return normal(key, shape, dtype, std=math.sqrt(2 / ((1 + a * a) * _fan(shape, mode))))


def lecun_uniform(key: Any, shape: Shape, dtype: Any = np.float32) -> Any:
    """U(±√(3 / fan_in)). LeCun, Bottou, Orr and Müller 1998."""
    bound = math.sqrt(3 / fans(shape)[0])
    return uniform(key, shape, dtype, -bound, bound)


def lecun_normal(key: Any, shape: Shape, dtype: Any = np.float32) -> Any:
    """N(0, 1 / fan_in). LeCun, Bottou, Orr and Müller 1998; for SELU (Klambauer et al. 2017)."""
    return normal(key, shape, dtype, std=math.sqrt(1 / fans(shape)[0]))


def orthogonal(key: Any, shape: Shape, dtype: Any = np.float32, gain: float = 1.0) -> Any:
    """gain·Q with orthonormal rows or columns, whichever are fewer. Saxe, McClelland, Ganguli 2014.

    Q of a QR factorisation of normal numbers, its signs made those of a uniform (Haar) draw, for
    the weights seen as a matrix (out, in·rest).

    >>> import chainrule as cr, numpy as np
    >>> q = orthogonal(cr.random.key(0), (3, 5))
    >>> bool(np.allclose(q @ q.T, np.eye(3), atol=1e-6))
    True
    """
    fans(shape)
    rows, columns = shape[0], math.prod(shape[1:])
    tall = (max(rows, columns), min(rows, columns))
    drawn = trace.concrete(random.normal(key, tall, np.float64), "nn.init.orthogonal")
    q, r = np.linalg.qr(drawn)
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    matrix = q if rows >= columns else q.T
    return lg.astype(gain * matrix.reshape(shape), dtype)


def _fan(shape: Shape, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode is 'fan_in' or 'fan_out', not {mode!r}")
    return fans(shape)[mode == "fan_out"]
