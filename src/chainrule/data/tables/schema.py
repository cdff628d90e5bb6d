"""What the columns of a table are: their kinds, the target, and the task that it sets."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

KINDS = ("number", "category", "boolean", "date", "ignore")
TASKS = ("binary", "multiclass", "multilabel", "regression")


@dataclass(frozen=True)
class Column:
    """A column of the input: its name, its kind (one of ``KINDS``), and why it is left out, if so.

    ``form`` is how its dates are written, where that was said: "%d/%m/%Y".

    >>> Column("height", "number")
    Column(name='height', kind='number', why='', form='')
    """

    name: str
    kind: str
    why: str = ""
    form: str = ""


@dataclass(frozen=True)
class Schema:
    """The columns of a table, what is to be predicted, and how.

    Attributes
    ----------
    columns
        The input, in the order of the table; those of kind "ignore" are not used.
    targets
        Names of the columns to predict; several are labels (multilabel) or outputs (regression).
    task
        "binary", "multiclass", "multilabel" or "regression".
    classes
        Names of the classes in their order (binary, multiclass), else empty. In a binary task
        the second is the one whose probability is given.

    >>> schema = Schema((Column("x", "number"),), ("y",), "binary", ("no", "yes"))
    >>> Schema.from_dict(schema.to_dict()) == schema
    True
    """

    columns: tuple[Column, ...]
    targets: tuple[str, ...]
    task: str
    classes: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that are put in."""
        return tuple(column for column in self.columns if column.kind != "ignore")

    @property
    def types(self) -> dict[str, str]:
        """Kinds of those put in, to read another file the same way: ``read(..., types=)``."""
        return {column.name: column.form or column.kind for column in self.used}

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "columns": [dataclasses.asdict(column) for column in self.columns],
            "targets": list(self.targets),
            "task": self.task,
            "classes": list(self.classes),
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Schema:
        """What ``to_dict`` wrote."""
        return cls(
            tuple(Column(**column) for column in content["columns"]),
            tuple(content["targets"]),
            content["task"],
            tuple(content["classes"]),
        )


def place_of(name: str | int, names: Sequence[str]) -> int | None:
    """Where a column stands that is given by its name or by its place (-1 is the last)."""
    if isinstance(name, str) and name in names:
        return names.index(name)
    try:
        place = int(name)
    except ValueError:
        return None
    return place % len(names) if -len(names) <= place < len(names) else None
