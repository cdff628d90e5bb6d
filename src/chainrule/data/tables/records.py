"""Text in blocks of whole rows, each of the right number of cells, with the lines they stand on.

Quotes are those of RFC 4180: a cell that begins with one ends with one, and quotes inside it are
doubled. Whatever else is met is an error that names the row, for a stray quote moves cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError

LONGEST = 1 << 24  # bytes of a row; a longer one is a quote that was never closed
NEWLINE, RETURN, QUOTE = b'\n\r"'
ANY = tuple(b",;\t| ")  # what may be a separator, before that is known


@dataclass(frozen=True)
class Block:
    """Whole rows of a text file, and the line of the file that each begins on."""

    data: bytes
    lines: Sequence[int] | np.ndarray
    file: Path

    def place(self, index: int) -> dict[str, Any]:
        """The file and row of an error."""
        return {"file": self.file, "row": int(self.lines[index])}

    @property
    def end(self) -> int:
        """The line after the last."""
        if isinstance(self.lines, range):
            return self.lines.stop
        return int(self.lines[0]) + self.data.count(b"\n")

    def after(self, rows: int) -> Block:
        """The block without its first rows."""
        if rows >= len(self.lines):
            return Block(b"", [], self.file)
        start = 0
        for _ in range(int(self.lines[rows]) - int(self.lines[0])):
            start = self.data.index(b"\n", start) + 1
        return Block(self.data[start:], self.lines[rows:], self.file)


def blocks(chunks: Iterable[bytes], file: Path) -> Iterator[Block]:
    """Cut chunks of text at the ends of rows; empty chunks and an empty file give no block."""
    rest = b""
    line = 1
    for chunk in chunks:
        rest += chunk
        end = _end_of_rows(rest)
        if end == 0:
            if len(rest) > LONGEST:
                raise _not_closed(rest, line, file)
            continue
        block = _block(rest[:end], line, file)
        yield block
        line = block.end
        rest = rest[end:]
    if rest:
        if not rest.endswith(b"\n"):
            rest += b"\n"
        if _end_of_rows(rest) != len(rest):
            raise _not_closed(rest, line, file)
        yield _block(rest, line, file)


def _end_of_rows(data: bytes) -> int:
    """Where the last whole row ends, 0 if there is none."""
    if b'"' not in data:
        return data.rfind(b"\n") + 1
    ends = _row_ends(np.frombuffer(data, np.uint8))
    return int(ends[-1]) + 1 if len(ends) else 0


def _block(data: bytes, line: int, file: Path) -> Block:
    if b'"' not in data:
        return Block(data, range(line, line + data.count(b"\n")), file)
    ends = _row_ends(np.frombuffer(data, np.uint8))
    starts = np.concatenate([[0], ends[:-1] + 1])
    newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == NEWLINE)
    return Block(data, line + np.searchsorted(newlines, starts), file)


def _row_ends(codes: np.ndarray) -> np.ndarray:
    """Places of the line feeds that are not inside quotes."""
    newlines = np.flatnonzero(codes == NEWLINE)
    quotes = np.flatnonzero(codes == QUOTE)
    return newlines[np.searchsorted(quotes, newlines) % 2 == 0]


def checked(block: Block, separator: str, cells: int) -> Block:
    """The block without its blank lines; an error where a row has not so many cells."""
    data = block.data
    simple = b'"' not in data and len(block.lines) * (cells - 1) == data.count(separator.encode())
    if simple and (cells > 1 or not _blank_at_end(data)):
        return block  # rows that are too long are left for polars to find
    return exactly_checked(block, separator, cells)


def _blank_at_end(data: bytes) -> bool:
    return data.endswith((b"\n\n", b"\n\r\n"))


def exactly_checked(block: Block, separator: str, cells: int) -> Block:
    """As ``checked``, by the places of all separators."""
    codes = np.frombuffer(block.data, np.uint8)
    sign = ord(separator)
    _check_quotes(block, codes, (sign,))
    ends = _row_ends(codes)
    starts = np.concatenate([[0], ends[:-1] + 1])
    separators = np.flatnonzero(codes == sign)
    quotes = np.flatnonzero(codes == QUOTE)
    separators = separators[np.searchsorted(quotes, separators) % 2 == 0]
    found = np.searchsorted(separators, ends) - np.searchsorted(separators, starts) + 1
    blank = _blank_rows(block.data, starts, ends, found, cells)
    wrong = np.flatnonzero((found != cells) & ~blank)
    if len(wrong):
        at = int(wrong[0])
        row = block.data[starts[at] : ends[at]].decode("utf-8", "replace").strip()
        longer = bool((found[~blank] == cells + 1).all())
        raise _wrong_count(block, at, int(found[at]), cells, separator, row, longer)
    if not blank.any():
        return block
    keep = np.repeat(~blank, ends + 1 - starts)
    return Block(codes[keep].tobytes(), np.asarray(block.lines)[~blank], block.file)


def _blank_rows(
    data: bytes, starts: np.ndarray, ends: np.ndarray, found: np.ndarray, cells: int
) -> np.ndarray:
    """Which rows are blank lines. In a single column that is a missing cell, but for the last."""
    blank = np.zeros(len(ends), bool)
    candidates = np.flatnonzero(found == 1)
    if cells == 1:
        candidates = candidates[::-1]
    for at in candidates:
        blank[at] = not data[starts[at] : ends[at]].strip()
        if cells == 1 and not blank[at]:
            break
    return blank


def _check_quotes(block: Block, codes: np.ndarray, separators: tuple[int, ...]) -> None:
    """Opening quotes begin a cell, closing ones end it; doubled ones stand inside."""
    quotes = np.flatnonzero(codes == QUOTE)
    if not len(quotes):
        return
    opening, closing = quotes[::2], quotes[1::2]
    doubled = np.zeros(len(opening), bool)
    doubled[1:] = opening[1:] == closing[:-1] + 1
    before = np.where(opening > 0, codes[opening - 1], NEWLINE)
    begins = doubled | np.isin(before, (*separators, NEWLINE))
    ends = np.isin(codes[closing + 1], (*separators, NEWLINE, RETURN))
    ends[:-1] |= doubled[1:]
    wrong = np.flatnonzero(~(begins & ends))
    if not len(wrong):
        return
    at = int(wrong[0])
    inside = not begins[at]
    while doubled[at]:
        at -= 1
    start = int(opening[at])
    line_start = block.data.rfind(b"\n", 0, start) + 1
    line = block.data[max(line_start, start - 20) : start + 30].partition(b"\n")[0]
    raise DataError(
        "a quote stands inside a cell"
        if inside
        else "a quote opens a cell here and does not end it",
        file=block.file,
        row=int(block.lines[0]) + block.data.count(b"\n", 0, start),
        value=line.decode("utf-8", "replace").strip(),
        fix='put the whole cell in quotes, and double those inside it: "a ""b"" c"',
    )


def _not_closed(data: bytes, line: int, file: Path) -> DataError:
    """The error of the last quote, if not an earlier one is stray."""
    closed = data + b'"\n'
    _check_quotes(Block(closed, [line], file), np.frombuffer(closed, np.uint8), ANY)
    start = data.rfind(b'"')
    return DataError(
        "a quote that is opened here is never closed",
        file=file,
        row=line + data.count(b"\n", 0, start),
        value=data[start : start + 40].decode("utf-8", "replace"),
        fix="close it, or double it if it belongs to the text",
    )


def _wrong_count(
    block: Block, at: int, found: int, cells: int, separator: str, row: str, longer: bool
) -> DataError:
    name = {"\t": "tabs", " ": "spaces"}.get(separator, repr(separator))
    fix = "give every row as many cells as the first"
    if longer and at == 0:
        fix = "the first column seems to have no name: put one before the others"
    elif found > cells:
        fix = f"put cells that contain {name} in quotes"
        if separator == ",":
            fix += ", and write decimals with a point"
    return DataError(
        f"this row has {found} {'cell' if found == 1 else 'cells'}, the first row has {cells} "
        f"(separated by {name})",
        value=row,
        fix=fix,
        **block.place(at),
    )
