"""A learner's own table: CSV to a data set of two classes, or words on what is wrong with it."""

from __future__ import annotations

import csv
import io
from collections import Counter

import numpy as np

from ..data import Dataset
from .widget import UserError

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 4_000_000, 20_000, 200
FEWEST_OF_A_CLASS = 10


def read_table(name: str, text: str) -> Dataset:
    r"""The table in a CSV text; columns are separated by comma, semicolon or tab.

    The class is the last column, or the only one that holds words; it has two values, and the one
    that sorts last is class 1. The other columns hold numbers. A first line of names is optional.

    >>> rows = "".join(f"{i},{i % 7},{'no' if i < 15 else 'yes'}\n" for i in range(30))
    >>> read_table("mine.csv", "size,charge,soluble\n" + rows)
    Dataset('mine.csv': 30 rows, 2 features, no 15, yes 15)
    """
    if len(text) > MOST_BYTES:
        raise UserError(f"The file is larger than {MOST_BYTES // 1_000_000} MB.")
    rows = _rows(text.removeprefix("\ufeff"))
    first = rows[0][1]
    has_names = not any(_is_number(cell) for cell in first)
    names = first if has_names else [f"column {i + 1}" for i in range(len(first))]
    body = rows[1:] if has_names else rows
    if not body:
        raise UserError("The file has a line of names, and no rows below it.")
    which = _class_column(body, len(names))
    classes = _two_classes(names[which], [cells[which] for _, cells in body])
    features = [i for i in range(len(names)) if i != which]
    x = [[_number(cells[i], line, names[i]) for i in features] for line, cells in body]
    return Dataset(
        name=name[:80],
        x=np.array(x),
        y=np.array([float(cells[which] == classes[1]) for _, cells in body]),
        features=tuple(names[i] for i in features),
        classes=classes,
    )


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """(line number, cells) of each line that is not empty; all of one length."""
    head = text[:4000].partition("\n")[0]
    separator = max(",;\t", key=head.count)
    if not head.count(separator):
        raise UserError(
            "This does not look like a table: there is no comma, semicolon or tab in line 1."
        )
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, [cell.strip() for cell in cells]))
            if len(rows) > MOST_ROWS + 1:
                raise UserError(f"At most {MOST_ROWS:,} rows are read.")
    except csv.Error as error:
        raise UserError(f"Line {reader.line_num} cannot be read: {error}.") from None
    if not rows:
        raise UserError("The file is empty.")
    width = len(rows[0][1])
    if not 2 <= width <= MOST_COLUMNS:
        raise UserError(f"From 2 to {MOST_COLUMNS} columns are read, the file has {width}.")
    for line, cells in rows:
        if len(cells) != width:
            raise UserError(f"Line {line} has {len(cells)} cells, line {rows[0][0]} has {width}.")
    return rows


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _class_column(body: list[tuple[int, list[str]]], width: int) -> int:
    words = [i for i in range(width) if not any(_is_number(cells[i]) for _, cells in body)]
    return words[0] if len(words) == 1 else width - 1


def _two_classes(name: str, cells: list[str]) -> tuple[str, str]:
    counts = Counter(cells)
    if len(counts) != 2:
        seen = ", ".join(repr(value) for value in list(counts)[:4])
        more = ", …" if len(counts) > 4 else ""
        raise UserError(
            f"The class, here “{name}”, must have exactly two values; "
            f"it has {len(counts):,}: {seen}{more}."
        )
    low, high = sorted(counts, key=lambda cell: (float(cell) if _is_number(cell) else 0, cell))
    rarer = min(counts, key=lambda cell: counts[cell])
    if counts[rarer] < FEWEST_OF_A_CLASS:
        raise UserError(
            f"Only {counts[rarer]} rows are of class {rarer!r}; each of the three parts needs "
            f"some of both, so at least {FEWEST_OF_A_CLASS} are needed."
        )
    return low, high


def _number(cell: str, line: int, column: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        what = f"“{cell[:30]}”, which is not a number" if cell else "empty"
        raise UserError(f"Line {line}, column “{column}”, is {what}.") from None
    if not np.isfinite(value):
        raise UserError(f"Line {line}, column “{column}”, is {cell}; a finite number is needed.")
    return value
