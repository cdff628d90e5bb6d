"""Instructions: LLVM IR written as text, through values that behave like numbers.

A ``Value`` is the result of an instruction: one number, or a vector of ``lanes`` of them. Its
operators write the next instruction, so that a rule reads like its formula:

>>> e = Instructions()
>>> x = 2.0 * e.argument("f32", "%a") + 1.0
>>> print(e.text())
  %v1 = fmul float 0x4000000000000000, %a
  %v2 = fadd float %v1, 0x3FF0000000000000

An instruction stands in the outermost loop in which its operands are known, and the same one is not
written twice: what does not change in a loop is computed before it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

# The kinds of elements, as types print them, and what LLVM calls them.
LLVM_TYPES = {
    "f32": "float",
    "f64": "double",
    "bool": "i1",
    **{f"{sign}{bits}": f"i{bits}" for sign in "iu" for bits in (8, 16, 32, 64)},
    "ptr": "ptr",
}
SIZES = {"f32": 4, "f64": 8, "bool": 1, "ptr": 8} | {
    f"{sign}{bits}": bits // 8 for sign in "iu" for bits in (8, 16, 32, 64)
}


class Value:
    """The result of an instruction, written in LLVM's text as ``text``.

    ``level`` counts the loops around it: 0 is the function's beginning.
    """

    __slots__ = ("emit", "kind", "lanes", "level", "text")

    def __init__(self, emit: Any, text: str, kind: str, lanes: int, level: int) -> None:
        self.emit, self.text, self.kind, self.lanes, self.level = emit, text, kind, lanes, level

    @property
    def is_float(self) -> bool:
        """Whether its elements are floating-point numbers."""
        return self.kind[0] == "f"

    @property
    def is_signed(self) -> bool:
        """Whether its elements are signed integers."""
        return self.kind[0] == "i"

    @property
    def bits(self) -> int:
        """Width of an element."""
        return 1 if self.kind == "bool" else SIZES[self.kind] * 8

    @property
    def type(self) -> str:
        """LLVM's name of its type."""
        return type_text(self.kind, self.lanes)

    def __repr__(self) -> str:
        return f"{self.type} {self.text}"

    def __add__(self, other: Any) -> Value:
        return self.emit.binary("fadd" if self.is_float else "add", self, other)

    def __radd__(self, other: Any) -> Value:
        return self.emit.lift(other, self) + self

    def __sub__(self, other: Any) -> Value:
        return self.emit.binary("fsub" if self.is_float else "sub", self, other)

    def __rsub__(self, other: Any) -> Value:
        return self.emit.lift(other, self) - self

    def __mul__(self, other: Any) -> Value:
        return self.emit.binary("fmul" if self.is_float else "mul", self, other)

    def __rmul__(self, other: Any) -> Value:
        return self.emit.lift(other, self) * self

    def __truediv__(self, other: Any) -> Value:
        return self.emit.binary("fdiv", self, other)

    def __rtruediv__(self, other: Any) -> Value:
        return self.emit.lift(other, self) / self

    def __neg__(self) -> Value:
        if self.is_float:
            return self.emit.write(f"fneg {self.type} {self.text}", self)
        return self.emit.lift(0, self) - self

    def __and__(self, other: Any) -> Value:
        return self.emit.binary("and", self, other)

    def __or__(self, other: Any) -> Value:
        return self.emit.binary("or", self, other)

    def __xor__(self, other: Any) -> Value:
        return self.emit.binary("xor", self, other)

    def __invert__(self) -> Value:
        return self.emit.binary("xor", self, True if self.kind == "bool" else -1)

    def __lshift__(self, other: Any) -> Value:
        """Shifted by less than its width; more is undefined."""
        return self.emit.binary("shl", self, other)

    def __rshift__(self, other: Any) -> Value:
        """Shifted by less than its width; the sign is kept where there is one."""
        return self.emit.binary("ashr" if self.is_signed else "lshr", self, other)

    def __lt__(self, other: Any) -> Value:
        return self.emit.compare("lt", self, other)

    def __le__(self, other: Any) -> Value:
        return self.emit.compare("le", self, other)

    def __gt__(self, other: Any) -> Value:
        return self.emit.compare("gt", self, other)

    def __ge__(self, other: Any) -> Value:
        return self.emit.compare("ge", self, other)


def type_text(kind: str, lanes: int = 1) -> str:
    """LLVM's name of a type: ``float``, ``<8 x i1>``."""
    name = LLVM_TYPES[kind]
    return name if lanes == 1 else f"<{lanes} x {name}>"


def kind_of(dtype: np.dtype[Any]) -> str | None:
    """The kind of a dtype's elements; None where compiled code has none (float16)."""
    if dtype.kind == "b":
        return "bool"
    name = f"{dtype.kind}{dtype.itemsize * 8}"
    return name if name in LLVM_TYPES else None


class Variable:
    """A number or vector that a loop changes; LLVM keeps it in a register."""

    def __init__(self, emit: Instructions, first: Value) -> None:
        self._emit, self._like = emit, first
        self._place = emit.new_name()
        emit.entry.append(f"{self._place} = alloca {first.type}")
        self.set(first)

    def get(self) -> Value:
        """Its present value."""
        emit, like = self._emit, self._like
        name = emit.new_name()
        emit.line(f"{name} = load {like.type}, ptr {self._place}")
        return Value(emit, name, like.kind, like.lanes, emit.depth)

    def set(self, value: Value) -> None:
        """Change it."""
        value = self._emit.splat(value, self._like.lanes)
        self._emit.line(f"store {value.type} {value.text}, ptr {self._place}")


class Instructions:
    """The body of a function under construction.

    Parameters
    ----------
    flags
        Written after each floating-point operation, such as ``contract`` (``fast`` mode).
    """

    def __init__(self, flags: str = "") -> None:
        self._flags = f"{flags} " if flags else ""
        self.masks = False  # whether the processor reads and writes some lanes of a vector cheaply
        self._count = 0
        self._labels = 0
        self.entry: list[str] = []
        self.used: set[str] = set()  # declarations of intrinsics
        self._lines: list[Any] = []
        self._open: list[list[Any]] = [[]]  # for each loop level, where instructions are added
        self._sequence: list[list[Any]] = [self._lines]
        self._label = ["entry"]
        self._lines.append(self._open[0])
        self._known: list[dict[str, Value]] = [{}]

    # -- text ----------------------------------------------------------------------------------

    @property
    def depth(self) -> int:
        """How many loops are open."""
        return len(self._open) - 1

    def text(self) -> str:
        """What was written."""
        lines = [f"  {line}" for line in self.entry]
        _flatten(self._lines, lines)
        return "\n".join(lines)

    def new_name(self) -> str:
        """A name that no instruction has."""
        self._count += 1
        return f"%v{self._count}"

    def line(self, text: str) -> None:
        """An instruction without a result, in the innermost loop."""
        self._open[-1].append(text)

    def write(self, text: str, like: Value, kind: str = "", level: int | None = None) -> Value:
        """An instruction with a result shaped as ``like``; written once in each loop."""
        return self._write(text, kind or like.kind, like.lanes, like.level)

    def _write(self, text: str, kind: str, lanes: int, level: int) -> Value:
        for known in self._known[level::-1]:
            found = known.get(text)
            if found is not None:
                return found
        name = self.new_name()
        self._open[level].append(f"{name} = {text}")
        value = self._known[level][text] = Value(self, name, kind, lanes, level)
        return value

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
        suffix = _suffix(first.kind, first.lanes)
        listed = ", ".join(f"{x.type} {x.text}" for x in operands)
        types = ", ".join(x.type for x in operands)
        self.used.add(f"declare {first.type} @llvm.{name}.{suffix}({types})")
        text = f"call {first.type} @llvm.{name}.{suffix}({listed})"
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
            return self.lane(a, order[0]) if order[0] < a.lanes else self.lane(b, order[0] - a.lanes)
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
                kind, x.lanes, x.level,
            )  # fmt: skip
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

    # -- memory --------------------------------------------------------------------------------

    def address(self, pointer: Value, offset: Value | int, kind: str) -> Value:
        """The address ``offset`` elements behind a pointer."""
        if isinstance(offset, int):
            if offset == 0:
                return pointer
            offset = self.constant("i64", offset)
        element = "i8" if kind == "bool" else LLVM_TYPES[kind]
        level = max(pointer.level, offset.level)
        text = f"getelementptr {element}, ptr {pointer.text}, {offset.type} {offset.text}"
        return self._write(text, "ptr", offset.lanes, level)

    def load_each(
        self, addresses: Value, kind: str, level: int | None, valid: int | None = None
    ) -> Value:
        """Elements from an address for each lane."""
        stored = "u8" if kind == "bool" else kind
        lanes, to = addresses.lanes, type_text(stored, addresses.lanes)
        if level is not None:
            self._known[-1].clear()
        name = f"@llvm.masked.gather.{_suffix(stored, lanes)}.v{lanes}p0"
        mask = f"<{lanes} x i1>"
        self.used.add(f"declare {to} {name}(<{lanes} x ptr>, i32, {mask}, {to})")
        at = addresses.level if level is None else level
        text = f"call {to} {name}({addresses.type} {addresses.text}, i32 {SIZES[stored]}, "
        which = self.first_lanes(lanes, lanes if valid is None else valid).text
        value = self._write(f"{text}{mask} {which}, {to} zeroinitializer)", stored, lanes, at)
        return self.not_equal(value, 0) if kind == "bool" else value

    def store_each(self, addresses: Value, value: Value, valid: int | None = None) -> None:
        """Elements to an address for each lane, first to last."""
        if value.kind == "bool":
            value = self.convert(value, "u8")
        lanes = value.lanes
        name = f"@llvm.masked.scatter.{_suffix(value.kind, lanes)}.v{lanes}p0"
        mask = f"<{lanes} x i1>"
        self.used.add(f"declare void {name}({value.type}, <{lanes} x ptr>, i32, {mask})")
        text = f"call void {name}({value.type} {value.text}, {addresses.type} {addresses.text}, "
        which = self.first_lanes(lanes, lanes if valid is None else valid).text
        self.line(f"{text}i32 {SIZES[value.kind]}, {mask} {which})")

    def load(
        self,
        address: Value,
        kind: str,
        lanes: int = 1,
        level: int | None = None,
        valid: int | None = None,
    ) -> Value:
        """Elements from memory. It is written where the address is known, or at ``level``.

        With ``valid``, only so many lanes are read; the others are 0.
        """
        level = address.level if level is None else level
        stored = type_text("u8" if kind == "bool" else kind, lanes)
        name = self.new_name()
        text = f"{name} = load {stored}, ptr {address.text}, align {SIZES[kind]}"
        if valid is not None and valid < lanes:
            unsigned = "u8" if kind == "bool" else kind
            function = f"@llvm.masked.load.{_suffix(unsigned, lanes)}.p0"
            mask = f"<{lanes} x i1>"
            self.used.add(f"declare {stored} {function}(ptr, i32, {mask}, {stored})")
            text = f"{name} = call {stored} {function}(ptr {address.text}, i32 {SIZES[kind]}, "
            text += f"{mask} {self.first_lanes(lanes, valid).text}, {stored} zeroinitializer)"
        self._open[level].append(text)
        value = Value(self, name, "u8" if kind == "bool" else kind, lanes, level)
        return self.not_equal(value, 0) if kind == "bool" else value

    def first_lanes(self, lanes: int, valid: int) -> Value:
        """True in the first ``valid`` lanes."""
        return self.vector("bool", [lane < valid for lane in range(lanes)])

    def store(self, address: Value, value: Value, valid: int | None = None) -> None:
        """Elements to memory, in the innermost loop; with ``valid``, only so many lanes."""
        if value.kind == "bool":
            value = self._write(
                f"zext {value.type} {value.text} to {type_text('u8', value.lanes)}",
                "u8", value.lanes, value.level,
            )  # fmt: skip
        align = SIZES[value.kind]
        if valid is not None and valid < value.lanes:
            function = f"@llvm.masked.store.{_suffix(value.kind, value.lanes)}.p0"
            mask = self.first_lanes(value.lanes, valid)
            self.used.add(f"declare void {function}({value.type}, ptr, i32, {mask.type})")
            text = f"call void {function}({value.type} {value.text}, ptr {address.text}, "
            self.line(f"{text}i32 {align}, {mask.type} {mask.text})")
            return
        self.line(f"store {value.type} {value.text}, ptr {address.text}, align {align}")

    def variable(self, first: Value) -> Variable:
        """Something that the loops to come change."""
        return Variable(self, first)

    # -- loops ---------------------------------------------------------------------------------

    @contextmanager
    def loop(self, start: Value | int, stop: Value | int, step: int = 1) -> Iterator[Value]:
        """``for i in range(start, stop, step)`` of at least one turn; bounds known before it.

        ``stop - start`` must be a multiple of the step.
        """
        first = start if isinstance(start, Value) else self.constant("i64", start)
        last = stop if isinstance(stop, Value) else self.constant("i64", stop)
        if isinstance(start, int) and stop == start + step:
            yield first
            return
        self._labels += 1
        head, done = f"loop{self._labels}", f"done{self._labels}"
        before = self._label[-1]
        name = self.new_name()
        body: list[Any] = []
        inner: list[Any] = []
        body.append(inner)
        self._sequence[-1].append(body)
        self._sequence.append(body)
        self._open.append(inner)
        self._known.append({})
        self._label.append(head)
        yield Value(self, name, "i64", 1, self.depth)
        following = self.new_name()
        more = self.new_name()
        end = self._label.pop()
        body.insert(0, [
            f"br label %{head}",
            f"{head}:",
            f"{name} = phi i64 [ {first.text}, %{before} ], [ {following}, %{end} ]",
        ])  # fmt: skip
        self._sequence.pop()
        self._open.pop()
        self._known.pop()
        after: list[Any] = [
            f"{following} = add nuw nsw i64 {name}, {step}",
            f"{more} = icmp ult i64 {following}, {last.text}",
            f"br i1 {more}, label %{head}, label %{done}",
            f"{done}:",
        ]
        fresh: list[Any] = []
        self._sequence[-1] += [after, fresh]
        self._open[-1] = fresh
        self._label[-1] = done


def _flatten(parts: list[Any], lines: list[str]) -> None:
    for part in parts:
        if isinstance(part, str):
            lines.append(part if part[-1] == ":" else f"  {part}")
        else:
            _flatten(part, lines)


def _suffix(kind: str, lanes: int) -> str:
    name = f"f{SIZES[kind] * 8}" if kind[0] == "f" else LLVM_TYPES[kind]
    return name if lanes == 1 else f"v{lanes}{name}"


def literal(kind: str, number: Any) -> str:
    """A number as LLVM writes it; floating point as the bits of a double."""
    if kind[0] == "f":
        with np.errstate(all="ignore"):
            exact = float(np.float32(number)) if kind == "f32" else float(number)
        return f"0x{struct.unpack('<Q', struct.pack('<d', exact))[0]:016X}"
    if kind == "bool":
        return "true" if number else "false"
    return str(int(number))
