"""Logarithms in vectors; errors in ulp as in ``exponentials.py``."""

from __future__ import annotations

import math

from .basics import FORMATS, INFINITY, NAN
from .exponentials import LN2, Exponentials
from .instructions import Value

# The smallest factor m of x = 2^n m, as bits: 2/3, or √½.
_LOWEST = {"f32": 0x3F2AAAAB, "f64": 0x3FE6A09E667F3BCD}

# ln(1 + f) = f - f² (1/2 - f (c₀ + c₁ f + ...)) for |f| ≤ 1/3.
_LOG_SINGLE = (
    0.33333224058151245,
    -0.24999688565731049,
    0.20010043680667877,
    -0.16685467958450317,
    0.14010924100875854,
    -0.12115094810724258,
    0.13962432742118835,
    -0.13191796839237213,
)
# s = f/(2 + f): ln(1 + f) = 2s + s³ (...): the coefficients of Sun's fdlibm, e_log.c.
_LOG_DOUBLE = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
# ln(1 + e) = e (c₀ + c₁ e + ...) for 0 ≤ e ≤ 1.
_LOG1P_TO_1 = (
    1.0,
    -0.4999990165233612,
    0.3332996368408203,
    -0.24954135715961456,
    0.19675946235656738,
    -0.15305611491203308,
    0.10603685677051544,
    -0.056959833949804306,
    0.019851621240377426,
    -0.003244060091674328,
)
_LOG10_2 = {
    "f32": (0.301025390625, 4.605038981195214e-06),
    "f64": (0.30102999566361177, 3.694239077158931e-13),
}
# 1/ln 10 in two parts.
_PER_LN10 = {
    "f32": (0.4342944920063019, -1.0103050052231683e-08),
    "f64": (0.4342944819032518, 1.098319650216765e-17),
}


class Logarithms(Exponentials):
    """Logarithms, and what is computed through ln(1 + x)."""

    def log(self, x: Value) -> Value:
        """ln x = n ln 2 + ln m with m near 1; 1 ulp."""
        minus_n, f = self._split(x)
        return self._log_ends(x, self._log_sum(minus_n, f))

    def log2(self, x: Value) -> Value:
        """log₂ x; 1.7 ulp, exact for powers of 2."""
        minus_n, f = self._split(x)
        y = self.fma(self._log_near_1(f), 1 / math.log(2), -minus_n)
        return self._log_ends(x, y)

    def log10(self, x: Value) -> Value:
        """log₁₀ x; 1.7 ulp."""
        minus_n, f = self._split(x)
        high, low = _LOG10_2[x.kind]
        near, (factor, rest) = self._log_near_1(f), _PER_LN10[x.kind]
        y = self.fma(near, factor, self.fma(minus_n, -low, near * rest))
        return self._log_ends(x, self.fma(minus_n, -high, y))

    def log1p(self, x: Value) -> Value:
        """ln(1 + x), also where 1 + x is rounded; 1.6 ulp."""
        u = 1 + x
        return self._log_ends(u, self._log1p_inside(x))

    def softplus(self, x: Value) -> Value:
        """ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|); 2.2 ulp."""
        return self.select(x <= 0, 0, x) + self._log1p_exp(-self.abs(x))

    def logaddexp(self, a: Value, b: Value) -> Value:
        """ln(e^a + e^b); 2.1 ulp of the largest of a, b and the result."""
        difference = self.select(self.equal(a, b), 0, a - b)
        return self.maximum(a, b) + self._log1p_exp(-self.abs(difference))

    def _log1p_exp(self, x: Value) -> Value:
        """ln(1 + e^x) for x ≤ 0."""
        e = self.exp(x)
        if x.kind == "f32":
            return e * self.polynomial(e, _LOG1P_TO_1)
        return self._log1p_inside(e)

    def _split(self, x: Value) -> tuple[Value, Value]:
        """-n and f of x = 2^n (1 + f), for x > 0, also below the normal numbers."""
        form = FORMATS[x.kind]
        tiny = x < form.smallest
        bits = self.bits_of(self.select(tiny, x * form.whole, x))
        minus_n = self._minus_exponent(bits, x.kind)
        f = self.bitcast(bits + (minus_n << form.mantissa), x.kind) - 1
        extra = self.select(tiny, self.lift(form.mantissa, x), 0)
        return self._small_number(minus_n, x.kind) + extra, f

    def _minus_exponent(self, bits: Value, kind: str) -> Value:
        mantissa = FORMATS[kind].mantissa
        return (_LOWEST[kind] + (1 << mantissa) - 1 - bits) >> mantissa

    def _small_number(self, n: Value, kind: str) -> Value:
        """A small integer as a floating-point number, also where only 32 bits convert fast."""
        return self.convert(self.convert(n, "i32"), kind)

    def _log_near_1(self, f: Value) -> Value:
        """ln(1 + f)."""
        return f - self._log_rest(f)

    def _log_rest(self, f: Value) -> Value:
        """f - ln(1 + f)."""
        if f.kind == "f32":
            return f * f * (0.5 - f * self.polynomial(f, _LOG_SINGLE))
        s = f / (2 + f)
        z = s * s
        half = 0.5 * f * f
        return half - s * (half + z * self.polynomial(z, _LOG_DOUBLE))

    def _log_sum(self, minus_n: Value, f: Value) -> Value:
        """n ln 2 + ln(1 + f); -0 where n is 0 and f is -0."""
        high, low = LN2[f.kind]
        rest = self.fma(minus_n, low, self._log_rest(f))
        return self.fma(minus_n, -high, f - rest)

    def _log1p_inside(self, x: Value) -> Value:
        """ln(1 + x) for -1 < x < ∞: f = 2^-n x - (1 - 2^-n) rounds once."""
        form = FORMATS[x.kind]
        u = 1 + x
        bits = self.bits_of(u)
        minus_n = self._minus_exponent(bits, x.kind)
        shift = minus_n << form.mantissa
        scale = self.bitcast(shift + (form.bias << form.mantissa), x.kind)
        large = self.bitcast(bits + shift, x.kind) - 1
        f = self.select(u > 2 * form.whole, large, self.fma(x, scale, -(1 - scale)))
        return self._log_sum(self._small_number(minus_n, x.kind), f)

    def _log_ends(self, x: Value, y: Value) -> Value:
        """y, and the limits where x is no positive number: 0, ∞, below 0, NaN."""
        y = self.select(x < INFINITY, y, x)
        y = self.select(x > 0, y, self.select(self.equal(x, 0), -INFINITY, self.lift(NAN, x)))
        return y
