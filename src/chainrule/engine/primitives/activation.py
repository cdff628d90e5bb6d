"""Activations of neural networks that are rows of their own: step, ReLU, softplus, ELU.

As one row each they are one node in a trace, and say themselves what happens at a kink
(``docs/conventions.md``). The others are short compositions, in ``chainrule.nn.activations``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import sigmoid
from .families import elementwise
from .logic import greater, ones_like, select


def _step(x: Any) -> Any:
    x = np.asarray(x)
    return np.greater(x, 0).astype(x.dtype)[()]


def _relu(x: Any) -> Any:
    x = np.asarray(x)
    return np.maximum(x, x.dtype.type(0))


def _real(x: Any) -> Any:
    x = np.asarray(x)
    return x.astype(np.float16) if x.dtype.kind == "b" else x


def _softplus(x: Any) -> Any:
    # e^-|x| is at most 1, so that nothing overflows; the same value as logaddexp(x, 0).
    x = _real(x)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _elu(x: Any) -> Any:
    x = _real(x)
    return np.where(np.greater(x, 0), x, np.expm1(np.minimum(x, 0)))[()]


def _elu_derivative(y: Any, x: Any) -> Any:
    return select(greater(x, 0), ones_like(y), y + 1)


# 1 for x > 0, else 0; so step(0) = 0 = relu'(0).
step = elementwise("step", numpy=_step, arity=1, latex=r"\mathrm{{step}}({})")
relu = elementwise(
    "relu",
    numpy=_relu,
    derivative=lambda y, x: step(x),
    latex=r"\mathrm{{relu}}({})",
    domain=(0.1, 2.0),
)
softplus = elementwise(
    "softplus",
    numpy=_softplus,
    derivative=lambda y, x: sigmoid(x),
    dtypes="float",
    latex=r"\ln(1 + e^{{{}}})",
)
elu = elementwise(
    "elu",
    numpy=_elu,
    derivative=_elu_derivative,
    dtypes="float",
    latex=r"\mathrm{{elu}}({})",
    domain=(-2.0, -0.1),
)
