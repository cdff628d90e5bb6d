"""How the cells of a text file are separated, and what its columns are called."""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError, listed
from .options import check_names

SEPARATORS = "\t;|,"  # where several fit, the first: commas are decimal more often than others
SAMPLE = 1 << 18  # bytes that are looked at
ROWS = 100
NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*")
RISING = 8  # so many numbers that rise are names (of wavelengths, years), not a row of data
SIGN_LINE = re.compile(r"\s*sep=(.)\s*", re.IGNORECASE)  # which Excel writes


@dataclass(frozen=True)
class Dialect:
    """The separator, the names, and how many rows stand before the first one of data."""

    separator: str
    names: tuple[str, ...]
    skip: int


def dialect(data: bytes, header: bool, separator: str | None, file: Path) -> Dialect:
    """Look at the first rows of a text."""
    text = data[:SAMPLE].decode("utf-8", "replace")
    lines = [line + "\n" for line in text.removesuffix("\n").split("\n")]
    if len(data) > SAMPLE:
        lines.pop()
    lines = lines[: 4 * ROWS]
    skip = 0
    while lines and not lines[0].strip():
        lines.pop(0)
        skip += 1
    if not lines:
        raise DataError("the file is empty", file=file, fix="give a table with rows")
    declared = SIGN_LINE.fullmatch(lines[0])
    if declared:
        separator = separator or declared[1]
        lines.pop(0)
        skip += 1
    if separator is not None and (len(separator) != 1 or not separator.isascii()):
        fix = "use ',' or ';' or '|' or '\\t' or ' '"
        raise DataError(f"a separator is one character, not {separator!r}", fix=fix)
    found = separator or _separator(lines)
    rows = _rows(lines, found)
    if not rows:
        raise DataError("the file has no rows", file=file, fix="give a table with rows")
    if lines[0].startswith("#") and len(rows[0]) == 1 and len(rows) > 1 and len(rows[1]) > 1:
        raise DataError(
            "the file begins with a comment, not with names",
            file=file,
            row=skip + 1,
            value=lines[0].strip(),
            fix="remove the lines of comment",
        )
    if len(rows[0]) == 1:
        _refuse_wrong_separator(lines, separator, file, skip + 1)
    if not header:
        return Dialect(found, tuple(f"column_{i}" for i in range(1, len(rows[0]) + 1)), skip)
    names = tuple(name.strip() for name in rows[0])
    _check_header(names, rows, file, skip + 1)
    return Dialect(found, names, skip + 1)


def _rows(lines: list[str], separator: str) -> list[list[str]]:
    """The first rows that are not blank, as far as they can be read."""
    rows = []
    with contextlib.suppress(csv.Error):  # what is wrong is told when the cells are counted
        for row in csv.reader(lines, delimiter=separator):
            rows += [row] if row else []
            if len(rows) == ROWS:
                break
    return rows


def _separator(lines: list[str]) -> str:
    """The one that cuts all rows into the same number of cells; else the first row's best."""
    best, share = ",", 0.0
    for sign in SEPARATORS:
        counts = [len(row) for row in _rows(lines, sign)]
        if not counts or counts[0] == 1:
            continue
        same = counts.count(counts[0]) / len(counts)
        if same == 1.0:
            return sign
        if same > share:
            best, share = sign, same
    return best


def _refuse_wrong_separator(lines: list[str], asked: str | None, file: Path, row: int) -> None:
    meant = _separator(lines)
    if asked is not None and len(_rows(lines, meant)[0]) > 1:
        raise DataError(
            f"with the separator {asked!r} every row has one cell",
            file=file,
            row=row,
            value=lines[0].strip(),
            fix=f"use separator={meant!r}",
        )
    counts = {len(line.split()) for line in lines[:ROWS] if line.strip()}
    by_spaces = [len(line.split(" ")) for line in lines[:ROWS] if line.strip()]
    if asked is None and len(counts) == 1 and counts.pop() > 1 and '"' not in lines[0]:
        single = len(set(by_spaces)) == 1 and all("  " not in line.strip() for line in lines)
        numbers = sum(bool(NUMBER.fullmatch(cell)) for line in lines[1:20] for cell in line.split())
        if len(lines) > 1 and numbers > len(lines[1:20]):
            raise DataError(
                "the cells seem to be separated by spaces",
                file=file,
                row=row,
                value=lines[0].strip(),
                fix="use separator=' '" if single else "put one comma or tab between two cells",
            )


def _check_header(names: tuple[str, ...], rows: list[list[str]], file: Path, row: int) -> None:
    numbers = [float(name.replace(",", ".")) for name in names if NUMBER.fullmatch(name)]
    if _are_data(names, numbers):
        raise DataError(
            f"the first row should hold names, but holds numbers: {listed(names, 4)}",
            file=file,
            row=row,
            value=next(name for name in names if NUMBER.fullmatch(name)),
            fix="if it is data use header=False (--no-header); names need a letter",
        )
    if not names[-1] and all(not cells[-1].strip() for cells in rows[1:]):
        raise DataError(
            f"column {len(names)} has no name, and no values",
            file=file,
            row=row,
            fix="remove the separator at the end of every line",
        )
    check_names(names, file, row)


def _are_data(names: tuple[str, ...], numbers: list[float]) -> bool:
    """Whether a first row is data: more than half numbers, which neither count nor rise."""
    if 2 * len(numbers) <= len(names):
        return False
    steps = [b - a for a, b in itertools.pairwise(numbers)]
    counts = len(numbers) > 2 and numbers[0] in (0.0, 1.0) and all(step == 1 for step in steps)
    rises = len(numbers) >= RISING and all(step > 0 for step in steps)
    return not (counts or rises)
