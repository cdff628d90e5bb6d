"""NumPy rules for functions that NumPy lacks: sigmoid, error function, log-gamma and its derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x), without overflow: e^-|x| is at most 1.

    >>> float(sigmoid(0.0))
    0.5
    """
    x = _as_real(x)
    decay = np.exp(-np.abs(x))
    return (np.where(x >= 0, np.ones_like(decay), decay) / (1 + decay))[()]


def _as_real(x: Any) -> Any:
    """Integers in the floating-point type in which NumPy's own functions compute them."""
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.result_type(x.dtype, np.float16))


def _by_element(function: Callable[[float], float], x: Any) -> Any:
    """A scalar function of Python's over an array, computed in float64."""
    x = _as_real(x)
    values = [function(value) for value in x.ravel().tolist()]
    return np.array(values, np.float64).reshape(x.shape).astype(x.dtype)[()]


def erf(x: Any) -> Any:
    """The error function 2/√π ∫₀ˣ e^-t² dt, from Python's libm.

    >>> round(float(erf(1.0)), 6)
    0.842701
    """
    return _by_element(math.erf, x)


def erfinv(y: Any) -> Any:
    """The inverse of erf on (-1, 1): Giles (2010) as a start, then Newton steps in float64.

    >>> round(float(erfinv(0.8427007929497149)), 6)
    1.0
    """
    return _by_element(_erfinv, y)


def _erfinv(y: float) -> float:
    if not -1 < y < 1:
        return math.copysign(math.inf, y) if abs(y) == 1 else math.nan
    # Winitzki's closed form is within 2e-3; three Newton steps on the smaller tail finish it.
    a = 0.147
    log_term = math.log1p(-y * y)
    half = 2 / (math.pi * a) + log_term / 2
    x = math.copysign(math.sqrt(max(math.sqrt(half * half - log_term / a) - half, 0.0)), y)
    for _ in range(3):
        # Near 1 the tail 1 - |y| says more than y itself.
        tail = (1 - abs(y)) - math.erfc(abs(x))
        error = math.erf(x) - y if abs(y) < 0.5 else math.copysign(1, y) * tail
        x -= error / (2 / math.sqrt(math.pi) * math.exp(-x * x))
    return x


def lgamma(x: Any) -> Any:
    """ln |Γ(x)|, from Python's libm.

    >>> round(float(lgamma(5.0)), 6)  # ln 24
    3.178054
    """
    return _by_element(
        lambda value: math.inf if value <= 0 and value == math.floor(value) else math.lgamma(value),
        x,
    )


def digamma(x: Any) -> Any:
    """ψ(x) = d/dx ln Γ(x): recurrence up to x ≥ 10, then the asymptotic series.

    >>> round(float(digamma(1.0)), 6)  # minus Euler's constant
    -0.577216
    """
    return _by_element(_digamma, x)


def _digamma(x: float) -> float:
    if x <= 0:
        if x == math.floor(x):
            return math.nan
        return _digamma(1 - x) - math.pi / math.tan(math.pi * x)
    shift = 0.0
    while x < 10:
        shift -= 1 / x
        x += 1
    s = 1 / (x * x)
    series = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s * (1 / 132)))))
    return shift + math.log(x) - 0.5 / x - series


def trigamma(x: Any) -> Any:
    """ψ'(x), the derivative of digamma.

    >>> round(float(trigamma(1.0)), 6)  # π²/6
    1.644934
    """
    return _by_element(_trigamma, x)


def _trigamma(x: float) -> float:
    if x <= 0:
        if x == math.floor(x):
            return math.inf
        return (math.pi / math.sin(math.pi * x)) ** 2 - _trigamma(1 - x)
    shift = 0.0
    while x < 10:
        shift += 1 / (x * x)
        x += 1
    s = 1 / (x * x)
    series = s / x * (1 / 6 - s * (1 / 30 - s * (1 / 42 - s * (1 / 30 - s * (5 / 66)))))
    return shift + 1 / x + s / 2 + series


def polygamma(x: Any, order: int) -> Any:
    """ψ⁽ⁿ⁾(x), the n-th derivative of digamma, for n ≥ 1 and x > 0.

    Recurrence up to x ≥ 10 + n, then the asymptotic series (Abramowitz and Stegun 6.4.11).

    >>> round(float(polygamma(1.0, order=2)), 6)  # -2 ζ(3)
    -2.404114
    """
    return _by_element(lambda value: _polygamma(value, order), x)


_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)


def _polygamma(x: float, n: int) -> float:
    if x <= 0:
        return math.nan
    total = 0.0
    while x < 10 + n:
        total += math.factorial(n) / x ** (n + 1)
        x += 1
    total += math.factorial(n - 1) / x**n + math.factorial(n) / (2 * x ** (n + 1))
    for k, bernoulli in enumerate(_BERNOULLI, 1):
        ratio = math.factorial(2 * k + n - 1) / math.factorial(2 * k)
        total += bernoulli * ratio / x ** (2 * k + n)
    return total if n % 2 else -total
