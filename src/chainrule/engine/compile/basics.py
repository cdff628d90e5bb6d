"""What vector code needs beside LLVM's own operations: polynomials, rounding, NumPy's choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .instructions import Instructions, Value, kind_of


class Format(NamedTuple):
    """How IEEE 754 lays a number out: sign, exponent + bias, mantissa."""

    integer: str  # the kind with the same width
    mantissa: int  # bits
    bias: int

    @property
    def whole(self) -> float:
        """From here on all numbers are whole: x + whole is rounded to the nearest."""
        return float(2**self.mantissa)

    @property
    def magic(self) -> float:
        """Adding it to x leaves the nearest whole number + 2 bias in the low bits."""
        return 1.5 * self.whole + 2 * self.bias

    @property
    def smallest(self) -> float:
        """The smallest normal number."""
        return float(2.0 ** (1 - self.bias))


FORMATS = {"f32": Format("i32", 23, 127), "f64": Format("i64", 52, 1023)}
INFINITY = float("inf")
NAN = float("nan")


class Basics(Instructions):
    """Rounding, choices and arithmetic with the meaning of NumPy's functions.

    Attributes
    ----------
    baseline
        Set where the processor cannot round (x86-64 without SSE4.1): LLVM would call a library.
    """

    baseline = False

    # -- tools ---------------------------------------------------------------------------------

    def polynomial(self, x: Value, coefficients: Sequence[float]) -> Value:
        """c₀ + c₁x + c₂x² + ..., by Horner's rule."""
        total = self.lift(coefficients[-1], x)
        for coefficient in coefficients[-2::-1]:
            total = self.fma(total, x, coefficient)
        return total

    def odd_polynomial(self, x: Value, coefficients: Sequence[float]) -> Value:
        """x + x³ (c₀ + c₁ x² + c₂ x⁴ + ...)."""
        square = x * x
        return self.fma(x * square, self.polynomial(square, coefficients), x)

    def in_double(self, function: Callable[..., Value], *values: Value) -> Value:
        """A function evaluated in float64: for float32 good to the last bit, at twice the time."""
        kind = values[0].kind
        wide = [self.convert(x, "f64") for x in values]
        return self.convert(function(*wide), kind)

    def clamp(self, x: Value, low: float, high: float) -> Value:
        """Within bounds; NaN stays."""
        x = self.select(x > high, high, x)
        return self.select(x < low, low, x)

    def bits_of(self, x: Value) -> Value:
        """The bits of floating-point numbers, as signed integers."""
        return self.bitcast(x, FORMATS[x.kind].integer)

    def logical_shift(self, x: Value, count: int) -> Value:
        """Shifted right, with zeros coming in."""
        return self.binary("lshr", x, count)

    def two_sum(self, a: Value, b: Value) -> tuple[Value, Value]:
        """a + b rounded, and what was rounded away (Knuth)."""
        total = a + b
        part = total - a
        return total, (a - (total - part)) + (b - part)

    def two_product(self, a: Value, b: Any) -> tuple[Value, Value]:
        """a · b of float64 rounded, and what was rounded away (Dekker), with or without fma."""
        b = self.lift(b, a)
        product = a * b
        a_high, b_high = self._first_half(a), self._first_half(b)
        a_low, b_low = a - a_high, b - b_high
        cross = (a_high * b_high - product) + a_high * b_low + a_low * b_high
        return product, cross + a_low * b_low

    def _first_half(self, x: Value) -> Value:
        return self.bitcast(self.bits_of(x) & -(1 << 27), x.kind)

    # -- blocks --------------------------------------------------------------------------------

    # -- arithmetic ----------------------------------------------------------------------------

    def add(self, a: Value, b: Value) -> Value:
        """a + b; of truth values: or."""
        return a | b if a.kind == "bool" else a + b

    def subtract(self, a: Value, b: Value) -> Value:
        """a - b."""
        if a.kind == "bool":
            raise TypeError("subtract: truth values have no difference; use logical_xor")
        return a - b

    def multiply(self, a: Value, b: Value) -> Value:
        """a · b; of truth values: and."""
        return a & b if a.kind == "bool" else a * b

    def negative(self, x: Value) -> Value:
        """-x."""
        if x.kind == "bool":
            raise TypeError("negative: truth values have no sign; use logical_not")
        return -x

    def chain_product(self, a: Value, b: Value) -> Value:
        """a · b, and 0 where one is 0 and the other Inf or NaN."""
        product = self.multiply(a, b)
        if not a.is_float:
            return product
        nothing = self.equal(a, 0) | self.equal(b, 0)
        return self.select(self.is_nan(product) & nothing, 0, product)

    def abs(self, x: Value) -> Value:
        """|x|; the smallest integer stays itself."""
        if x.is_float:
            return self.intrinsic("fabs", self.opposite.get(x.text, x))
        return self.select(x < 0, -x, x) if x.is_signed else x

    def sign(self, x: Value) -> Value:
        """-1, 0 or 1; NaN of NaN."""
        if not (x.is_float or x.is_signed):
            return self.convert(self.not_equal(x, 0), x.kind)
        rest = self.select(self.is_nan(x), x, 0) if x.is_float else 0
        return self.select(x > 0, 1, self.select(x < 0, self.lift(-1, x), rest))

    def copysign(self, a: Value, b: Value) -> Value:
        """|a| with the sign of b."""
        return self.intrinsic("copysign", a, b)

    def sqrt(self, x: Value) -> Value:
        """√x, correctly rounded."""
        return self.intrinsic("sqrt", x)

    # -- choices -------------------------------------------------------------------------------

    def maximum(self, a: Value, b: Value) -> Value:
        """The larger one; NaN where one is NaN."""
        if a.kind == "bool":
            return a | b
        larger = self.select(a > b, a, b)
        return self.select(self.is_nan(a), a, larger) if a.is_float else larger

    def minimum(self, a: Value, b: Value) -> Value:
        """The smaller one; NaN where one is NaN."""
        if a.kind == "bool":
            return a & b
        smaller = self.select(a < b, a, b)
        return self.select(self.is_nan(a), a, smaller) if a.is_float else smaller

    def relu(self, x: Value) -> Value:
        """max(x, 0); NaN of NaN."""
        if x.is_float or x.is_signed:
            return self.select(x <= 0, 0, x)
        return x

    def step(self, x: Value) -> Value:
        """1 where x > 0, else 0."""
        return x if x.kind == "bool" else self.convert(x > 0, x.kind)

    # -- what kind of number -------------------------------------------------------------------

    def isnan(self, x: Value) -> Value:
        """Whether it is NaN."""
        return self.is_nan(x) if x.is_float else self._nowhere(x)

    def isinf(self, x: Value) -> Value:
        """Whether it is ±∞."""
        return self.equal(self.abs(x), INFINITY) if x.is_float else self._nowhere(x)

    def isfinite(self, x: Value) -> Value:
        """Whether it is neither ±∞ nor NaN."""
        return self.abs(x) < INFINITY if x.is_float else ~self._nowhere(x)

    def signbit(self, x: Value) -> Value:
        """Whether its sign is minus, that of -0 too."""
        return self.bits_of(x) < 0

    def _nowhere(self, x: Value) -> Value:
        return self.constant("bool", False, x.lanes)

    # -- rounding ------------------------------------------------------------------------------

    def rint(self, x: Value) -> Value:
        """The nearest whole number, the even one of two."""
        if not x.is_float:
            return x
        if not self.baseline:
            return self.intrinsic("roundeven", x)
        whole, size = FORMATS[x.kind].whole, self.abs(x)
        return self.select(size < whole, self.copysign((size + whole) - whole, x), x)

    def floor(self, x: Value) -> Value:
        """The next whole number below."""
        if not x.is_float:
            return x
        if not self.baseline:
            return self.intrinsic("floor", x)
        near = self.rint(x)
        return self.copysign(self.select(near > x, near - 1, near), x)

    def ceil(self, x: Value) -> Value:
        """The next whole number above."""
        if not x.is_float:
            return x
        if not self.baseline:
            return self.intrinsic("ceil", x)
        near = self.rint(x)
        return self.copysign(self.select(near < x, near + 1, near), x)

    def trunc(self, x: Value) -> Value:
        """The next whole number towards 0."""
        if not x.is_float:
            return x
        if not self.baseline:
            return self.intrinsic("trunc", x)
        return self.copysign(self.floor(self.abs(x)), x)

    def nextafter(self, a: Value, b: Value) -> Value:
        """The number next to ``a`` on the way to ``b``."""
        bits = self.bits_of(a)
        away = self.compare("lt", a, b) ^ (bits < 0)  # whether |a| grows
        stepped = self.bitcast(self.select(away, bits + 1, bits - 1), a.kind)
        smallest = self.bitcast(self.lift(1, bits), a.kind)
        stepped = self.select(self.equal(a, 0), self.copysign(smallest, b), stepped)
        found = self.select(self.equal(a, b), b, stepped)
        return self.select(self.is_nan(a) | self.is_nan(b), a + b, found)

    # -- conversions ---------------------------------------------------------------------------

    def astype(self, x: Value, dtype: Any) -> Value:
        """NumPy's ``astype``; a float that is too large for a narrow integer wraps."""
        kind = self._kind(dtype)
        narrow = {"i8": "i32", "u8": "i32", "i16": "i32", "u16": "i32", "u32": "i64"}
        if x.is_float and kind in narrow:
            return self.convert(self.convert(x, narrow[kind]), kind)
        if x.is_float and kind == "u64":
            below = self.convert(self.convert(x, "i64"), kind)
            return self.select(x < 0, below, self.convert(x, kind))
        return self.convert(x, kind)

    def reinterpret(self, x: Value, dtype: Any) -> Value:
        """The same bytes as another kind; a truth value is a byte in memory."""
        kind = self._kind(dtype)
        if "bool" in (x.kind, kind):
            return self.convert(x, kind)
        return self.bitcast(x, kind)

    def _kind(self, dtype: Any) -> str:
        kind = kind_of(np.dtype(dtype))
        assert kind is not None, dtype  # float16: NumPy's rule is called
        return kind
