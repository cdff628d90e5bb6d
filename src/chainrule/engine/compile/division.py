"""Whole quotients, remainders, shifts and powers of integers, with the meaning of NumPy's.

No division traps: by zero it gives 0, and the smallest integer by -1 gives itself.
"""

from __future__ import annotations

from .basics import FORMATS, INFINITY, NAN, Basics
from .instructions import Value

_STEP = 10  # binary digits of a quotient at a time: a remainder of 53 and they are one integer


class Division(Basics):
    """What divides, of integers and of floating-point numbers."""

    def floor_divide(self, a: Value, b: Value) -> Value:
        """The whole number at or below a/b."""
        if a.is_float:
            return self._floor_divide_real(a, b)
        quotient, rest = self._divide(a, b)
        if a.is_signed:
            quotient = self.select(self._signs_differ(rest, b), quotient - 1, quotient)
        return self.select(self.equal(b, 0), 0, quotient)

    def remainder(self, a: Value, b: Value) -> Value:
        """a - b ⌊a/b⌋, with the sign of b."""
        rest = self.fmod(a, b)
        if not (a.is_float or a.is_signed):
            return rest
        rest = self.select(self._signs_differ(rest, b), rest + b, rest)
        if not a.is_float:
            return rest
        return self.select(self.equal(rest, 0), self.copysign(rest, b), rest)

    def fmod(self, a: Value, b: Value) -> Value:
        """a - b times a/b without its fraction: exact, with the sign of a."""
        if a.kind == "f32":
            return self.in_double(self.fmod, a, b)
        if a.is_float:
            return self._fmod_real(a, b)
        return self.select(self.equal(b, 0), 0, self._divide(a, b)[1])

    def reciprocal(self, x: Value) -> Value:
        """1/x; of integers without its fraction, and of 0 the smallest one from 32 bits on."""
        if x.is_float:
            return 1 / x
        smallest = -(1 << (x.bits - 1)) if x.is_signed and x.bits >= 32 else 0
        whole = self.select(self.equal(x, 1), self.lift(1, x), 0)
        if x.is_signed:
            whole = self.select(self.equal(x, -1), -1, whole)
        return self.select(self.equal(x, 0), smallest, whole)

    def left_shift(self, a: Value, b: Value) -> Value:
        """a · 2^b; 0 where b is negative or the width and more."""
        within = self._is_within(b)
        return self.select(within, a << (b & (a.bits - 1)), 0)

    def right_shift(self, a: Value, b: Value) -> Value:
        """a / 2^b rounded down; where b is negative or the width and more, 0 or -1."""
        within = self._is_within(b)
        shifted = a >> (b & (a.bits - 1))
        return self.select(within, shifted, a >> (a.bits - 1) if a.is_signed else 0)

    def whole_power(self, a: Value, b: Value) -> Value:
        """a^b of integers, by squares, without its high digits where it is too large.

        Where b is negative, which NumPy refuses: the whole part of a^b, and 0 of 0.
        """
        unsigned = "u" + a.kind[1:]
        power = self.variable(self.splat(self.lift(1, a), max(a.lanes, b.lanes)))
        square = self.variable(self.splat(a, max(a.lanes, b.lanes)))
        left = self.variable(self.convert(b, unsigned))
        with self.repeat(lambda: self.not_equal(left.get(), 0)):
            base, digits = square.get(), left.get()
            taken = self.not_equal(digits & 1, 0)
            power.set(power.get() * self.select(taken, base, 1))
            square.set(base * base)
            left.set(digits >> 1)
        found = power.get()
        if not a.is_signed:
            return found
        is_unit = self.equal(a, 1) | self.equal(a, -1)
        return self.select((b < 0) & ~is_unit, 0, found)

    # -- integers ------------------------------------------------------------------------------

    def _divide(self, a: Value, b: Value) -> tuple[Value, Value]:
        """Quotient towards 0 and rest; of a and 1 where the division would trap."""
        unsafe = self.equal(b, 0)
        if a.is_signed:
            smallest = self.equal(a, -(1 << (a.bits - 1)))
            unsafe = unsafe | (smallest & self.equal(b, -1))
        divisor = self.select(unsafe, 1, b)
        quotient = self.binary("sdiv" if a.is_signed else "udiv", a, divisor)
        return quotient, a - quotient * divisor

    def _signs_differ(self, rest: Value, b: Value) -> Value:
        return self.not_equal(rest, 0) & ((rest < 0) ^ (b < 0))

    def _is_within(self, b: Value) -> Value:
        return self.convert(b, "u" + b.kind[1:]) < b.bits

    # -- floating point ------------------------------------------------------------------------

    def _floor_divide_real(self, a: Value, b: Value) -> Value:
        """As NumPy's npy_divmod: the quotient from the exact remainder."""
        rest = self.fmod(a, b)
        quotient = (a - rest) / b
        quotient = self.select(self._signs_differ(rest, b), quotient - 1, quotient)
        whole = self.floor(quotient)
        whole = self.select(quotient - whole > 0.5, whole + 1, whole)
        plain = a / b
        whole = self.select(self.equal(quotient, 0), self.copysign(self.lift(0, b), plain), whole)
        return self.select(self.equal(b, 0), plain, whole)

    def _fmod_real(self, a: Value, b: Value) -> Value:
        """By long division of the mantissas, ten binary digits at a time."""
        form = FORMATS["f64"]
        size, divisor = self.abs(a), self.abs(b)
        top, exponent = self._parts(size)
        bottom, least = self._parts(divisor)
        bottom = self.select(self.equal(bottom, 0), 1, bottom)
        rest = self.variable(self._rest(top, bottom))
        left = self.variable(self.select(exponent > least, exponent - least, 0))
        with self.repeat(lambda: left.get() > 0):
            digits = left.get()
            now = self.select(digits < _STEP, digits, _STEP)
            rest.set(self._rest(rest.get() << now, bottom))
            left.set(digits - now)
        unit = self.bitcast(least << form.mantissa, "f64")
        found = self.convert(rest.get(), "f64") / form.whole * unit
        found = self.copysign(self.select(size < divisor, size, found), a)
        return self.select((size < INFINITY) & (divisor > 0), found, self.lift(NAN, a))

    def _parts(self, x: Value) -> tuple[Value, Value]:
        """Mantissa and exponent, whole numbers with x = m 2^(e - 1075), for x ≥ 0."""
        form, bits = FORMATS["f64"], self.bits_of(x)
        exponent = bits >> form.mantissa
        normal = exponent > 0
        mantissa = bits & ((1 << form.mantissa) - 1)
        leading = self.select(normal, self.lift(1 << form.mantissa, bits), 0)
        return mantissa | leading, self.select(normal, exponent, 1)

    def _rest(self, a: Value, b: Value) -> Value:
        """a mod b of integers: the quotient in floating point is right but for 1."""
        quotient = self.trunc(self.convert(a, "f64") / self.convert(b, "f64"))
        rest = a - self.convert(quotient, "i64") * b
        rest = self.select(rest < 0, rest + b, rest)
        return self.select(rest >= b, rest - b, rest)
