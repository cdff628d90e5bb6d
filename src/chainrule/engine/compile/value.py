"""Values of LLVM's language, with the operators of numbers; and how numbers are written in it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .instructions import Instructions

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
    emit: Instructions

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
            found = self.emit.write(f"fneg {self.type} {self.text}", self)
            self.emit.opposite[found.text] = self
            return found
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


def suffix(kind: str, lanes: int) -> str:
    """How the names of LLVM's functions end for a type: ``f32``, ``v8i1``."""
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
