"""Powers and roots in vectors; errors in ulp as in ``exponentials.py``."""

from __future__ import annotations

import math

from .basics import FORMATS, INFINITY, NAN
from .division import Division
from .instructions import Value
from .logarithms import Logarithms

# 1/3 and 2/ln 2, each in two parts.
_THIRD = (0.3333333333333333, 1.850371707708594e-17)
_TWO_PER_LN2 = (2.8853900817779268, 4.0710547481862066e-17)
# artanh s = s + s³/3 + s⁵ (c₀ + c₁ s² + ...) for |s| ≤ 0.1716.
_ARTANH = (
    1 / 5,
    1 / 7,
    1 / 9,
    1 / 11,
    1 / 13,
    1 / 15,
    1 / 17,
    1 / 19,
    1 / 21,
    1 / 23,
    1 / 25,
)


class Powers(Logarithms, Division):
    """a^b, roots, and functions through them."""

    def power(self, a: Value, b: Value) -> Value:
        """a^b, with IEEE 754's special values; 1 ulp."""
        if not a.is_float:
            return self.whole_power(a, b)
        if a.kind == "f32":
            return self.in_double(self._power_single, a, b)
        high, low = self._log2_in_two(self.abs(a))
        return self._with_sign(a, b, self._exp2_of_product(high, low, b))

    def constant_power(self, x: Value, exponent: float) -> Value:
        """x^p for a number p: by products and roots where p is small and whole, or ±1/2."""
        simple = {
            0: lambda: self.lift(1, x),
            0.5: lambda: self.sqrt(x),
            1: lambda: x,
            2: lambda: x * x,
            3: lambda: x * x * x,
            -0.5: lambda: self._power_minus_half(x),
            -1: lambda: 1 / x,
        }
        found = simple.get(exponent)
        return found() if found else self.power(x, self.lift(exponent, x))

    def cbrt(self, x: Value) -> Value:
        """The cube root; 1 ulp."""
        if x.kind == "f32":
            return self.in_double(self.cbrt, x)
        size = self.abs(x)
        y = self.exp2(self.log2(size) * (1 / 3))
        better = y - (y - size / (y * y)) * (1 / 3)  # Newton's step for y³ = x
        ordinary = (size > 0) & (size < INFINITY)
        return self.copysign(self.select(ordinary, better, size), x)

    def hypot(self, a: Value, b: Value) -> Value:
        """√(a² + b²) without overflow; 1.1 ulp."""
        infinite = self.isinf(a) | self.isinf(b)
        single = a.kind == "f32"
        found = self.in_double(self._root_of_squares, a, b) if single else self._hypot(a, b)
        return self.select(infinite, INFINITY, found)

    def _root_of_squares(self, a: Value, b: Value) -> Value:
        return self.sqrt(self.fma(a, a, b * b))

    def _hypot(self, a: Value, b: Value) -> Value:
        a, b = self.abs(a), self.abs(b)
        larger = self.select(a > b, a, b)
        scale = self.select(larger > 2.0**500, self.lift(2.0**-600, a), 1)
        scale = self.select(larger < 2.0**-500, 2.0**600, scale)
        return self._root_of_squares(a * scale, b * scale) / scale

    def arcsinh(self, x: Value) -> Value:
        """ln(x + √(x² + 1)); 2 ulp."""
        if x.kind == "f32":
            return self.in_double(self.arcsinh, x)
        size = self.abs(x)
        large = size > 1e150
        square = size * size
        inner = size + square / (1 + self.sqrt(square + 1))
        return self.copysign(self._log1p_or_double(large, inner, size), x)

    def arccosh(self, x: Value) -> Value:
        """ln(x + √(x² - 1)); 2.4 ulp. NaN for x < 1."""
        if x.kind == "f32":
            return self.in_double(self.arccosh, x)
        t = x - 1
        inner = t + self.sqrt(t * (t + 2))
        return self.select(x < 1, self.lift(NAN, x), self._log1p_or_double(x > 1e150, inner, x))

    def arctanh(self, x: Value) -> Value:
        """ln((1 + x)/(1 - x))/2; 2 ulp. NaN for |x| > 1."""
        if x.kind == "f32":
            return self.in_double(self.arctanh, x)
        size = self.abs(x)
        return self.copysign(0.5 * self.log1p(2 * size / (1 - size)), x)

    def _log1p_or_double(self, large: Value, inner: Value, x: Value) -> Value:
        """ln(1 + inner), or ln(2x) where x is large."""
        found = self.log1p(self.select(large, x, inner))
        return found + self.select(large, self.lift(math.log(2), x), 0)

    def _power_minus_half(self, x: Value) -> Value:
        """1/√x, but as a power: ∞ of -0 and 0 of -∞."""
        found = 1 / self.sqrt(x + 0.0)
        return self.select(self.equal(x, -INFINITY), 0, found)

    # -- general powers ------------------------------------------------------------------------

    def _power_single(self, a: Value, b: Value) -> Value:
        """For float32, whose digits float64's own logarithm gives."""
        return self._with_sign(a, b, self.exp2(b * self.log2(self.abs(a))))

    def _with_sign(self, a: Value, b: Value, size: Value) -> Value:
        """a^b from |a|^b."""
        half = b * 0.5
        whole = self.equal(self.trunc(b), b)
        odd = whole & self.not_equal(self.trunc(half), half)
        found = self.select(odd, self.copysign(size, a), size)
        undefined = (a < 0) & (a > -INFINITY) & ~whole
        found = self.select(undefined, self.lift(NAN, a), found)
        at_unit = self.equal(self.abs(a), 1) & self.equal(self.abs(b), INFINITY)
        return self.select(self.equal(b, 0) | self.equal(a, 1) | at_unit, 1, found)

    def _log2_in_two(self, x: Value) -> tuple[Value, Value]:
        """log₂ x as a sum of two numbers, to 2⁻⁶⁵ of itself."""
        minus_n, f = self._split(x)
        below = f + 2
        s = f / below
        product, error = self.two_product(s, below)
        # f + 2 was rounded too, by f - (below - 2)
        rest = ((f - product) - error - s * (f - (below - 2))) / below
        z, z_rest = self.two_product(s, s)
        z_rest = z_rest + 2 * s * rest
        first, first_rest = self.two_product(z, _THIRD[0])
        higher = z * z * self.polynomial(z, _ARTANH)
        u, u_rest = self.two_sum(first, higher)
        u_rest = u_rest + (first_rest + z * _THIRD[1] + z_rest * _THIRD[0])
        v, v_rest = self.two_product(s, u)
        y, y_rest = self.two_sum(s, v)
        y_rest = y_rest + (v_rest + s * u_rest + rest * u + rest)
        high, low = self.two_product(y, _TWO_PER_LN2[0])
        low = low + (y * _TWO_PER_LN2[1] + y_rest * _TWO_PER_LN2[0])
        total, error = self.two_sum(-minus_n, high)
        ordinary = (x > 0) & (x < INFINITY)
        end = self.select(self.equal(x, 0), -INFINITY, x)
        return self.select(ordinary, total, end), self.select(ordinary, error + low, 0)

    def _exp2_of_product(self, high: Value, low: Value, b: Value) -> Value:
        """2^((high + low) b)."""
        plain = high * b
        within = self.abs(plain) < 2000
        _, error = self.two_product(high, b)
        error = self.select(within, error + low * b, 0)
        limited = self.clamp(plain, -1100.0, 1100.0)
        magic = FORMATS["f64"].magic
        shifted = limited + magic
        r = ((limited - (shifted - magic)) + error) * math.log(2)
        return self._scale(self._exp_near_0(r), shifted)
