"""Arithmetic: LLVM's operations on values, and how the lanes of vectors are moved."""

from __future__ import annotations

from typing import Any

from .blocks import Blocks
from .value import (
    LLVM_TYPES,
    SIZES,
    Value,
    literal,
    suffix,
    type_text,
)


class Arithmetic(Blocks):
    """Operations without memory: an instruction stands in the outermost loop it can stand in."""

    # -- values --------------------------------------------------------------------------------

    def argument(self, kind: str, name: str) -> Value:
        """A value with a name of its own: an argument of the function."""
        return Value(self, name, kind, 1, 0)

    def constant(self, kind: str, number: Any, lanes: int = 1) -> Value:
        """A number written in the code."""
        text = literal(kind, number)
        if lanes > 1:
            text = f"splat ({LLVM_TYPES[kind]} {text})"
        return Value(self, text, kind, lanes, 0)

    def vector(self, kind: str, numbers: Any) -> Value:
        """A vector of different numbers written in the code."""
        items = [f"{LLVM_TYPES[kind]} {literal(kind, number)}" for number in numbers]
        return Value(self, f"<{', '.join(items)}>", kind, len(items), 0)

    def lift(self, value: Any, like: Value) -> Value:
        """A Python number as a constant of the same kind and lanes; values as they are."""
        if isinstance(value, Value):
            return value
        return self.constant(like.kind, value, like.lanes)

    def splat(self, value: Value, lanes: int) -> Value:
        """One number in every lane."""
        if value.lanes == lanes:
            return value
        assert value.lanes == 1, (value, lanes)
        if value.text[0] != "%":
            text = f"splat ({LLVM_TYPES[value.kind]} {value.text})"
            return Value(self, text, value.kind, lanes, value.level)
        kind = type_text(value.kind, lanes)
        first = self._write(
            f"insertelement {kind} poison, {value.type} {value.text}, i64 0",
            value.kind,
            lanes,
            value.level,
        )
        return self.shuffle(first, first, [0] * lanes)

    def together(self, *values: Value) -> tuple[list[Value], int]:
        """Values with equal numbers of lanes, and the level at which all are known."""
        lanes = max(value.lanes for value in values)
        level = max(value.level for value in values)
        return [self.splat(value, lanes) for value in values], level

    # -- arithmetic ----------------------------------------------------------------------------

    def binary(self, operation: str, a: Value, b: Any) -> Value:
        """Any of LLVM's operations on two values of one kind."""
        (a, b), level = self.together(a, self.lift(b, a))
        assert a.kind == b.kind, (operation, a, b)
        flags = self._flags if operation[0] == "f" else ""
        return self._write(
            f"{operation} {flags}{a.type} {a.text}, {b.text}", a.kind, a.lanes, level
        )

    def compare(self, relation: str, a: Value, b: Any, unordered: bool = False) -> Value:
        """``eq ne lt le gt ge``; with a NaN, ``unordered`` (and ``ne``: true)."""
        (a, b), level = self.together(a, self.lift(b, a))
        assert a.kind == b.kind, (relation, a, b)
        if a.is_float:
            text = f"fcmp {'u' if unordered or relation == 'ne' else 'o'}{relation}"
        elif relation in ("eq", "ne"):
            text = f"icmp {relation}"
        else:
            text = f"icmp {'s' if a.is_signed else 'u'}{relation}"
        return self._write(f"{text} {a.type} {a.text}, {b.text}", "bool", a.lanes, level)

    def equal(self, a: Value, b: Any) -> Value:
        """a = b."""
        return self.compare("eq", a, b)

    def not_equal(self, a: Value, b: Any) -> Value:
        """a ≠ b; true where one is NaN."""
        return self.compare("ne", a, b)

    def is_nan(self, x: Value) -> Value:
        """Whether it is NaN."""
        return self._write(f"fcmp uno {x.type} {x.text}, {x.text}", "bool", x.lanes, x.level)

    def select(self, condition: Value, a: Any, b: Any) -> Value:
        """``a`` where the condition is true, else ``b``."""
        like = a if isinstance(a, Value) else b
        (condition, a, b), level = self.together(condition, self.lift(a, like), self.lift(b, like))
        assert a.kind == b.kind, (a, b)
        text = f"select {condition.type} {condition.text}, {a.type} {a.text}, {b.type} {b.text}"
        return self._write(text, a.kind, a.lanes, level)

    def intrinsic(self, name: str, *values: Value) -> Value:
        """One of LLVM's functions on values of one type, such as ``sqrt``, ``floor``, ``ctpop``."""
        operands, level = self.together(*values)
        first = operands[0]
        ending = suffix(first.kind, first.lanes)
        listed = ", ".join(f"{x.type} {x.text}" for x in operands)
        types = ", ".join(x.type for x in operands)
        self.used.add(f"declare {first.type} @llvm.{name}.{ending}({types})")
        text = f"call {first.type} @llvm.{name}.{ending}({listed})"
        return self._write(text, first.kind, first.lanes, level)

    def rotate_left(self, x: Value, count: Value) -> Value:
        """Bits moved up by ``count``, those that fall out put in below."""
        return self.intrinsic("fshl", x, x, count)

    def fma(self, a: Value, b: Any, c: Any) -> Value:
        """a·b + c, rounded once where the processor can."""
        return self.intrinsic("fmuladd", a, self.lift(b, a), self.lift(c, a))

    def shuffle(self, a: Value, b: Value, order: list[int]) -> Value:
        """Lanes picked by number from those of ``a`` and then ``b``; -1 leaves one open."""
        if len(order) == 1:
            first = order[0]
            return self.lane(a, first) if first < a.lanes else self.lane(b, first - a.lanes)
        if not any(order):
            mask = "zeroinitializer"
        else:
            mask = f"<{', '.join('i32 poison' if i < 0 else f'i32 {i}' for i in order)}>"
        text = f"shufflevector {a.type} {a.text}, {b.type} {b.text}, <{len(order)} x i32> {mask}"
        return self._write(text, a.kind, len(order), max(a.level, b.level))

    def lane(self, x: Value, number: int) -> Value:
        """One lane as a number."""
        if x.lanes == 1:
            return x
        return self._write(f"extractelement {x.type} {x.text}, i64 {number}", x.kind, 1, x.level)

    def insert(self, x: Value, number: int, element: Value) -> Value:
        """The vector with one lane replaced."""
        level = max(x.level, element.level)
        text = f"insertelement {x.type} {x.text}, {element.type} {element.text}, i64 {number}"
        return self._write(text, x.kind, x.lanes, level)

    # -- conversions ---------------------------------------------------------------------------

    def convert(self, x: Value, kind: str) -> Value:
        """The numbers in another kind: NumPy's ``astype``, where the number fits."""
        if x.kind == kind:
            return x
        if kind == "bool":
            return self.not_equal(x, 0)
        to = type_text(kind, x.lanes)
        is_float = kind[0] == "f"
        if x.is_float and is_float:
            return self._write(
                f"{'fpext' if kind == 'f64' else 'fptrunc'} {x.type} {x.text} to {to}",
                kind,
                x.lanes,
                x.level,
            )
        if is_float and x.kind == "bool":
            one, zero = (self.constant(kind, number, x.lanes) for number in (1, 0))
            return self.select(x, one, zero)
        if is_float:
            name = "sitofp" if x.is_signed else "uitofp"
        elif x.is_float:
            name = "fptosi" if kind[0] == "i" else "fptoui"
        elif LLVM_TYPES[kind] == LLVM_TYPES[x.kind]:
            return Value(self, x.text, kind, x.lanes, x.level)
        elif SIZES[kind] * 8 > x.bits:
            name = "sext" if x.is_signed else "zext"
        else:
            name = "trunc"
        found = self._write(f"{name} {x.type} {x.text} to {to}", kind, x.lanes, x.level)
        if x.is_float:  # a number that does not fit is some number, not undefined behaviour
            found = self._write(f"freeze {to} {found.text}", kind, x.lanes, x.level)
        return found

    def bitcast(self, x: Value, kind: str) -> Value:
        """The same bits as another kind of the same width."""
        if LLVM_TYPES[kind] == LLVM_TYPES[x.kind]:
            return Value(self, x.text, kind, x.lanes, x.level)
        text = f"bitcast {x.type} {x.text} to {type_text(kind, x.lanes)}"
        return self._write(text, kind, x.lanes, x.level)
