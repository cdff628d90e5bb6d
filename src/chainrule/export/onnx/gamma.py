"""ln Γ and its derivatives as formulas of ONNX's operators, both sides of 0 computed.

The series and their coefficients are those of the primitives' own rules (``scipy/gamma_rows.py``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.primitives import logic as lg
from ...scipy import gamma_rows as rows

_LARGE = rows._LARGE


def polynomial(coefficients: Any, x: Any) -> Any:
    """Horner's rule, from the highest power down."""
    total = coefficients[0]
    for coefficient in coefficients[1:]:
        total = total * x + coefficient
    return total


def _on_both_sides(
    positive: Callable[[Any], Any], reflect: Callable[[Any, Any], Any], x: Any
) -> Any:
    """A formula for x > 0, and ``reflect(x, value at 1 - x)`` for the others; in float64."""
    x = lg.astype(x, np.float64)
    below = x <= 0
    mirrored = reflect(np.where(below, x, -0.5), positive(np.where(below, 1 - x, 1.0)))
    return np.where(below, mirrored, positive(np.where(below, 1.0, x)))


def _from_nearest(x: Any) -> Any:
    return math.pi * (x - np.round(x))


def lgamma(x: Any) -> Any:
    """ln |Γ(x)|."""

    def reflect(x: Any, other: Any) -> Any:
        return np.log(math.pi / np.abs(np.sin(_from_nearest(x)))) - other

    found = _on_both_sides(_lgamma_positive, reflect, x)
    return lg.astype(np.where(np.isinf(x), np.inf, found), x.dtype)


def _lgamma_positive(x: Any) -> Any:
    large = np.maximum(x, float(_LARGE))
    series = polynomial(rows._STIRLING[::-1], 1 / (large * large)) / large
    far = (large - 0.5) * np.log(large) - large + 0.5 * math.log(2 * math.pi) + series
    small = np.minimum(x, float(_LARGE))
    nearest = np.round(small)
    steps, rest = nearest - 2, small - nearest
    product = 1.0
    for k in range(_LARGE - 2):
        product = product * np.where(steps > k, rest + (k + 2), 1.0)
    divisor = np.where(steps < 0, small, 1.0) * np.where(steps < -1, small + 1, 1.0)
    near = polynomial(rows._lgamma_coefficients(), rest) + np.log(product) - np.log(divisor)
    return np.where(x < _LARGE, near, far)


def digamma(x: Any) -> Any:
    """The derivative of ln Γ(x)."""

    def positive(x: Any) -> Any:
        shift = sum([1 / (x + k) for k in range(_LARGE)])
        far = x + float(_LARGE)
        s = 1 / (far * far)
        return np.log(far) - 0.5 / far - s * polynomial(rows._DIGAMMA_FAR[::-1], s) - shift

    def reflect(x: Any, other: Any) -> Any:
        angle = _from_nearest(x)
        value = other - math.pi / np.tan(np.where(angle == 0, 1.0, angle))
        pole = np.where(x == 0, -np.copysign(np.inf, x), np.nan)
        return np.where(angle == 0, pole, value)

    return lg.astype(_on_both_sides(positive, reflect, x), x.dtype)


def polygamma(x: Any, order: int) -> Any:
    """The derivative of this order of digamma."""
    n = order

    def positive(x: Any) -> Any:
        total = sum([(1 / (x + k)) ** (n + 1) for k in range(_LARGE + n)])
        r = 1 / (x + (_LARGE + n))
        tail = polynomial(rows._polygamma_far(n)[::-1], r * r)
        total = total + r**n * (1 / n + r / 2 + r * r * tail)
        return (-1) ** (n + 1) * math.factorial(n) * total

    def reflect(x: Any, other: Any) -> Any:
        angle = _from_nearest(x)
        cotangent = 1 / np.tan(np.where(angle == 0, 1.0, angle))
        slope = polynomial(rows._cotangent_slope(n), cotangent) * math.pi ** (n + 1)
        pole = np.inf if n % 2 else np.nan
        return np.where(angle == 0, pole, (-1) ** n * other - slope)

    return lg.astype(_on_both_sides(positive, reflect, x), x.dtype)
