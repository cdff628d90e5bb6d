"""Object files into memory: so that a warm start needs no LLVM, only the code that it once made.

An object file has sections (code, constants), symbols (names of places in them) and relocations
(places where the distance to a symbol is to be filled in). ``load`` reads the ELF format of x86-64
Linux: it lays the sections out in fresh memory, fills in the distances, and makes code executable
and constants readable, neither writable. Meanings and numbers: System V ABI, AMD64 supplement, and
``elf.h``.
"""

from __future__ import annotations

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
_MOST = 1 << 28  # bytes of code that are still believed

# Relocations: format of the field, and whether it holds a distance or an address.
_RELOCATIONS = {
    1: ("<Q", False),  # R_X86_64_64
    2: ("<i", True),  # R_X86_64_PC32
    4: ("<i", True),  # R_X86_64_PLT32
    24: ("<q", True),  # R_X86_64_PC64
}


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
    """An object file, read with every place checked."""

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
        places, size, code_size = self._layout()
        memory = _new_memory(size)
        base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for number, place in places.items():
            section = self._sections[number]
            memory[place : place + section.size] = self._content(section)
        for section in self._sections:
            if section.kind == _RELA and section.info in places:
                self._relocate(memory, base, places, section)
        _protect(base, code_size, mmap.PROT_READ | mmap.PROT_EXEC)
        _protect(base + code_size, size - code_size, mmap.PROT_READ)
        return Code(self._addresses(names, base, places), memory)

    def _layout(self) -> tuple[dict[int, int], int, int]:
        """Place of each section, bytes in all, and bytes of the pages with code, the first."""
        places: dict[int, int] = {}
        end = code_end = 0
        for wanted in (_EXECUTE, 0):
            for number, section in enumerate(self._sections):
                if not section.flags & _ALLOC or section.flags & _EXECUTE != wanted:
                    continue
                if section.size == 0 or section.kind == _UNWIND:
                    continue
                self._check(section)
                end = -(-end // max(section.align, 1)) * max(section.align, 1)
                places[number] = end
                end += section.size
            end = -(-end // mmap.PAGESIZE) * mmap.PAGESIZE
            code_end = code_end or end
        if not 0 < end <= _MOST:
            raise BadObject(f"object file: {end} bytes of code")
        return places, end, code_end

    def _check(self, section: _Section) -> None:
        if section.kind != _PROGBITS or section.flags & _WRITE:
            raise BadObject("object file: a section that is neither code nor constants")
        if section.align & (section.align - 1) or section.align > mmap.PAGESIZE:
            raise BadObject("object file: an alignment that memory has not")
        if section.size > _MOST:
            raise BadObject("object file: a section of an impossible size")

    def _relocate(self, memory: Any, base: int, places: dict[int, int], table: _Section) -> None:
        """Fill in the distances (or addresses) that one section leaves open."""
        place, size = places[table.info], self._sections[table.info].size
        for offset, info, addend in struct.iter_unpack("<QQq", self._content(table)):
            if info & 0xFFFFFFFF not in _RELOCATIONS:
                raise BadObject(f"object file: relocation of kind {info & 0xFFFFFFFF}")
            form, is_distance = _RELOCATIONS[info & 0xFFFFFFFF]
            if offset + struct.calcsize(form) > size:
                raise BadObject("object file: a relocation outside its section")
            value = self._place_of(info >> 32, places) + addend
            value += -(place + offset) if is_distance else base
            struct.pack_into(form, memory, place + offset, value)

    def _place_of(self, number: int, places: dict[int, int]) -> int:
        """Where in memory a symbol is."""
        if number >= len(self._symbols):
            raise BadObject("object file: a symbol that is not there")
        symbol = self._symbols[number]
        if symbol.section not in places:
            raise BadObject(f"object file: {self._name(symbol) or 'a symbol'} is defined elsewhere")
        if symbol.value > self._sections[symbol.section].size:
            raise BadObject("object file: a symbol outside its section")
        return places[symbol.section] + symbol.value

    def _addresses(self, names: list[str], base: int, places: dict[int, int]) -> dict[str, int]:
        found = {
            self._name(symbol): base + self._place_of(number, places)
            for number, symbol in enumerate(self._symbols)
            if symbol.info >> 4 and symbol.section in places  # not a local name
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
