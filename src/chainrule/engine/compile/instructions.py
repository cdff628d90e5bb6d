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

from .arithmetic import Arithmetic
from .blocks import Variable
from .value import (
    LLVM_TYPES,
    SIZES,
    Value,
    kind_of,
    suffix,
    type_text,
)

__all__ = ["LLVM_TYPES", "SIZES", "Instructions", "Value", "Variable", "kind_of", "type_text"]


class Instructions(Arithmetic):
    """The body of a function under construction: all operations, and those on memory."""

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
        name = f"@llvm.masked.gather.{suffix(stored, lanes)}.v{lanes}p0"
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
        name = f"@llvm.masked.scatter.{suffix(value.kind, lanes)}.v{lanes}p0"
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
            function = f"@llvm.masked.load.{suffix(unsigned, lanes)}.p0"
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
                "u8",
                value.lanes,
                value.level,
            )
        align = SIZES[value.kind]
        if valid is not None and valid < value.lanes:
            function = f"@llvm.masked.store.{suffix(value.kind, value.lanes)}.p0"
            mask = self.first_lanes(value.lanes, valid)
            self.used.add(f"declare void {function}({value.type}, ptr, i32, {mask.type})")
            text = f"call void {function}({value.type} {value.text}, ptr {address.text}, "
            self.line(f"{text}i32 {align}, {mask.type} {mask.text})")
            return
        self.line(f"store {value.type} {value.text}, ptr {address.text}, align {align}")
