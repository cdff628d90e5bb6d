"""ln Γ and its derivatives: rules and rows of lgamma, digamma and polygamma.

Primitives like any other, declared outside of the engine by its own constructors.

The rules compute in float64; errors stated are the largest seen against mpmath with 40 digits.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.primitives.elementwise import multiply
from ..engine.primitives.families import Cotangents, Primitive, batch_elementwise, elementwise
from ..engine.primitives.special import in_blocks, polynomial
from . import gamma_code

# Abramowitz and Stegun, chapter 6: the asymptotic series where x is large, the recurrence
# Γ(x + 1) = x Γ(x) to get there, and the reflection formula for negative x.

_BERNOULLI = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
)
_LARGE = 10
_STIRLING = tuple(b / (2 * k * (2 * k - 1)) for k, b in enumerate(_BERNOULLI, 1))
_DIGAMMA_FAR = tuple(b / (2 * k) for k, b in enumerate(_BERNOULLI, 1))


def _on_both_sides(
    positive: Callable[[Any], Any], reflect: Callable[[Any, Any], Any], x: Any
) -> Any:
    """A formula for x > 0, and ``reflect(x, value at 1 - x)`` for the others."""
    negative = x <= 0
    if not negative.any():
        return positive(x)
    return np.where(negative, reflect(x, positive(1 - x)), positive(np.where(negative, 1.0, x)))


def _from_nearest(x: Any) -> Any:
    """x minus the nearest integer, times π: an angle whose sine and tangent are exact enough."""
    return math.pi * (x - np.round(x))


def _lgamma_large(x: Any) -> Any:
    """Stirling's series (6.1.40)."""
    series = polynomial(_STIRLING[::-1], 1 / (x * x)) / x
    return (x - 0.5) * np.log(x) - x + 0.5 * math.log(2 * math.pi) + series


@functools.cache
def _lgamma_coefficients() -> tuple[float, ...]:
    """ln Γ(2 + z) = ψ(2) z + ψ'(2) z²/2! + ... converges for |z| < 2; we need |z| ≤ 1/2."""
    higher = [float(_numpy_polygamma(2.0, n)) / math.factorial(n + 1) for n in range(1, 26)]
    return (*higher[::-1], float(_numpy_digamma(2.0)), 0.0)


def _lgamma_small(x: Any) -> Any:
    """Γ(x) is a product of x's neighbours, a whole number of steps away, and Γ near 2."""
    steps = np.round(x) - 2
    product = np.ones_like(x)
    rest = x - np.round(x)
    for k in range(_LARGE - 2):
        product *= np.where(steps > k, rest + (k + 2), 1.0)
    # Below 1.5: Γ(x) = Γ(x + 1)/x, and Γ(x + 2)/(x (x + 1)) below 1/2.
    divisor = np.where(steps < 0, x, 1.0) * np.where(steps < -1, x + 1, 1.0)
    return polynomial(_lgamma_coefficients(), rest) + np.log(product) - np.log(divisor)


def _lgamma_positive(x: Any) -> Any:
    large = _lgamma_large(np.maximum(x, _LARGE))
    return np.where(x < _LARGE, _lgamma_small(np.minimum(x, _LARGE)), large)


def _lgamma(x: Any) -> Any:
    def reflect(x: Any, other: Any) -> Any:
        return np.log(math.pi / np.abs(np.sin(_from_nearest(x)))) - other

    found = _on_both_sides(_lgamma_positive, reflect, x)
    return np.where(np.isinf(x), np.inf, found)


def _numpy_lgamma(x: Any) -> Any:
    """ln |Γ(x)|; infinite at 0, -1, -2, ...

    Relative error below 1e-15 for x > 0, also beside the zeros at 1 and 2;
    for x < 0 it is the absolute error.
    """
    return in_blocks(_lgamma, x)


def _digamma_positive(x: Any) -> Any:
    shift = np.zeros_like(x)
    for k in range(_LARGE):
        shift += 1 / (x + k)
    far = x + _LARGE
    s = 1 / (far * far)
    return np.log(far) - 0.5 / far - s * polynomial(_DIGAMMA_FAR[::-1], s) - shift


def _digamma(x: Any) -> Any:
    def reflect(x: Any, other: Any) -> Any:
        value = other - math.pi / np.tan(_from_nearest(x))
        return np.where(x == np.round(x), np.where(x == 0, -np.copysign(np.inf, x), np.nan), value)

    return _on_both_sides(_digamma_positive, reflect, x)


def _numpy_digamma(x: Any) -> Any:
    """ψ(x) = d/dx ln Γ(x), by recurrence and (6.3.18); error below 2e-15 max(1, |ψ|) for x > 0."""
    return in_blocks(_digamma, x)


def _numpy_polygamma(x: Any, order: int) -> Any:
    """ψ⁽ⁿ⁾(x), the n-th derivative of digamma, for n ≥ 1.

    By recurrence and the asymptotic series (6.4.11); relative error below 2e-15 for x > 0.
    """

    def reflect(x: Any, other: Any) -> Any:
        cotangent = 1 / np.tan(_from_nearest(x))
        slope = math.pi ** (order + 1) * polynomial(_cotangent_slope(order), cotangent)
        pole = np.inf if order % 2 else np.nan
        return np.where(x == np.round(x), pole, (-1) ** order * other - slope)

    def formula(x: Any) -> Any:
        return _on_both_sides(lambda x: _polygamma_positive(x, order), reflect, x)

    return in_blocks(formula, x)


def _polygamma_positive(x: Any, n: int) -> Any:
    total = np.zeros_like(x)
    for k in range(_LARGE + n):
        total += _whole_power(1 / (x + k), n + 1)
    r = 1 / (x + (_LARGE + n))
    # Everything over n!, which is multiplied at last.
    series = 1 / n + r / 2 + r * r * polynomial(_polygamma_far(n)[::-1], r * r)
    total += _whole_power(r, n) * series
    return (-1) ** (n + 1) * math.factorial(n) * total


def _polygamma_far(n: int) -> tuple[float, ...]:
    return tuple(b * math.comb(2 * k + n - 1, n) for k, b in enumerate(_DIGAMMA_FAR, 1))


def _whole_power(x: Any, n: int) -> Any:
    result = x
    for _ in range(n - 1):
        result = result * x
    return result


@functools.cache
def _cotangent_slope(order: int) -> tuple[int, ...]:
    """The n-th derivative of cot as a polynomial in cot: p' becomes -(1 + c²) p'(c)."""
    rising = [0, 1]
    for _ in range(order):
        slope = [k * a for k, a in enumerate(rising)][1:]
        rising = [0] * (len(slope) + 2)
        for k, a in enumerate(slope):
            rising[k] -= a
            rising[k + 2] -= a
    return tuple(rising[::-1])


# -- rows --------------------------------------------------------------------------------------

lgamma = elementwise(
    "lgamma",
    finite=False,
    numpy=_numpy_lgamma,
    derivative=lambda y, x: digamma(x),
    dtypes="float",
    latex=r"\ln\Gamma({})",
    domain=(0.2, 4.0),
    llvm=lambda emit, x: gamma_code.lgamma(emit, x, _lgamma_coefficients()[::-1], _STIRLING),
)
digamma: Primitive = elementwise(
    "digamma",
    finite=False,
    numpy=_numpy_digamma,
    derivative=lambda y, x: polygamma(x, order=1),
    dtypes="float",
    latex=r"\psi({})",
    domain=(0.2, 4.0),
    llvm=lambda emit, x: gamma_code.digamma(emit, x, _DIGAMMA_FAR),
)


def _polygamma_vjp(cotangent: Any, y: Any, x: Any, order: int) -> Cotangents:
    return [multiply(cotangent, polygamma(x, order=order + 1))]


# The derivative of order n of digamma, n >= 1.
polygamma: Primitive = Primitive(
    "polygamma",
    "elementwise",
    lambda x, order: x,
    _numpy_polygamma,
    _polygamma_vjp,
    batch_elementwise,
    finite=False,
    latex=r"\psi^{{({order})}}({})",
    domain=(0.2, 4.0),
    llvm=lambda emit, x, order: gamma_code.polygamma(
        emit, x, order, _LARGE + order, _polygamma_far(order), _cotangent_slope(order)[::-1]
    ),
)

# -- gamma random numbers ----------------------------------------------------------------------


def _numpy_slope(x: Any, a: Any) -> Any:
    x, a = np.asarray(x), np.asarray(a)
    with np.errstate(all="ignore"):
        found = _slope(x.astype(np.float64), a.astype(np.float64))
    return found.astype(np.result_type(x.dtype, a.dtype, np.float16))[()]


def _slope(x: Any, a: Any) -> Any:
    """dx/da of the gamma distribution's quantile: -(∂F/∂a) / f.

    From the series F = x^a e^-x / Γ(a + 1) Σ tₙ with tₙ = x^n / ((a + 1) ... (a + n)). Beyond
    a = 1000 from the cube of a normal number (Wilson and Hilferty 1931). NaN where a <= 0 or x < 0.
    """
    defined = (x >= 0) & (a > 0)  # elsewhere the series need not end
    few = defined & (a < 1000)
    at, of = np.where(few, x, 1.0), np.where(few, a, 1.0)
    term = np.ones_like(at)
    total, slope, harmonic = term.copy(), np.zeros_like(at), np.zeros_like(at)
    n = 0
    while (term > 1e-17 * total).any() and n < 10_000:
        n += 1
        harmonic += 1 / (of + n)
        term = term * at / (of + n)
        total += term
        slope += term * harmonic
    exact = -at / of * (total * (np.log(at) - _numpy_digamma(of + 1)) - slope)
    root = np.cbrt(x / a)
    normal = root**2 * (root + 1 / (6 * a) + 1.5 * (1 - root))
    return np.where(few, exact, np.where(defined, normal, np.nan))


gamma_slope = elementwise(
    "gamma_slope",
    numpy=_numpy_slope,
    arity=2,
    dtypes="float",
    flat=False,
    finite=False,
    domain=(0.5, 4.0),
)


def _gamma_sample_vjp(cotangent: Any, y: Any, sample: Any, a: Any) -> Cotangents:
    return [None, multiply(cotangent, gamma_slope(sample, a))]


# A sample that was drawn for parameter a, tied to it by its derivative.
gamma_sample = Primitive(
    "gamma_sample",
    "random",
    lambda sample, a: sample,
    lambda sample, a: sample,
    _gamma_sample_vjp,
    batch_elementwise,
)
