"""Tables in Parquet files: whole, or batch after batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...extras import require
from ..errors import DataError
from .memory import conformed
from .options import Options, check_names, same_columns
from .sources import first_bytes

if TYPE_CHECKING:
    import polars


def parquet_frame(files: list[Path], options: Options, rows: int | None) -> polars.DataFrame:
    """All rows, or so many of the first."""
    pl = require("polars", "tables")
    frames = []
    read = 0
    for frame in parquet_batches(files, options, rows or 1 << 20):
        frames.append(frame)
        read += len(frame)
        if rows is not None and read >= rows:
            break
    return pl.concat(frames, how="vertical_relaxed", rechunk=True)[:rows]


def parquet_batches(files: list[Path], options: Options, rows: int) -> Iterator[polars.DataFrame]:
    """The rows in pieces; of a file no more than a piece is in memory."""
    names: list[str] = []
    kinds: dict[str, Any] = {}
    seen = 0
    for file in files:
        opened = _opened(file)
        found = list(opened.schema_arrow.names)
        names = names or found
        same_columns(found, names, file, files[0])
        check_names(found, file)
        wanted = options.wanted(names, file)
        for batch in _arrow_batches(opened, rows, wanted, file):
            frame = conformed(_frame(batch, file), options, Rows(file, seen), wanted)
            kinds = kinds or frame.schema
            _same_kinds(frame.schema, kinds, file, files[0])
            yield frame
            seen += len(frame)
    if not seen:
        raise DataError("the table has no rows", file=files[0], fix="give rows to learn from")


def _same_kinds(kinds: dict[str, Any], first: dict[str, Any], file: Path, first_file: Path) -> None:
    """An error where a column is not of the same type in all files; numbers may differ in size."""
    for name, kind in kinds.items():
        known = first[name]
        if known != kind and not (known.is_numeric() and kind.is_numeric()):
            raise DataError(
                f"this column is {kind} here, and {known} in {first_file}",
                file=file,
                column=name,
                fix=f"write it as the same type in all files, or types={{{name!r}: 'category'}}",
            )


def _opened(file: Path) -> Any:
    parquet = require("pyarrow.parquet", "tables")
    arrow = require("pyarrow", "tables")
    size = len(first_bytes(file, 12))
    try:
        return parquet.ParquetFile(
            file, pre_buffer=False, buffer_size=1 << 20, page_checksum_verification=True
        )
    except (arrow.ArrowException, OSError) as error:
        reason = "it is empty" if size == 0 else str(error).splitlines()[0].strip()
        raise _damaged(file, reason) from None


def _arrow_batches(opened: Any, rows: int, wanted: list[str], file: Path) -> Iterator[Any]:
    arrow = require("pyarrow", "tables")
    try:
        for batch in opened.iter_batches(batch_size=rows, columns=wanted):
            batch.validate(full=True)  # words of a damaged file may be no UTF-8
            yield batch
    except (arrow.ArrowException, OSError) as error:
        raise _damaged(file, str(error).splitlines()[0].strip()) from None
    finally:
        opened.close()


def _frame(batch: Any, file: Path) -> polars.DataFrame:
    """Column by column: the description of the whole may hold anything, and is not needed."""
    pl = require("polars", "tables")
    try:
        columns = zip(batch.schema.names, batch.columns, strict=True)
        return pl.DataFrame([pl.from_arrow(column).alias(name) for name, column in columns])
    except (pl.exceptions.PanicException, pl.exceptions.PolarsError, UnicodeError) as error:
        raise _damaged(file, str(error).splitlines()[0].strip()) from None


def _damaged(file: Path, reason: str) -> DataError:
    return DataError(
        f"this Parquet file is damaged or not complete ({reason})",
        file=file,
        fix="write or download it again",
    )


class Rows:
    """Places in a file whose rows are counted from its beginning."""

    def __init__(self, file: Path, before: int):
        self.name = str(file)
        self.before = before

    def place(self, index: int) -> dict[str, Any]:
        """The file and row of an error."""
        return {"file": self.name, "row": f"data row {self.before + index + 1:,}"}
