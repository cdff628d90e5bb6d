"""Activations of neural networks that are rows of their own: step, ReLU, softplus.

As one row each they are one node in a trace, and say themselves what happens at a kink
(``docs/conventions.md``). The others are short compositions, in ``chainrule.nn.activations``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import sigmoid
from .families import elementwise


def _step(x: Any) -> Any:
    x = np.asarray(x)
    return np.greater(x, 0).astype(x.dtype)[()]


def _relu(x: Any) -> Any:
    x = np.asarray(x)
    return np.maximum(x, x.dtype.type(0))


def _softplus(x: Any) -> Any:
    # e^-|x| is at most 1, so that nothing overflows; the same value as logaddexp(x, 0).
    x = np.asarray(x)
    x = x.astype(np.float16) if x.dtype.kind == "b" else x
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


# 1 for x > 0, else 0; so step(0) = 0 = relu'(0).
step = elementwise(
    "step", numpy=_step, arity=1, latex=r"\mathrm{{step}}({})", llvm=lambda emit, x: emit.step(x)
)
relu = elementwise(
    "relu",
    numpy=_relu,
    derivative=lambda y, x: step(y),  # y > 0 where x is, and y is kept anyway
    latex=r"\mathrm{{relu}}({})",
    domain=(0.1, 2.0),
    llvm=lambda emit, x: emit.relu(x),
)
softplus = elementwise(
    "softplus",
    numpy=_softplus,
    derivative=lambda y, x: sigmoid(x),
    dtypes="float",
    latex=r"\ln(1 + e^{{{}}})",
    llvm=lambda emit, x: emit.softplus(x),
)
