"""Columns of a frame as plain values: numbers, texts, seconds; with errors that name the row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...extras import require
from ..errors import DataError

if TYPE_CHECKING:
    import polars

WORDS = (
    ("false", "true"),
    ("no", "yes"),
    ("n", "y"),
    ("f", "t"),
    ("off", "on"),
)


def place(file: Any, index: int) -> dict[str, Any]:
    """The file and row of an error, for a row of a frame counted from 0.

    ``file`` is None, a name, or an ``Origin``, which knows the line of every row.
    """
    if hasattr(file, "place"):
        return file.place(index)
    return {"file": file, "row": f"data row {index + 1:,}"}


def chosen(frame: polars.DataFrame, names: Iterable[str]) -> polars.DataFrame:
    """Columns by their very names: ``select`` would take "*" or "^a.*$" for a pattern.

    >>> import polars
    >>> chosen(polars.DataFrame({"a": [1], "*": [2]}), ["*"]).rows()
    [(2,)]
    """
    return require("polars", "tables").DataFrame([frame[name] for name in names])


def first(mask: polars.Series) -> int:
    """The place of the first True."""
    return int(mask.arg_max() or 0)


def numbers(series: polars.Series, file: Any = None) -> np.ndarray:
    """The values as float64, NaN where they are missing; infinite ones and words are errors."""
    pl = require("polars", "tables")
    dtype = series.dtype
    if dtype == pl.Null:
        return np.full(len(series), np.nan)
    if dtype == pl.Duration:
        series = series.dt.total_milliseconds() / 1000
    elif not (dtype.is_numeric() or dtype == pl.Boolean):
        cast = as_text(series).cast(pl.Float64, strict=False)
        wrong = cast.is_null() & series.is_not_null()
        if dtype.is_temporal() or wrong.any():
            raise _no_number(series, first(wrong), file)
        series = cast
    values = series.cast(pl.Float64).to_numpy()  # null becomes NaN
    # A sum is finite or NaN unless something is infinite: one pass, and no mask in memory.
    with np.errstate(all="ignore"):
        total = values.sum()
    if not np.isfinite(total):
        infinite = np.isinf(values)
        if infinite.any():
            at = int(infinite.argmax())
            raise DataError(
                "this is not finite",
                column=series.name,
                value=float(values[at]),
                fix="correct it, or leave it empty if it is not known",
                **place(file, at),
            )
    return values


def _no_number(series: polars.Series, at: int, file: Any) -> DataError:
    return DataError(
        "this is no number, and the column is one of numbers",
        column=series.name,
        value=series[at],
        fix="correct it, or leave it empty if it is not known",
        **place(file, at),
    )


def as_text(series: polars.Series) -> polars.Series:
    """The values as words: whole numbers without a point, truth as "false" and "true".

    >>> import polars
    >>> as_text(polars.Series([1.0, 2.5, None])).to_list()
    ['1', '2.5', None]
    """
    pl = require("polars", "tables")
    dtype = series.dtype
    if dtype == pl.String:
        return series
    if dtype.is_float():
        series = series.fill_nan(None)
        whole = series.round(0)
        is_whole = ((whole == series) & (whole.abs() < 2**53)).fill_null(False)
        texts = series.cast(pl.String)
        return texts.zip_with(~is_whole, whole.cast(pl.Int64, strict=False).cast(pl.String))
    return series.cast(pl.String)


def seconds(series: polars.Series, file: Any = None) -> np.ndarray:
    """Dates as seconds since 1970 (UTC where they have no zone), float64, NaN where missing."""
    pl = require("polars", "tables")
    if series.null_count() == len(series):
        return np.full(len(series), np.nan)
    if series.dtype == pl.Date or series.dtype == pl.Datetime:
        moments = series.cast(pl.Datetime("us")).dt.epoch("us")
        return moments.cast(pl.Float64).to_numpy() / 1e6
    at = first(series.is_not_null())
    raise DataError(
        "this is no date, and the column is one of dates",
        column=series.name,
        value=series[at],
        fix="write dates as 2024-12-31, or name their form: types={...: '%d.%m.%Y'}",
        **place(file, at),
    )


def words_of_truth(values: list[str]) -> tuple[str, str] | None:
    """The two values, false first, if that is what they mean: "no" and "yes", "F" and "T".

    >>> words_of_truth(["Yes", "No"])
    ('No', 'Yes')
    """
    if len(values) != 2:
        return None
    plain = {value.casefold(): value for value in values}
    for pair in WORDS:
        if set(plain) == set(pair):
            return plain[pair[0]], plain[pair[1]]
    return None
