"""exp and its relatives, in vectors.

Errors stated are the largest seen against higher precision, in units in the last place (ulp), with
fused multiply-add. Coefficients were fitted by Remez' algorithm to the least relative error.
"""

from __future__ import annotations

import math

from .basics import FORMATS, Basics
from .instructions import Value

# ln 2 in two parts: n times the first one is exact.
LN2 = {
    "f32": (0.693145751953125, 1.42860677e-06),
    "f64": (6.93145751953125e-1, 1.42860682030941723212e-6),
}

# e^r = 1 + r + r² (c₀ + c₁ r + ...) for |r| ≤ ln(2)/2.
_EXP = {
    "f32": (
        0.4999999403953552,
        0.1666652113199234,
        0.04166838899254799,
        0.00836874544620514,
        0.0013814535923302174,
    ),
    "f64": (
        0.5000000000000011,
        0.1666666666666641,
        0.04166666666652972,
        0.008333333333494947,
        0.0013888888943763154,
        0.00019841269505838246,
        2.4801492946432654e-05,
        2.755758674594167e-06,
        2.763030735477509e-07,
        2.5000037459795345e-08,
    ),
}

# e^r - 1 = r + r² (c₀ + c₁ r + ...) with the error relative to r.
_EXPM1 = {
    "f32": (
        0.5,
        0.1666666716337204,
        0.04166635498404503,
        0.008333273231983185,
        0.0013941050274297595,
        0.0001991422614082694,
    ),
    "f64": (
        0.5,
        0.16666666666666677,
        0.0416666666666667,
        0.008333333333321579,
        0.0013888888888866746,
        0.00019841269886266703,
        2.480158736072993e-05,
        2.7557244061550574e-06,
        2.7557242613524055e-07,
        2.510909052512749e-08,
        2.092448836450032e-09,
    ),
}

# Beyond these, e^x is 0 or ∞.
_RANGE = {"f32": (-104.0, 89.5), "f64": (-746.0, 710.5)}
_RANGE_OF_EXPM1 = {"f32": (-18.0, 88.73), "f64": (-38.0, 709.79)}
_RANGE_OF_2 = {"f32": (-151.0, 129.0), "f64": (-1076.0, 1025.0)}

# sinh x = x + x³ (c₀ + c₁ x² + ...) for |x| < 1.
_SINH = {
    "f32": (
        0.1666666716337204,
        0.008333350531756878,
        0.0001983606634894386,
        2.8174395083624404e-06,
    ),
    "f64": (
        0.16666666666666669,
        0.008333333333333139,
        0.00019841269841437678,
        2.755731915533795e-06,
        2.5052123398394315e-08,
        1.6057240352905124e-10,
        7.759311876799287e-13,
    ),
}


class Exponentials(Basics):
    """e^x, 2^x, e^x - 1, the logistic function and the hyperbolic functions."""

    def exp(self, x: Value) -> Value:
        """e^x = 2^n e^r with |r| ≤ ln(2)/2; 1 ulp."""
        shifted, r = self._reduce(self.clamp(x, *_RANGE[x.kind]))
        return self._scale(self._exp_near_0(r), shifted)

    def exp2(self, x: Value) -> Value:
        """2^x; 1 ulp, exact for whole x."""
        x = self.clamp(x, *_RANGE_OF_2[x.kind])
        shifted = x + FORMATS[x.kind].magic
        r = x - (shifted - FORMATS[x.kind].magic)
        return self._scale(self._exp_near_0(r * math.log(2)), shifted)

    def expm1(self, x: Value) -> Value:
        """e^x - 1 = 2 (2^(n-1) (e^r - 1) + 2^(n-1) - 1/2); 1.8 ulp."""
        shifted, r = self._reduce(self.clamp(x, *_RANGE_OF_EXPM1[x.kind]))
        half = self._power_of_2(shifted, by=-1)
        y = self.fma(half, self._expm1_near_0(r), half - 0.5)
        return self.copysign(y + y, x)

    def sigmoid(self, x: Value) -> Value:
        """1 / (1 + e^-|x|), and e^-|x| / (1 + e^-|x|) where x < 0; 2.3 ulp.

        Losses ask for it at x and -x, and for ln(1 + e^±x): all are made of one exponential.
        """
        small = self.exp(-self.abs(x))
        return self.select(x < 0, small, 1) / (1 + small)

    def tanh(self, x: Value) -> Value:
        """(1 - e^-2|x|) / (1 + e^-2|x|), both by e^t - 1; 2.5 ulp."""
        shifted, r = self._reduce(self._not_below(self.abs(x) * -2, -80))
        power = self._power_of_2(shifted)
        less = self.fma(-power, self._expm1_near_0(r), 1 - power)
        return self.copysign(less / (2 - less), x)

    def sinh(self, x: Value) -> Value:
        """(e^x - e^-x)/2; 1.6 ulp."""
        size = self.abs(x)
        half = self._half_exp(size)
        near = self.odd_polynomial(size, _SINH[x.kind])
        return self.copysign(self.select(size < 1, near, half - 0.25 / half), x)

    def cosh(self, x: Value) -> Value:
        """(e^x + e^-x)/2; 1.3 ulp."""
        half = self._half_exp(self.abs(x))
        return half + 0.25 / half

    def _exp_down(self, x: Value) -> Value:
        """e^x for x ≤ 0; where it is below the precision of 1, something as small."""
        shifted, r = self._reduce(self._not_below(x, -80))
        return self._exp_near_0(r) * self._power_of_2(shifted)

    def _half_exp(self, x: Value) -> Value:
        """e^x / 2 without overflow before its time."""
        shifted, r = self._reduce(self.clamp(x, *_RANGE[x.kind]))
        return self._scale(self._exp_near_0(r), shifted, by=-1)

    def _reduce(self, x: Value) -> tuple[Value, Value]:
        """x = n ln 2 + r: n + the format's magic number + 2 bias, and r."""
        magic, (high, low) = FORMATS[x.kind].magic, LN2[x.kind]
        shifted = self.fma(x, 1 / math.log(2), magic)
        n = shifted - magic
        return shifted, self.fma(n, -low, self.fma(n, -high, x))

    def _not_below(self, x: Value, low: float) -> Value:
        return self.select(x < low, low, x)

    def _expm1_near_0(self, r: Value) -> Value:
        """e^r - 1; +0 where r is -0."""
        return self.fma(r * r, self.polynomial(r, _EXPM1[r.kind]), r)

    def _exp_near_0(self, r: Value) -> Value:
        return self.polynomial(r, (1.0, 1.0, *_EXP[r.kind]))

    def _power_of_2(self, shifted: Value, by: int = 0) -> Value:
        """2^n, a normal number, where the low bits of ``shifted`` are n + 2 bias."""
        form = FORMATS[shifted.kind]
        exponent = self.bits_of(shifted) + (by - form.bias)
        return self.bitcast(exponent << form.mantissa, shifted.kind)

    def _scale(self, y: Value, shifted: Value, by: int = 0) -> Value:
        """y · 2^n in two halves, as 2^n itself may overflow or lose digits.

        The low bits of ``shifted`` are n + 2 bias: half of it is an exponent as numbers have it.
        """
        mantissa = FORMATS[y.kind].mantissa
        bits = self.bits_of(shifted) + by
        half = self.logical_shift(bits, 1) << mantissa
        rest = (bits << mantissa) - half
        return y * self.bitcast(rest, y.kind) * self.bitcast(half, y.kind)
