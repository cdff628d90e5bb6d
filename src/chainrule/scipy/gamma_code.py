"""The formulas of ``gamma_rows.py`` as vector code: each branch evaluated, and one selected.

All in float64; float32 is rounded from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any


def _on_both_sides(
    emit: Any, positive: Callable[[Any], Any], reflect: Callable[[Any, Any], Any], x: Any
) -> Any:
    """A formula for x > 0, and ``reflect(x, value at 1 - x)`` for the others."""
    negative = x <= 0
    value = positive(emit.select(negative, 1 - x, x))
    return emit.select(negative, reflect(x, value), value)


def _from_nearest(emit: Any, x: Any) -> Any:
    return math.pi * (x - emit.rint(x))


def _at_pole(emit: Any, x: Any, pole: Any, value: Any) -> Any:
    return emit.select(emit.equal(x, emit.rint(x)), pole, value)


def lgamma(emit: Any, x: Any, near: Sequence[float], far: Sequence[float]) -> Any:
    """ln |Γ|: ``near`` are its coefficients around 2, ``far`` those of Stirling's series."""
    if x.kind == "f32":
        return emit.in_double(lambda x: lgamma(emit, x, near, far), x)

    def positive(x: Any) -> Any:
        large = x >= 10
        nearest = emit.rint(x)
        steps, rest = nearest - 2, x - nearest
        product = emit.lift(1, x)
        for k in range(8):
            product = product * emit.select(steps > k, rest + (k + 2), 1)
        divisor = emit.select(steps < 0, x, 1) * emit.select(steps < -1, x + 1, 1)
        below = steps < 0
        factor = emit.select(large, x, emit.select(below, divisor, product))
        log = emit.log(factor)
        small = emit.polynomial(rest, near) + emit.select(below, -log, log)
        series = emit.polynomial(1 / (x * x), far) / x
        stirling = (x - 0.5) * log - x + 0.5 * math.log(2 * math.pi) + series
        return emit.select(large, stirling, small)

    def reflect(x: Any, other: Any) -> Any:
        return emit.log(math.pi / emit.abs(emit.sin(_from_nearest(emit, x)))) - other

    found = _on_both_sides(emit, positive, reflect, x)
    return emit.select(emit.isinf(x), math.inf, found)


def digamma(emit: Any, x: Any, far: Sequence[float]) -> Any:
    """ψ: ten steps of the recurrence, then the asymptotic series with coefficients ``far``."""
    if x.kind == "f32":
        return emit.in_double(lambda x: digamma(emit, x, far), x)

    def positive(x: Any) -> Any:
        shift = 1 / x
        for k in range(1, 10):
            shift = shift + 1 / (x + k)
        beyond = x + 10
        s = 1 / (beyond * beyond)
        return emit.log(beyond) - 0.5 / beyond - s * emit.polynomial(s, far) - shift

    def reflect(x: Any, other: Any) -> Any:
        value = other - math.pi / emit.tan(_from_nearest(emit, x))
        infinity = emit.copysign(emit.lift(math.inf, x), -x)
        pole = emit.select(emit.equal(x, 0), infinity, math.nan)
        return _at_pole(emit, x, pole, value)

    return _on_both_sides(emit, positive, reflect, x)


def polygamma(
    emit: Any, x: Any, order: int, steps: int, far: Sequence[float], slope: Sequence[float]
) -> Any:
    """ψ⁽ⁿ⁾: ``far`` as above, ``slope`` the n-th derivative of cot as a polynomial in cot."""
    if x.kind == "f32":
        return emit.in_double(lambda x: polygamma(emit, x, order, steps, far, slope), x)

    def power(x: Any, n: int) -> Any:
        found = x
        for _ in range(n - 1):
            found = found * x
        return found

    def positive(x: Any) -> Any:
        total = power(1 / x, order + 1)
        for k in range(1, steps):
            total = total + power(1 / (x + k), order + 1)
        r = 1 / (x + steps)
        square = r * r
        series = 1 / order + r * 0.5 + square * emit.polynomial(square, far)
        total = total + power(r, order) * series
        return total * ((-1) ** (order + 1) * math.factorial(order))

    def reflect(x: Any, other: Any) -> Any:
        cotangent = 1 / emit.tan(_from_nearest(emit, x))
        value = (-1) ** order * other
        value = value - math.pi ** (order + 1) * emit.polynomial(cotangent, slope)
        return _at_pole(emit, x, emit.lift(math.inf if order % 2 else math.nan, x), value)

    return _on_both_sides(emit, positive, reflect, x)
