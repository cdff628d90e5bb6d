"""Tables from CSV: columns of numbers and a target, or an error that names the row and column."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import DataError

MOST_CLASSES = 10  # a target of at most so many different whole numbers or words is of classes


@dataclass(frozen=True)
class Table:
    """Numbers to learn from: x (rows, features) and y (rows,), float64, with the columns' names.

    ``classes`` names the classes, which y numbers from 0; it is empty where y is a quantity.

    >>> read_csv("a,b,kind\\n1,2,no\\n3,4,yes\\n")
    Table(2 rows, features a, b; target kind: no, yes)
    """

    x: np.ndarray
    y: np.ndarray
    features: tuple[str, ...]
    target: str
    classes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        about = ": " + ", ".join(self.classes) if self.classes else ", a number"
        names = ", ".join(self.features)
        return f"Table({len(self.y):,} rows, features {names}; target {self.target}{about})"


def read_csv(source: str | Path, target: str | None = None, rows: int | None = None) -> Table:
    """A table from a CSV file (a path), or from its text (anything with a line break).

    The first row holds the names. Columns are separated by commas, semicolons or tabs; the target
    is the last one unless it is named. A target of words, or of at most 10 different whole
    numbers, is of classes; any other is a quantity. ``rows`` is the largest number allowed.
    Raises ``DataError`` that says which row and column is wrong, and how.

    >>> table = read_csv("a;b;y\\n1;2;0.5\\n3;4;0.25\\n")
    >>> table.x.tolist(), table.y.tolist()
    ([[1.0, 2.0], [3.0, 4.0]], [0.5, 0.25])
    """
    text = source if isinstance(source, str) and "\n" in source else _read(Path(source))
    lines = text.splitlines()
    head = lines[0] if lines else ""
    found = list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=head.count)))
    numbered = [(i, row) for i, row in enumerate(found, 1) if any(map(str.strip, row))]
    if len(numbered) < 3:
        raise DataError(
            "the table needs a first row with names and at least two rows of numbers; "
            f"it has {len(numbered)} rows in all"
        )
    names = _names(numbered[0][1])
    body = numbered[1:]
    if rows is not None and len(body) > rows:
        raise DataError(f"the table has {len(body):,} rows; at most {rows:,} can be shown here")
    target = names[-1] if target is None else target
    if target not in names:
        raise DataError(f"there is no column {target!r}; the columns are {', '.join(names)}")
    for i, row in body:
        if len(row) != len(names):
            raise DataError(f"row {i} has {len(row)} cells, the first row has {len(names)}")
    place = names.index(target)
    features = tuple(name for name in names if name != target)
    columns = {name: [(i, row[at].strip()) for i, row in body] for at, name in enumerate(names)}
    x = np.array([_numbers(name, columns[name]) for name in features]).T
    y, classes = _target(names[place], columns[target])
    return Table(x, y, features, target, classes)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is no text in UTF-8: save it as CSV (UTF-8)") from error


def _names(row: list[str]) -> list[str]:
    names = [name.strip().lstrip("\ufeff") for name in row]
    if len(names) < 2:
        raise DataError(
            "the table has one column; it needs a feature and a target, separated by "
            "commas, semicolons or tabs"
        )
    if all(map(_is_number, names)):
        raise DataError("row 1 holds numbers; it must hold the names of the columns")
    for at, name in enumerate(names, 1):
        if not name:
            raise DataError(f"row 1, column {at}: this column has no name")
        if names.count(name) > 1:
            raise DataError(f"row 1: the name {name!r} stands more than once")
    return names


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _numbers(name: str, cells: list[tuple[int, str]]) -> list[float]:
    for i, cell in cells:
        if not _is_number(cell):
            what = f"{cell!r} is no finite number" if cell else "this cell is empty"
            hint = "; write decimals with a point" if "," in cell else ""
            raise DataError(f"row {i}, column {name!r}: {what}{hint}")
    return [float(cell) for _, cell in cells]


def _target(name: str, cells: list[tuple[int, str]]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Numbers, or classes in order and their names."""
    for i, cell in cells:
        if not cell:
            raise DataError(f"row {i}, column {name!r}: this cell is empty")
    values = [cell for _, cell in cells]
    is_words = not all(map(_is_number, values))
    if not is_words:
        numbers = np.array(_numbers(name, cells))
        kinds = np.unique(numbers)
        if len(kinds) > MOST_CLASSES or (kinds != np.round(kinds)).any():
            return numbers, ()
        values = [f"{number:g}" for number in numbers]
        names = [f"{kind:g}" for kind in kinds]
    else:
        names = sorted(set(values))
    if len(names) > MOST_CLASSES:
        if all(map(_is_number, values[: len(values) // 2])):
            _numbers(name, cells)  # most are numbers: say which one is not
        raise DataError(
            f"column {name!r} holds {len(names)} different words; a target has at most "
            f"{MOST_CLASSES} classes, or is a number"
        )
    if len(names) < 2:
        raise DataError(f"column {name!r} is {names[0]!r} in every row; there is nothing to learn")
    return np.array([names.index(value) for value in values], np.float64), tuple(names)
