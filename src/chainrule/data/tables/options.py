"""How a table is read: the choices of ``read``, checked once, and the columns that they want."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import DataError, alike, listed, no_column
from .cells import MISSING
from .schema import KINDS, place_of


@dataclass(frozen=True)
class Options:
    """The keyword arguments of ``read``."""

    header: bool = True
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    missing: Sequence[str] = MISSING
    types: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[str | int] | None = None

    def __post_init__(self) -> None:
        if self.decimal not in (None, ".", ","):
            fix = "use '.' or ','"
            raise DataError(f"the decimal sign cannot be {self.decimal!r}", fix=fix)
        for name, kind in (self.types or {}).items():
            check_kind(name, kind)

    def kind(self, name: str) -> str | None:
        """What kind a column shall have, if that was said."""
        return (self.types or {}).get(name)

    def wanted(self, names: Sequence[str], file: Any) -> list[str]:
        """The columns to read, of those that are there; an error where one is not."""
        names = list(names)
        check_names(names, file)
        for name in self.types or {}:
            if name not in names:
                raise _no_column_of_kind(name, names, file)
        chosen = names
        if self.columns is not None:
            places = [place_of(one, names) for one in self.columns]
            if None in places:
                raise no_column(str(self.columns[places.index(None)]), names, file)
            chosen = [names[place] for place in places]
        return [name for name in chosen if self.kind(name) != "ignore"]


def check_kind(name: str, kind: str) -> None:
    """An error where a kind of column is none of ``KINDS``, nor a form of dates."""
    if kind not in KINDS and "%" not in str(kind):
        fix = f"use one of {listed(KINDS)}, or a form of dates such as '%d.%m.%Y'"
        raise DataError(f"there is no kind {kind!r}", column=name, fix=fix)


def check_names(names: Sequence[str], file: Any, row: int | None = None) -> None:
    """An error where a column has no name, that of another, or one that polars cannot take."""
    places: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        wrong, fix = "", "rename it"
        if not name:
            wrong, fix = f"column {place} has no name", "name it"
        elif name in places:
            wrong = f"columns {places[name]} and {place} have the same name"
            fix = "rename one of them"
            fix += "; if the row is data use header=False (--no-header)" if row else ""
        elif name.startswith("^") and name.endswith("$"):
            wrong = "a name from ^ to $ would be taken for a pattern"
        if wrong:
            raise DataError(wrong, file=file, row=row, column=name or None, fix=fix)
        places[name] = place


def _no_column_of_kind(name: str, names: Sequence[str], file: Any) -> DataError:
    meant = alike(name, names)
    return DataError(
        f"there is no column {name!r}, whose kind is given; the columns are {listed(names)}",
        file=file,
        fix=f"rename {meant!r} to it, or the other way round" if meant else "add it",
    )


def same_columns(names: Sequence[str], first: Sequence[str], file: Any, first_file: Any) -> None:
    """An error where one of several files has other columns than the first."""
    if set(names) == set(first) and len(names) == len(first):
        return
    missing = [name for name in first if name not in names]
    extra = [name for name in names if name not in first]
    parts = [f"lacks {listed(missing)}"] if missing else []
    parts += [f"has also {listed(extra)}"] if extra else []
    raise DataError(
        f"its columns are not those of {first_file}: it {' and '.join(parts)}",
        file=file,
        fix="rename them, or read the files apart",
    )
