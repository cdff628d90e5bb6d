"""The error of data: what is wrong, where it stands, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


def listed(names: Iterable[Any], most: int = 8) -> str:
    """Names for a message: ``a, b, c``, and how many more there are.

    >>> listed("abcdef", most=2)
    'a, b and 4 more'
    """
    names = [str(name) for name in names]
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def alike(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant: the same but for case and spaces, or the nearest."""
    plain = {"".join(known.casefold().split()): known for known in names}
    found = get_close_matches("".join(name.casefold().split()), plain, n=1, cutoff=0.7)
    return plain[found[0]] if found else None


def no_column(name: str, names: Iterable[str], file: Any = None) -> DataError:
    """The error of a column that is asked for and is not there, with the name nearest to it."""
    names = list(names)
    meant = alike(name, names)
    fix = f"write {meant!r}" if meant else "give one of these"
    what = f"there is no column {name!r}; the columns are {listed(names)}"
    return DataError(what, file=file, fix=fix)


class DataError(OSError, ValueError):
    """Data that cannot be had or used; the message says where it is wrong, and what to do.

    Attributes: ``what`` is wrong, ``file``, ``row`` (the line of the file, from 1, or a text that
    says how rows are counted), ``column``, ``value`` and ``fix``; each None where there is none.

    >>> raise DataError("no number", file="a.csv", row=3, column="age", value="x", fix="correct it")
    Traceback (most recent call last):
    ...
    chainrule.data.errors.DataError: a.csv, row 3, column 'age', value 'x': no number; correct it
    """

    def __init__(
        self,
        what: str,
        *,
        file: Any = None,
        row: int | str | None = None,
        column: str | None = None,
        value: Any = None,
        fix: str | None = None,
    ):
        self.what = what
        self.file = None if file is None else str(file)
        self.row = row
        self.column = column
        self.value = value
        self.fix = fix
        places = (
            self.file,
            row if row is None or isinstance(row, str) else f"row {row:,}",
            None if column is None else f"column {column!r}",
            None if value is None else f"value {_short(value)}",
        )
        place = ", ".join(place for place in places if place is not None)
        super().__init__((place + ": " if place else "") + what + (f"; {fix}" if fix else ""))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]}... ({len(text):,} characters)"
