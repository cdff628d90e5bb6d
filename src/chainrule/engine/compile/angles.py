"""An angle of any size as a number of quarter turns and a rest: the trigonometric functions' start.

Up to a million, π/2 in three parts is subtracted n times (Cody and Waite). Beyond, the digits of
2/π which decide are multiplied as integers (Payne and Hanek, "Radian reduction for trigonometric
functions", 1983): right for the largest numbers too.
"""

from __future__ import annotations

import itertools
import math

from .basics import FORMATS, Basics
from .instructions import Value, type_text

# π/2 in three parts; n times the first two is exact for n < 2²⁰.
_HALF_PI = (
    1.5707963267341256,
    6.077100506303966e-11,
    2.0222662487959506e-21,
)
_HALF_PI_REST = 6.123233995736766e-17
_LARGE = 1e6

# The binary digits of 2/π, 32 a word, behind 64 zeros.
# fmt: off
_TWO_OVER_PI = (
    0x00000000, 0x00000000, 0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0, 0xDB629599,
    0x3C439041, 0xFE5163AB, 0xDEBBC561, 0xB7246E3A, 0x424DD2E0, 0x06492EEA, 0x09D1921C,
    0xFE1DEB1C, 0xB129A73E, 0xE88235F5, 0x2EBB4484, 0xE99C7026, 0xB45F7E41, 0x3991D639,
    0x835339F4, 0x9C845F8B, 0xBDF9283B, 0x1FF897FF, 0xDE05980F, 0xEF2F118B, 0x5A0A6D1F,
    0x6D367ECF, 0x27CB09B7, 0x4F463F66, 0x9E5FEA2D, 0x7527BAC7, 0xEBE5F17B, 0x3D0739F7,
    0x8A5292EA, 0x6BFB5FB1, 0x1F8D5D08, 0x56033046, 0xFC7B6BAB,
)
# fmt: on
_WORDS = 6  # of the product: after the 53 bits of x, 139 are right
_MASK = 0xFFFFFFFF


class Angles(Basics):
    """Reduction of angles to [-π/4, π/4]."""

    def reduce_angle(self, x: Value) -> tuple[Value, Value, Value | None]:
        """x ≥ 0 as n quarter turns and r + rest, |r| ≤ π/4; for float32 there is no rest.

        Of n, an integer as wide as x, the two lowest bits are right.
        """
        known = self._known[-1]
        names = [f"{part} of angle {x}" for part in ("turns", "r", "rest")]
        if names[0] not in known:  # sin and cos of one angle share it
            known.update(zip(names, self._reduce_double(self.convert(x, "f64")), strict=True))
        turns, r, rest = (known[name] for name in names)
        if x.kind == "f32":
            return self.convert(turns, "i32"), self.convert(r + rest, "f32"), None
        return turns, r, rest

    def _reduce_double(self, wide: Value) -> tuple[Value, Value, Value]:
        shifted = self.fma(wide, 2 / math.pi, FORMATS["f64"].magic)
        n = shifted - FORMATS["f64"].magic
        first, second, third = _HALF_PI
        near = wide - n * first
        r, rest = self.two_sum(near, -(n * second))
        quarter = self.variable(self.bits_of(shifted) - 2 * FORMATS["f64"].bias)
        high = self.variable(r)
        low = self.variable(rest - n * third)
        given = self.variable(wide)
        with self.when(wide > _LARGE):
            x_here = given.get()
            large = x_here > _LARGE
            for variable, value in zip((quarter, high, low), self._far(x_here), strict=True):
                variable.set(self.select(large, value, variable.get()))
        return quarter.get(), high.get(), low.get()

    def _far(self, x: Value) -> list[Value]:
        """``_reduce_large`` of each lane, by a function of its own: it is seldom called."""
        emit = type(self)(self._flags.strip())
        places = [emit.argument("ptr", name) for name in ("%x", "%turns", "%r", "%rest")]
        kinds = ("f64", "i64", "f64", "f64")
        with emit.loop(0, emit.argument("i64", "%count")) as i:
            at = [emit.address(p, i, kind) for p, kind in zip(places, kinds, strict=True)]
            given = emit.load(at[0], "f64")
            for place, value in zip(at[1:], emit._reduce_large(given), strict=True):
                emit.store(place, value)
        head = "define internal void @reduce_large(ptr %x, ptr %turns, ptr %r, ptr %rest, "
        self.used |= emit.used
        self.used.add(
            f"{head}i64 %count) noinline nounwind {{\nentry:\n{emit.text()}\n  ret void\n}}"
        )
        arrays = [self._array(x.lanes, kind) for kind in kinds]
        self.store(arrays[0], x)
        listed = ", ".join(f"ptr {array.text}" for array in arrays)
        self.line(f"call void @reduce_large({listed}, i64 {x.lanes})")
        return [
            self.load(array, kind, x.lanes, self.depth)
            for array, kind in zip(arrays[1:], kinds[1:], strict=True)
        ]

    def _array(self, lanes: int, kind: str) -> Value:
        """Memory for numbers in a row."""
        name = self.new_name()
        self.entry.append(f"{name} = alloca {type_text(kind, lanes)}")
        return self.argument("ptr", name)

    def _reduce_large(self, x: Value) -> tuple[Value, Value, Value]:
        """The same from the digits of x · 2/π around the point, for one x beyond ``_LARGE``."""
        x = self.select(x > _LARGE, x, _LARGE)
        words = self._product(x)
        top = words[0] << 32 | words[1]
        fraction = top << 2 | self.logical_shift(words[2], 30)
        below = words[2] << 34 | words[3] << 2
        signed = self.convert(fraction, "i64")
        turns = self.convert(self.logical_shift(top, 62) + self.logical_shift(fraction, 63), "i64")
        high = self.convert(signed >> 32, "f64") * 2.0**-32
        low = self.convert(fraction & _MASK, "f64") * 2.0**-64
        least = self.convert(self.logical_shift(below, 11), "f64") * 2.0**-117
        f, rest = self.two_sum(high, low)
        f, rest = self.two_sum(f, rest + least)
        r, error = self.two_product(f, math.pi / 2)
        return turns, r, error + (f * _HALF_PI_REST + rest * (math.pi / 2))

    def _product(self, x: Value) -> list[Value]:
        """The digits of x · 2/π from the twos on, 32 a word, largest first."""
        bits = self.convert(self.bits_of(x), "u64")
        mantissa = (bits & ((1 << 52) - 1)) | (1 << 52)
        place = (self.logical_shift(bits, 52) - 1075) + (64 - 2)
        digits = self._digits(place)
        low, high = mantissa & _MASK, self.logical_shift(mantissa, 32)
        found: list[Value] = []
        carry, before_high, before_low = self.lift(0, bits), self.lift(0, bits), self.lift(0, bits)
        for digit in reversed(digits):
            a, b = low * digit, high * digit
            total = (a & _MASK) + carry + before_low
            found.append(total & _MASK)
            carry = self.logical_shift(total, 32)
            before_low = self.logical_shift(a, 32) + (b & _MASK) + before_high
            before_high = self.logical_shift(b, 32)
        return found[::-1]

    def _digits(self, place: Value) -> list[Value]:
        """Words of the digits of 2/π from a place on."""
        listed = ", ".join(f"i32 {word}" for word in _TWO_OVER_PI)
        count = len(_TWO_OVER_PI)
        self.used.add(f"@two_over_pi = private constant [{count} x i32] [{listed}]")
        table = self.argument("ptr", "@two_over_pi")
        first, shift = self.logical_shift(place, 5), place & 31
        words = []
        for number in range(_WORDS + 1):
            address = self.address(table, first + number, "u32")
            words.append(self.convert(self.load(address, "u32"), "u64"))
        return [
            self.binary("lshr", a << 32 | b, 32 - shift) & _MASK
            for a, b in itertools.pairwise(words)
        ]
