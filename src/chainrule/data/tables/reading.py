"""Read tables: from text files and Parquet, whole or in batches, and from frames and arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...extras import require
from ..errors import DataError, listed
from .delimited import rows_of, text_batches, text_frame
from .memory import conformed, frame_of, is_in_memory
from .options import Options
from .parquet import parquet_batches, parquet_frame
from .sources import files_of, is_parquet

if TYPE_CHECKING:
    import polars

ROWS = 65536  # of a batch, unless asked otherwise


def read(source: Any, *, rows: int | None = None, **options: Any) -> polars.DataFrame:
    """A table as a polars DataFrame: numbers, words, truth and dates, null where missing.

    Parameters
    ----------
    source
        The path of a file, a pattern such as ``"parts/*.csv"``, or a list of these: text (CSV,
        TSV, ...) or Parquet, also packed as .gz, .bz2, .xz, .zst or a .zip of one file; several
        files are one table. Or a DataFrame of polars or pandas, an Arrow table, a NumPy array of
        one or two dimensions, or a dict of columns.
    rows
        Read only so many, from the beginning.
    header
        Whether the first row holds the names; without, they are column_1, column_2, ...
    separator, decimal, encoding
        Of text files; found out if not given. An encoding other than UTF-8 and UTF-16 must be.
    missing
        The words that mean that a value is missing.
    types
        Kinds of columns by name, where they shall not be found out: "number", "category" (words as
        they are written), "boolean", "date" or a form of dates ("%d.%m.%Y"), "ignore".
    columns
        Read only these, by name or place.

    A column of text is read as numbers, truth or dates if all its words are, else as words. Where
    nearly all are, the exception is taken for a mistake: ``DataError`` names file, row, column,
    value and what to do. So it does for rows with too many or too few cells, stray quotes, other
    encodings, infinite numbers, damaged files, and whatever else would be read wrongly.

    >>> read({"x": [1.5, 2.5], "kind": ["cod", None]}).rows()
    [(1.5, 'cod'), (2.5, None)]
    """
    choice = _options(options)
    if is_in_memory(source):
        return conformed(frame_of(source, choice), choice, _called(source))[:rows]
    files = files_of(source)
    if _all_parquet(files):
        return parquet_frame(files, choice, rows)
    return text_frame(files, choice, rows)


def batches(source: Any, *, rows: int = ROWS, **options: Any) -> Iterator[polars.DataFrame]:
    """The table of ``read`` in pieces of at most ``rows`` rows, in memory that does not grow.

    The kinds of the columns of text are those of the first rows (8 MB); ``DataError`` where a
    later row does not fit, which ``types`` mends.

    >>> [len(batch) for batch in batches({"x": range(5)}, rows=2)]
    [2, 2, 1]
    """
    if rows < 1:
        raise DataError(f"a batch cannot have {rows} rows", fix="give 1 or more")
    choice = _options(options)
    if is_in_memory(source):
        whole = read(source, **options)
        return (whole[start : start + rows] for start in range(0, len(whole), rows))
    files = files_of(source)
    if _all_parquet(files):
        return parquet_batches(files, choice, rows)
    return text_batches(files, choice, rows)


def _options(options: dict[str, Any]) -> Options:
    require("polars", "tables")
    try:
        return Options(**options)
    except TypeError as error:
        raise TypeError(str(error).replace("Options.__init__()", "read()")) from None


def _all_parquet(files: list[Any]) -> bool:
    kinds = [is_parquet(file) for file in files]
    if any(kinds) and not all(kinds):
        odd = files[kinds.index(not kinds[0])]
        what = f"{files[0]} is {'Parquet' if kinds[0] else 'text'}, this file is not"
        raise DataError(what, file=odd, fix="read them apart")
    return kinds[0]


def _called(source: Any) -> str:
    return {"dict": "the dict", "ndarray": "the array"}.get(
        type(source).__name__, f"the {type(source).__name__}"
    )


class Origin:
    """Where the rows of ``read(source, **options)`` stand: the line of the file, for errors.

    Give it as ``file=`` to ``infer``, ``Preparation.transform`` and others; the file is looked at
    again only when there is an error to tell.

    >>> Origin({"x": [1, 2]}).place(1)
    {'file': 'the dict', 'row': 'data row 2'}
    """

    def __init__(self, source: Any, *, rows: int | None = None, **options: Any):
        self.source = source
        self.options = _options(options)
        in_memory = is_in_memory(source)
        self.files = [] if in_memory else files_of(source)
        self.name = _called(source) if in_memory else listed(self.files, 2)

    def place(self, index: int) -> dict[str, Any]:
        """The file and row of a row of the frame, which is counted from 0."""
        if self.files and not _all_parquet(self.files):
            for block, *_ in rows_of(self.files, self.options):
                if index < len(block.lines):
                    return block.place(index)
                index -= len(block.lines)
        return {"file": self.name, "row": f"data row {index + 1:,}"}

    def __str__(self) -> str:
        return self.name
