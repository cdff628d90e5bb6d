"""A table as numbers for a network: what is learned from the training rows, kept as JSON.

``Preparation.to_dict()`` is all that there is to know; an exporter can rebuild every step from it::

    {"columns": [COLUMN, ...], "targets": {"task": ..., "names": [...], "classes": [...]}}

with one COLUMN for each column of the table that is used, in the order of the columns of x.
All arithmetic is in float64, rounded to float32 at the end. v is the value of a cell.

number
    ``{"name", "kind": "number", "fill", "indicator", "center", "scale", "limit"}``:
    z = ((v, or fill if it is missing) - center) / scale, then z / sqrt(1 + (z / limit)²); z as it
    is where limit is null. If indicator: one more column, 1 where v is missing, else 0.
boolean
    ``{"name", "kind": "boolean", "categories": [a, b], "missing": 0.5, "indicator"}``:
    0 for a, 1 for b, ``missing`` for a missing or any other value. Indicator as above.
category, one-hot
    ``{"name", "kind": "category", "categories": [...], "encoding": "one-hot", "missing",
    "unseen"}``: a column for each category, 1 where v is it, else 0. ``missing`` is "own" (one
    more column at the end, 1 where v is missing) or "zeros"; ``unseen`` is "zeros" or "error".
category, embedded
    the same with ``"encoding": "embedding"``, ``"missing": "own"``, and unseen "own" or "error":
    one column, the code as float32: the place of v in categories (0, 1, ...),
    ``len(categories)`` where v is missing, ``len(categories) + 1`` where it is any other value:
    ``len(categories) + 2`` codes in all.
date
    ``{"name", "kind": "date", "fill", "indicator", "center", "scale", "limit", "periods"}``:
    v in seconds since 1970; a column as for a number; then for each period (in seconds)
    sin(2π v / period) and cos(2π v / period); then the indicator if there is one. ``form`` is
    there if the form of dates was named ("%d/%m/%Y"): texts are read with it.

Numbers are centred at the median and divided by the distance of the quartiles / 1.349 (which is
the standard deviation if they are normal; that itself where the quartiles are equal). Far values
are drawn in smoothly to ±``limit``, so that a heavy tail neither shrinks the rest nor is cut off
(after D. Holzmüller et al., "Better by default", NeurIPS 2024).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...extras import require
from ..errors import DataError, alike, listed
from .encoders import ENCODERS, ONE_HOT, codes_of
from .schema import Schema
from .values import as_text, first, numbers, place

if TYPE_CHECKING:
    import polars

ROWS = 16384  # so many are written at a time: they stay in the cache


class Preparation:
    """Turns rows of a table into the numbers that a network takes, as the training rows taught.

    >>> import polars
    >>> from chainrule.data.tables import infer
    >>> frame = polars.DataFrame({"size": [1.0, 2.0, 3.0], "sex": ["m", "f", "f"], "y": [0, 1, 1]})
    >>> preparation = Preparation.fit(frame, infer(frame, "y"))
    >>> preparation.features
    ('size', 'sex=f', 'sex=m')
    >>> preparation.transform(frame.head(2)).round(2).tolist()
    [[-1.27..., 0.0, 1.0], [0.0, 1.0, 0.0]]
    >>> preparation.targets(frame).tolist()
    [0, 1, 1]
    """

    def __init__(self, columns: Sequence[dict[str, Any]], targets: dict[str, Any]):
        self.columns = tuple(columns)
        self.target = targets
        self.names = tuple(column["name"] for column in columns)
        per_column = [ENCODERS[column["kind"]].names(column) for column in columns]
        self._ends = np.cumsum([len(names) for names in per_column]).tolist()
        self.features = tuple(name for names in per_column for name in names)

    @classmethod
    def fit(
        cls,
        frame: polars.DataFrame,
        schema: Schema,
        *,
        file: Any = None,
        unseen: str | None = None,
        one_hot: int = ONE_HOT,
    ) -> Preparation:
        """Learn from the training rows, and from them alone.

        A category of at most ``one_hot`` values has a column for each, others are embedded.
        ``unseen="error"`` refuses values that were not met here; else they are all zeros, or have
        a code of their own.
        """
        columns = []
        for used in schema.used:
            encoder = ENCODERS[used.kind]
            column = encoder.fit(_column(frame, used.name, file), file, one_hot=one_hot)
            if used.form:
                column["form"] = used.form
            if unseen is not None and "unseen" in column:
                column["unseen"] = unseen
            columns.append(column)
        targets = {
            "task": schema.task,
            "names": list(schema.targets),
            "classes": list(schema.classes),
        }
        return cls(columns, targets)

    @property
    def width(self) -> int:
        """The number of columns of x."""
        return len(self.features)

    @property
    def embedded(self) -> tuple[tuple[int, int], ...]:
        """For each column of x that holds codes: its place, and how many codes there are."""
        return tuple(
            (end - 1, len(column["categories"]) + 2)
            for column, end in zip(self.columns, self._ends, strict=True)
            if column.get("encoding") == "embedding"
        )

    @property
    def types(self) -> dict[str, str]:
        """The kinds of the columns, to read files for prediction the same way: ``types=``."""
        return {column["name"]: column.get("form", column["kind"]) for column in self.columns}

    def transform(self, frame: polars.DataFrame, file: Any = None) -> np.ndarray:
        """x, float32 of shape (rows, width), C-contiguous. The frame needs no target.

        Columns are found by name, in any order; others are left aside. Raises ``DataError`` where
        one is not there, or a value is not of its kind; ``file`` is named in it.
        """
        series = [_column(frame, name, file) for name in self.names]
        x = np.empty((len(frame), self.width), np.float32)
        for start in range(0, len(frame), ROWS):
            rows = slice(start, start + ROWS)
            where = file if start == 0 else Later(file, start)
            begin = 0
            for column, values, end in zip(self.columns, series, self._ends, strict=True):
                write = ENCODERS[column["kind"]].write
                write(column, values[rows], x[rows, begin:end], where)
                begin = end
        return x

    def targets(self, frame: polars.DataFrame, file: Any = None) -> np.ndarray:
        """y: classes as int64, labels (0 and 1) and quantities as float32.

        Of shape (rows,), or (rows, labels), (rows, outputs) where there are several. Raises
        ``DataError`` where a value is missing, or is no class that was met in training.
        """
        names, task = self.target["names"], self.target["task"]
        columns = [_column(frame, name, file) for name in names]
        for series in columns:
            refuse_missing(series, file)
        if task in ("binary", "multiclass"):
            return class_codes(columns[0], self.target["classes"], file)
        y = np.empty((len(frame), len(columns)), np.float32)
        for at, series in enumerate(columns):
            values = numbers(series, file)
            _refuse_large(values, series.name, file)
            y[:, at] = values
        return y[:, 0] if len(columns) == 1 and task == "regression" else y

    def notes(self, frame: polars.DataFrame) -> dict[str, int]:
        """By column: how many rows hold a value that was not met in training.

        >>> import polars
        >>> from chainrule.data.tables import infer
        >>> frame = polars.DataFrame({"sex": ["m", "f", "f"], "y": [0, 1, 1]})
        >>> preparation = Preparation.fit(frame, infer(frame, "y"))
        >>> preparation.notes(polars.DataFrame({"sex": ["x", "f"]}))
        {'sex': 1}
        """
        found = {}
        for column in self.columns:
            if "categories" in column:
                codes, missing = codes_of(
                    _column(frame, column["name"], None), column["categories"]
                )
                unseen = int(((codes < 0) & ~missing).sum())
                if unseen:
                    found[column["name"]] = unseen
        return found

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON; see the module."""
        return json.loads(json.dumps({"columns": self.columns, "targets": self.target}))

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Preparation:
        """What ``to_dict`` wrote."""
        return cls(content["columns"], content["targets"])


class Later:
    """Places of rows that begin after others."""

    def __init__(self, file: Any, start: int):
        self.file = file
        self.start = start

    def place(self, index: int) -> dict[str, Any]:
        """The file and row of an error."""
        return place(self.file, index + self.start)


def refuse_missing(series: polars.Series, file: Any = None) -> None:
    """An error where a target is missing."""
    missing = series.is_null()
    if series.dtype.is_float():
        missing |= series.is_nan().fill_null(False)
    if missing.any():
        count = int(missing.sum())
        raise DataError(
            f"the target is missing in {count:,} of {len(series):,} rows, first here",
            column=series.name,
            fix="fill in these cells, or remove the rows",
            **place(file, first(missing)),
        )


def class_codes(series: polars.Series, classes: Sequence[str], file: Any = None) -> np.ndarray:
    """The places of the classes, int64; an error where a value is none of them."""
    codes, _ = codes_of(series, list(classes))
    if len(codes) and codes.min() < 0:
        at = int((codes < 0).argmax())
        raise DataError(
            f"this is no class of the target; those are {listed(classes)}",
            column=series.name,
            value=as_text(series)[at],
            fix="correct it, or train again with rows of this class",
            **place(file, at),
        )
    return codes


def _refuse_large(values: np.ndarray, name: str, file: Any) -> None:
    large = np.abs(values) > np.finfo(np.float32).max
    if large.any():
        at = int(large.argmax())
        raise DataError(
            "the target is too large for a network, which learns in float32",
            column=name,
            value=float(values[at]),
            fix="give it in a larger unit, or its logarithm",
            **place(file, at),
        )


def _column(frame: polars.DataFrame, name: str, file: Any) -> polars.Series:
    try:
        return frame[name]
    except require("polars", "tables").exceptions.ColumnNotFoundError:
        raise _no_column(name, frame.columns, file) from None


def _no_column(name: str, names: list[str], file: Any) -> DataError:
    meant = alike(name, names)
    fix = f"rename the column {meant!r} to it" if meant else "add it, empty if it is not known"
    return DataError(
        f"the column {name!r} is missing; the table has {listed(names)}",
        file=getattr(file, "name", file),
        column=name,
        fix=fix,
    )
