"""Tables that are in memory already: polars, pandas, Arrow, NumPy, dicts of columns."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...extras import require
from ..errors import DataError
from .cells import cleaned, reader_for
from .options import Options, check_names
from .values import as_text, first, place

if TYPE_CHECKING:
    import polars


def is_in_memory(source: Any) -> bool:
    """Whether a source is a table itself, not the name of one."""
    if isinstance(source, str | os.PathLike):
        return False
    if isinstance(source, list | tuple):
        return not all(isinstance(one, str | os.PathLike) for one in source)
    return True


def frame_of(source: Any, options: Options) -> polars.DataFrame:
    """Whatever holds columns, as a polars DataFrame."""
    pl = require("polars", "tables")
    library = type(source).__module__.partition(".")[0]
    if isinstance(source, pl.DataFrame):
        return source
    if isinstance(source, pl.LazyFrame):
        return source.collect()
    if isinstance(source, pl.Series):
        return source.to_frame()
    if isinstance(source, np.ndarray):
        return _from_numpy(source, options)
    if isinstance(source, Mapping):
        return _from_columns(dict(source), "the dict")
    if library == "pandas" and hasattr(source, "columns"):
        return _from_pandas(source)
    if library == "pyarrow":
        check_names(source.schema.names, f"the {type(source).__name__}")
        return pl.DataFrame(pl.from_arrow(source))
    if library == "scipy" and hasattr(source, "toarray"):
        raise DataError(
            f"this is a sparse matrix of shape {source.shape}, not a table",
            fix="give matrix.toarray(), if it fits into memory",
        )
    if isinstance(source, list | tuple):
        raise DataError("this list is no list of files", fix="give numpy.array(...) of it")
    raise DataError(
        f"a {type(source).__module__}.{type(source).__qualname__} is no table",
        fix="give a path, a DataFrame (polars, pandas), an Arrow table, an array, or a dict",
    )


def _from_numpy(array: np.ndarray, options: Options) -> polars.DataFrame:
    name = "the array"
    if array.dtype.names:
        return _from_columns({one: array[one] for one in array.dtype.names}, name)
    if array.ndim not in (1, 2) or 0 in array.shape:
        raise DataError(
            f"an array of shape {array.shape} is no table",
            file=name,
            fix="give one of two dimensions: rows and columns",
        )
    columns = array.reshape(len(array), -1).T
    if array.dtype.kind in "US":  # numbers beside words became words
        columns = [
            _read(f"column_{i}", one.astype(str), options) for i, one in enumerate(columns, 1)
        ]
    return _from_columns({f"column_{i}": one for i, one in enumerate(columns, 1)}, name)


def _read(name: str, cells: np.ndarray, options: Options) -> polars.Series:
    words = cleaned(require("polars", "tables").Series(name, cells), options.missing)
    reader = reader_for(words, lambda at: place("the array", at), None, options.decimal)
    return reader.read(words)[0]


def _from_pandas(frame: Any) -> polars.DataFrame:
    name = "the DataFrame"
    if frame.columns.nlevels > 1:
        raise DataError(
            f"its columns have names of {frame.columns.nlevels} levels",
            file=name,
            value=frame.columns[0],
            fix="join them: frame.columns = ['_'.join(map(str, name)) for name in frame.columns]",
        )
    names = [str(column) for column in frame.columns]
    check_names(names, name)
    columns = [frame.iloc[:, at] for at in range(len(names))]
    return _from_columns(dict(zip(names, columns, strict=True)), name)


def _from_columns(columns: dict[str, Any], name: str) -> polars.DataFrame:
    pl = require("polars", "tables")
    check_names([str(one) for one in columns], name)
    lengths = {str(one): _length(values, str(one), name) for one, values in columns.items()}
    if not columns:
        raise DataError("the table has no columns", file=name, fix="give it some")
    usual = next(iter(lengths.values()))
    for one, length in lengths.items():
        if length != usual:
            raise DataError(
                f"it has {length:,} values, the first column has {usual:,}",
                file=name,
                column=one,
                fix="give all columns the same length",
            )
    return pl.DataFrame([_series(str(one), values, name) for one, values in columns.items()])


def _length(values: Any, column: str, name: str) -> int:
    shape = getattr(values, "shape", None)
    if isinstance(values, str) or not hasattr(values, "__len__") or (shape and len(shape) > 1):
        kind = f"an array of shape {shape}" if shape else f"a {type(values).__name__}"
        fix = "give every column as a list or an array of one dimension"
        raise DataError(f"{kind} is no column", file=name, column=column, fix=fix)
    return len(values)


def _series(name: str, values: Any, source: str) -> polars.Series:
    """One column; its values must be of one kind."""
    pl = require("polars", "tables")
    if isinstance(values, pl.Series):
        return values.rename(name)
    dtype = getattr(values, "dtype", None)
    if getattr(dtype, "kind", None) == "c":
        raise DataError(
            "complex numbers are no numbers of a table",
            file=source,
            column=name,
            value=values[0].item() if isinstance(values, np.ndarray) else None,
            fix="give the real and the imaginary part as two columns",
        )
    if isinstance(values, np.ndarray) and dtype.kind == "f" and dtype.itemsize > 8:
        values = values.astype(np.float64)
    if str(dtype).startswith("Sparse"):
        values = np.asarray(values)
    if str(dtype) == "category":
        words = _of_one_kind(list(values), name, source)
        return as_text(pl.Series(name, words))
    if getattr(dtype, "kind", "O") == "O" and not hasattr(dtype, "na_value"):
        values = _of_one_kind(list(values), name, source)
    try:
        if hasattr(values, "reset_index"):
            return pl.from_pandas(values.reset_index(drop=True)).rename(name)
        if type(values).__module__.startswith("pandas"):
            return pl.from_pandas(values).rename(name)
        return pl.Series(name, values)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        reason = str(error).splitlines()[0]
        fix = "give numbers, words, truth or dates"
        raise DataError(
            f"it cannot be read ({reason})", file=source, column=name, fix=fix
        ) from None


_KINDS = {"bool": "truth", "int": "a number", "float": "a number", "str": "a word"}


def _of_one_kind(values: list[Any], name: str, source: str) -> list[Any]:
    """Objects as plain values; an error at the first that is not like the others."""
    plain = [None if _is_missing(value) else _plain(value) for value in values]
    known: str | None = None
    for at, value in enumerate(plain):
        if value is None:
            continue
        kind = _KINDS.get(type(value).__name__, type(value).__name__)
        if known is None:
            known, start = kind, value
        if kind != known:
            raise DataError(
                f"this is {kind}, while {start!r} above is {known}",
                column=name,
                value=value,
                fix="make them of one kind: as words, column.astype(str)",
                **place(source, at),
            )
    if known == "a number" and any(isinstance(value, float) for value in plain):
        plain = [None if value is None else float(value) for value in plain]
    return plain


def _is_missing(value: Any) -> bool:
    return value is None or value != value or type(value).__name__ in ("NAType", "NaTType")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return float(value) if type(value).__name__ in ("Decimal", "Fraction") else value


def conformed(
    frame: polars.DataFrame, options: Options, file: Any, wanted: list[str] | None = None
) -> polars.DataFrame:
    """The wanted columns, of the kinds that were asked for; null for NaN; errors for the rest."""
    pl = require("polars", "tables")
    name = getattr(file, "name", file)
    if not frame.width:
        raise DataError("the table has no columns", file=name, fix="give it some")
    wanted = wanted or options.wanted(frame.columns, name)
    return pl.DataFrame([_conformed(frame[one], options, file) for one in wanted])


def _conformed(series: polars.Series, options: Options, file: Any) -> polars.Series:
    pl = require("polars", "tables")
    dtype = series.dtype
    if dtype.is_nested() or dtype == pl.Object or dtype == pl.Binary:
        at = first(series.is_not_null())
        raise DataError(
            f"a column of {dtype} is neither numbers, words, truth nor dates",
            column=series.name,
            value=series[at] if dtype != pl.List else series[at].to_list(),
            fix="split it into plain columns, or leave it out: "
            f"types={{{series.name!r}: 'ignore'}}",
            **place(file, at),
        )
    if dtype.is_decimal():
        series = series.cast(pl.Float64)
    if series.dtype.is_float():
        infinite = series.is_infinite().fill_null(False)
        if infinite.any():
            at = first(infinite)
            raise DataError(
                "this is not finite",
                column=series.name,
                value=series[at],
                fix="correct it, or leave it empty (NaN) if it is not known",
                **place(file, at),
            )
        series = series.fill_nan(None)
    kind = options.kind(series.name)
    if kind == "category":
        return as_text(series)
    if kind and kind != "boolean" and series.dtype == pl.String:
        words = cleaned(series, options.missing)
        reader = reader_for(words, lambda at: place(file, at), kind, options.decimal)
        return reader.read(words)[0]
    return series
