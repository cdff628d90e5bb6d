"""Tables of text, file after file and block after block: names, words, then values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...extras import require
from ..errors import DataError
from .cells import EXACT, Reader, cleaned, has_codes, is_exact, reader_for, uses_comma
from .dialect import Dialect, dialect
from .options import Options, same_columns
from .records import Block, blocks, checked, exactly_checked
from .sources import CHUNK
from .text import utf8_chunks
from .values import chosen

if TYPE_CHECKING:
    import polars


def rows_of(
    files: list[Path], options: Options, size: int = CHUNK
) -> Iterator[tuple[Block, Dialect, list[str]]]:
    """Blocks of rows of data, without names and blank lines; and the columns of the first file."""
    names: tuple[str, ...] = ()
    rows = 0
    for file in files:
        how = None
        for block in blocks(utf8_chunks(file, options.encoding, size), file):
            if how is None:
                how = dialect(block.data, options.header, options.separator, file)
                names = names or how.names
                same_columns(how.names, names, file, files[0])
                block = block.after(how.skip)
            block = checked(block, how.separator, len(how.names))
            rows += len(block.lines)
            if len(block.lines):
                yield block, how, list(names)
        if how is None:
            raise DataError("the file is empty", file=file, fix="give a table with rows")
    if not rows:
        raise DataError(
            "there are names, but no rows below them",
            file=files[0],
            fix="give rows to learn from; if the first row is data use header=False",
        )


def words_of(
    files: list[Path], options: Options, size: int, only: list[str] | None = None
) -> Iterator[tuple[Block, polars.DataFrame]]:
    """Blocks, and their cells as words, as they are written; empty ones are null."""
    pl = require("polars", "tables")
    wanted = only
    for block, how, names in rows_of(files, options, size):
        if wanted is None:
            wanted = options.wanted(names, block.file)
        try:
            frame = pl.read_csv(
                block.data,
                has_header=False,
                separator=how.separator,
                schema=dict.fromkeys(how.names, pl.String),
            )
        except pl.exceptions.PolarsError as error:
            exactly_checked(block, how.separator, len(how.names))
            raise DataError(f"it cannot be read ({error})", **block.place(0)) from None
        yield block, chosen(frame, wanted)


def text_frame(files: list[Path], options: Options, rows: int | None) -> polars.DataFrame:
    """All rows, or so many of the first."""
    pl = require("polars", "tables")
    size = CHUNK if rows is None else 1 << 20
    frames: list[polars.DataFrame] = []
    failed: set[str] = set()
    plan: dict[str, Reader] = {}
    read = 0
    for block, words in words_of(files, options, size):
        plan = plan or planned(words, block, options)
        values = plain_numbers(plan, words)
        for column in words:
            if column.name not in values:
                series, wrong = applied(plan[column.name], column, options)
                values[column.name] = series
                if wrong is not None:
                    failed.add(column.name)
        frames.append(pl.DataFrame([values[name] for name in words.columns]))
        read += len(words)
        if rows is not None and read >= rows:
            break
    for name in failed:
        whole = _whole_column(files, options, name, len(frames), size)
        start = 0
        for at, frame in enumerate(frames):
            part = whole[start : start + len(frame)]
            frames[at] = frame.with_columns(part)
            start += len(frame)
    return pl.concat(frames, rechunk=True)[:rows]


def _whole_column(
    files: list[Path], options: Options, name: str, count: int, size: int
) -> polars.Series:
    """A column of which a later block does not fit what the first suggested, read as a whole."""
    pl = require("polars", "tables")
    places = Places()
    parts = []
    for block, words in words_of(files, options, size, [name]):
        places.blocks.append(block)
        parts.append(cleaned(words[name], options.missing))
        if len(parts) == count:
            break
    words = pl.concat(parts)
    reader = reader_for(words, places.place, options.kind(name), options.decimal)
    return reader.read(words)[0]


def text_batches(files: list[Path], options: Options, rows: int) -> Iterator[polars.DataFrame]:
    """The rows in pieces; kinds are those of the first block."""
    pl = require("polars", "tables")
    plan: dict[str, Reader] = {}
    for block, words in words_of(files, options, CHUNK):
        plan = plan or planned(words, block, options)
        values = plain_numbers(plan, words)
        for column in words:
            if column.name in values:
                continue
            series, wrong = applied(plan[column.name], column, options)
            if wrong is not None and plan[column.name].kind == "int":
                plan[column.name] = Reader("float", options.decimal or ".")
                series, wrong = applied(plan[column.name], column, options)
            if wrong is not None:
                raise _does_not_fit(column, wrong, plan[column.name], block)
            values[column.name] = series
        frame = pl.DataFrame([values[name] for name in words.columns])
        for start in range(0, len(frame), rows):
            yield frame[start : start + rows]


def _does_not_fit(column: polars.Series, at: int, reader: Reader, block: Block) -> DataError:
    what = {"truth": "'true' or 'false'", "date": f"a date as {reader.form}"}
    return DataError(
        f"this is not {what.get(reader.kind, 'a number')}, as those in the rows before",
        column=column.name,
        value=column[at],
        fix=f"correct it; if these are words, types={{{column.name!r}: 'category'}}",
        **block.place(at),
    )


def planned(words: polars.DataFrame, block: Block, options: Options) -> dict[str, Reader]:
    """How to read each column, by its first words."""
    plan = {} if options.decimal == "," else _plain_plan(words, options)
    others = [cleaned(words[name], options.missing) for name in words.columns if name not in plan]
    comma = options.decimal is None and any(map(uses_comma, others))
    if comma:  # then points may separate thousands
        others = [cleaned(column, options.missing) for column in words]
    for column in others:
        kind = options.kind(column.name)
        plan[column.name] = reader_for(column, block.place, kind, options.decimal, comma)
    return plan


def _plain_plan(words: polars.DataFrame, options: Options) -> dict[str, Reader]:
    """The columns that are nothing but numbers, found all at once."""
    plan: dict[str, Reader] = {}
    for reader in (Reader("int"), Reader("float", ".")):
        names = [name for name in words.columns if name not in plan and not options.kind(name)]
        found = plain_numbers(dict.fromkeys(names, reader), chosen(words, names))
        plan |= {
            name: reader
            for name, values in found.items()
            if values.null_count() < len(values)
            and (reader.kind == "int" or not has_codes(words[name]))
        }
    return plan


def plain_numbers(plan: dict[str, Reader], words: polars.DataFrame) -> dict[str, polars.Series]:
    """The columns of numbers of which there is nothing to say, all at once: most are such."""
    pl = require("polars", "tables")
    names = words.columns
    words = words.rename({name: f"c{at}" for at, name in enumerate(names)})
    readers = {f"c{at}": plan[name] for at, name in enumerate(names)}
    ints = [name for name, reader in readers.items() if reader.kind == "int"]
    floats = [name for name, reader in readers.items() if reader == Reader("float", ".")]
    if not ints and not floats:
        return {}
    values = words.select(
        pl.col(ints).cast(pl.Int64, strict=False),
        pl.col(floats).cast(pl.Float64, strict=False),
    )
    coded = pl.col(ints).str.starts_with("0") & (pl.col(ints).str.len_bytes() > 1)
    known = values.null_count().row(0, named=True)
    present = words.select(pl.col(values.columns).null_count()).row(0, named=True)
    doubtful = words.select(coded.any()).row(0, named=True) if ints else {}
    if floats:
        exact = pl.col(floats).is_finite() & (pl.col(floats).abs() <= EXACT)
        doubtful |= values.select(~exact.all()).row(0, named=True)
    plain = [
        one for one in values if known[one.name] == present[one.name] and not doubtful[one.name]
    ]
    return {names[int(one.name[1:])]: one.alias(names[int(one.name[1:])]) for one in plain}


def applied(
    reader: Reader, words: polars.Series, options: Options
) -> tuple[polars.Series, int | None]:
    """The values, and the first place that does not fit."""
    values, wrong = reader.read(words)
    if reader.kind == "text" or wrong.any():  # else no word was a mark, or had spaces around it
        words = cleaned(words, options.missing)
        values, wrong = reader.read(words)
    if wrong.any():
        return values, int(wrong.arg_max())
    if reader.kind == "int" and has_codes(words):
        return values, int(words.str.contains(r"^0\d").arg_max())
    if reader.kind == "float" and not is_exact(words, values):
        return values, int(values.abs().arg_max())
    return values, None


class Places:
    """The places of rows that come in several blocks."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def place(self, index: int) -> dict[str, Any]:
        """The file and row of an error."""
        for block in self.blocks:
            if index < len(block.lines):
                return block.place(index)
            index -= len(block.lines)
        raise IndexError(index)
