"""Object files into memory: so that a warm start needs no LLVM, only the code that it once made.

An object file has sections (code, constants), symbols (names of places in them) and relocations
(places where the distance to a symbol is to be filled in). ``load`` reads the ELF format of x86-64
Linux: it lays the sections out in fresh memory, fills in the distances, and makes code executable
and constants readable, neither writable. Meanings and numbers: System V ABI, AMD64 supplement, and
``elf.h``.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import mmap
import platform
import struct
import sys
from typing import Any, NamedTuple

from ..errors import CompilationUnavailable

_PROGBITS, _SYMTAB, _RELA, _UNWIND = 1, 2, 4, 0x70000001  # kinds of sections
_WRITE, _ALLOC, _EXECUTE = 1, 2, 4  # their flags
_X86_64 = 62
_GLOBAL_FUNCTION = 0x12
_JUMP = 0x25FF  # jmp *(%rip): to the address that follows the instruction
_MOST = 1 << 28  # bytes of code that are still believed

# Relocations: format of the field, and whether it holds a distance or an address.
_RELOCATIONS = {
    1: ("<Q", False),  # R_X86_64_64
    2: ("<i", True),  # R_X86_64_PC32
    4: ("<i", True),  # R_X86_64_PLT32
    24: ("<q", True),  # R_X86_64_PC64
}

# What the code generator calls where the processor has no instruction for it.
_ROUNDING = ("floor", "ceil", "trunc", "round", "roundeven", "rint", "nearbyint", "fmod")
_LIBRARY = {"memcpy", "memmove", "memset", *_ROUNDING, *(f"{name}f" for name in _ROUNDING)}


class BadObject(ValueError):
    """An object file that is damaged, or has something that this loader does not know."""


class Code:
    """Functions in memory, mapped as long as this object lives."""

    def __init__(self, addresses: dict[str, int], memory: Any) -> None:
        self._addresses, self._memory = addresses, memory

    def address(self, name: str) -> int:
        """Where a function begins."""
        return self._addresses[name]


class _Section(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry_size: int


class _Symbol(NamedTuple):
    name: int
    info: int
    other: int
    section: int
    value: int
    size: int


def is_supported() -> bool:
    """Whether this platform's object files can be loaded without LLVM."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def load(code: bytes, names: list[str]) -> Code:
    """The functions ``names`` of an object file, ready to be called.

    Raises
    ------
    BadObject
        If the file is damaged or needs more than this loader knows, such as another library.
    CompilationUnavailable
        If the system lets no memory be executed.
    """
    try:
        return _Object(code).load(names)
    except (struct.error, UnicodeDecodeError, OverflowError) as error:
        raise BadObject(f"object file: {error}") from None


class _Object:
    """An object file, read with every number in it checked."""

    def __init__(self, code: bytes) -> None:
        self._code = code
        magic, kind, machine = struct.unpack_from("<6s10xHH", code)
        if (magic, kind, machine) != (b"\x7fELF\x02\x01", 1, _X86_64):
            raise BadObject("object file: not an ELF object for x86-64")
        start, size, count = struct.unpack_from("<40xQ10xHH", code)
        if size != 64:
            raise BadObject("object file: section headers of an unknown size")
        table = self._slice(start, size * count)
        self._sections = [_Section(*s) for s in struct.iter_unpack("<IIQQQQIIQQ", table)]
        tables = [section for section in self._sections if section.kind == _SYMTAB]
        if len(tables) != 1:
            raise BadObject("object file: not exactly one table of symbols")
        self._symbols = [
            _Symbol(*s) for s in struct.iter_unpack("<IBBHQQ", self._content(tables[0]))
        ]
        self._names = self._content(self._section(tables[0].link))

    def load(self, names: list[str]) -> Code:
        """Lay out, fill in, protect."""
        code_size, size = self._lay_out()
        memory = _new_memory(size)
        base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for number, place in self._places.items():
            section = self._sections[number]
            memory[place : place + section.size] = self._content(section)
        for number, place in self._jumps.items():
            name = self._name(self._symbols[number])
            struct.pack_into("<HIQ", memory, place, _JUMP, 0, _library_function(name))
        for section in self._sections:
            if section.kind == _RELA and section.info in self._places:
                self._relocate(memory, base, section)
        _protect(base, code_size, mmap.PROT_READ | mmap.PROT_EXEC)
        _protect(base + code_size, size - code_size, mmap.PROT_READ)
        return Code(self._addresses(names, base), memory)

    def _lay_out(self) -> tuple[int, int]:
        """Find a place for everything; bytes of the pages with code, which come first, and of all.

        Behind the code stand jumps to the library functions that it calls, which may be anywhere
        in memory, too far for a distance of 32 bits.
        """
        self._places: dict[int, int] = {}
        self._jumps: dict[int, int] = {}
        end = self._lay_out_sections(0, _EXECUTE)
        for number, symbol in enumerate(self._symbols):
            if number and symbol.section == 0:
                self._jumps[number] = end = _rounded(end, 16)
                end += 16
        code_size = _rounded(end, mmap.PAGESIZE)
        size = _rounded(self._lay_out_sections(code_size, 0), mmap.PAGESIZE)
        if not 0 < size <= _MOST:
            raise BadObject(f"object file: {size} bytes of code")
        return code_size, size

    def _lay_out_sections(self, end: int, wanted: int) -> int:
        for number, section in enumerate(self._sections):
            if not section.flags & _ALLOC or section.flags & _EXECUTE != wanted:
                continue
            if section.size == 0 or section.kind == _UNWIND:
                continue
            if section.kind != _PROGBITS or section.flags & _WRITE:
                raise BadObject("object file: a section that is neither code nor constants")
            align = max(section.align, 1)
            if align & (align - 1) or align > mmap.PAGESIZE or section.size > _MOST:
                raise BadObject("object file: a section of an impossible size or alignment")
            self._places[number] = end = _rounded(end, align)
            end += section.size
        return end

    def _relocate(self, memory: Any, base: int, table: _Section) -> None:
        """Fill in the distances (or addresses) that one section leaves open."""
        start, size = self._places[table.info], self._sections[table.info].size
        for offset, info, addend in struct.iter_unpack("<QQq", self._content(table)):
            if info & 0xFFFFFFFF not in _RELOCATIONS:
                raise BadObject(f"object file: relocation of kind {info & 0xFFFFFFFF}")
            form, is_distance = _RELOCATIONS[info & 0xFFFFFFFF]
            if offset + struct.calcsize(form) > size:
                raise BadObject("object file: a relocation outside its section")
            value = self._place_of(info >> 32) + addend
            value += -(start + offset) if is_distance else base
            struct.pack_into(form, memory, start + offset, value)

    def _place_of(self, number: int) -> int:
        """Where in our memory a symbol is."""
        if number in self._jumps:
            return self._jumps[number]
        if number >= len(self._symbols):
            raise BadObject("object file: a symbol that is not there")
        symbol = self._symbols[number]
        if symbol.section not in self._places:
            raise BadObject("object file: a symbol in no section")
        if symbol.value > self._sections[symbol.section].size:
            raise BadObject("object file: a symbol outside its section")
        return self._places[symbol.section] + symbol.value

    def _addresses(self, names: list[str], base: int) -> dict[str, int]:
        found = {
            self._name(symbol): base + self._place_of(number)
            for number, symbol in enumerate(self._symbols)
            if symbol.info == _GLOBAL_FUNCTION and symbol.section in self._places
        }
        missing = set(names) - found.keys()
        if missing:
            raise BadObject(f"object file: no function {', '.join(sorted(missing))}")
        return {name: found[name] for name in names}

    def _name(self, symbol: _Symbol) -> str:
        end = self._names.find(b"\0", symbol.name)
        if end < 0:
            raise BadObject("object file: a name outside its table")
        return self._names[symbol.name : end].decode()

    def _section(self, number: int) -> _Section:
        if number >= len(self._sections):
            raise BadObject("object file: a section that is not there")
        return self._sections[number]

    def _content(self, section: _Section) -> bytes:
        return self._slice(section.offset, section.size)

    def _slice(self, start: int, size: int) -> bytes:
        if start + size > len(self._code):
            raise BadObject("object file: cut off")
        return self._code[start : start + size]


def _new_memory(size: int) -> mmap.mmap:
    try:
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise CompilationUnavailable(f"no memory for {size} bytes of code: {error}") from None


@functools.cache
def _library_function(name: str) -> int:
    """Address of a function of the C library that generated code may call."""
    if name in _LIBRARY:
        for library in (None, "libm.so.6"):
            with contextlib.suppress(OSError, AttributeError):
                function = ctypes.cast(getattr(ctypes.CDLL(library), name), ctypes.c_void_p)
                if function.value:
                    return function.value
    raise BadObject(f"object file: {name} is defined elsewhere")


def _rounded(number: int, step: int) -> int:
    """The next multiple of ``step``."""
    return -(-number // step) * step


@functools.cache
def _mprotect() -> Any:
    function = ctypes.CDLL(None, use_errno=True).mprotect
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return function


def _protect(address: int, size: int, protection: int) -> None:
    if size and _mprotect()(address, size, protection):
        number = ctypes.get_errno()
        raise CompilationUnavailable(
            f"this system lets no memory be executed (mprotect: error {number}); "
            "everything is evaluated instead"
        )
