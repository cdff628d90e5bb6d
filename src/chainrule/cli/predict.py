"""``chainrule predict``: predictions for the rows of a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from . import models, terminal
from .errors import UsageError
from .models import PANELS

if TYPE_CHECKING:
    import polars

    from ..tabular import TableModel

    Writer = Callable[[polars.DataFrame], None]

__all__ = ["EXAMPLES", "PANELS", "predict"]

EXAMPLES = """
[bold]Examples:[/]
  chainrule predict runs/molecules-1 new.csv                  CSV to the screen
  chainrule predict runs/molecules-1 new.csv -o scored.csv    or .parquet, .json
  chainrule predict model.chainrule new.csv --keep id --json
"""


def predict(
    model: models.ModelPath,
    data: models.Table,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="A .csv, .tsv, .parquet or .json file; the screen if not given.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            help="A column of the table to put before the predictions; repeat it.",
            metavar="COLUMN",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.", metavar="")] = False,
    **given: Any,
) -> dict[str, Any]:
    """Predict the rows of a table: the class and its probabilities, or the value.

    The table needs the columns that the model learned from, in any order; others are passed over.
    """
    if output is not None:
        _check(output)
        models.may_write(output, force)
    loaded = models.load(model)
    pieces = (_predicted(loaded, frame, keep or []) for frame in models.pieces(loaded, data, given))
    if output is None and terminal.mode().json:
        rows = [row for piece in pieces for row in piece.to_dicts()]
        return {"rows": len(rows), "predictions": rows}
    if output is None:
        return {"rows": _print(pieces)}
    count = _write(pieces, output)
    terminal.remark(f"{count:,} predictions in {output}")
    return {"rows": count, "output": output.resolve()}


def _check(path: Path) -> None:
    if path.suffix not in _WRITERS:
        raise UsageError(f"--output ends in {', '.join(_WRITERS)}, not {path.suffix or 'nothing'}")
    if path.is_dir():
        raise UsageError(f"{path} is a folder: give the name of a file in it")


def _columns(frame: polars.DataFrame, asked: list[str]) -> list[str]:
    from ..data.errors import no_column
    from ..data.tables.schema import place_of

    places = [(name, place_of(name, frame.columns)) for name in asked]
    for name, place in places:
        if place is None:
            raise no_column(name, frame.columns)
    return [frame.columns[place] for _, place in places if place is not None]


def _predicted(model: TableModel, frame: polars.DataFrame, keep: list[str]) -> polars.DataFrame:
    found = model.predict(frame)
    return frame.select(_columns(frame, keep)).hstack(found) if keep else found


def _print(pieces: Iterator[polars.DataFrame]) -> int:
    """CSV on stdout; how many rows."""
    count = 0
    for piece in pieces:
        sys.stdout.write(piece.write_csv(include_header=count == 0))
        count += len(piece)
    sys.stdout.flush()
    return count


def _write(pieces: Iterator[polars.DataFrame], path: Path) -> int:
    """The file, whole or not at all; how many rows."""
    from ..files import replacing

    count = 0
    with replacing(path) as file, _WRITERS[path.suffix](file) as write:
        for piece in pieces:
            write(piece)
            count += len(piece)
    return count


# -- a way to write for each ending -------------------------------------------------------------


@contextmanager
def _as_text(file: IO[bytes], separator: str = ",") -> Iterator[Writer]:
    def write(piece: polars.DataFrame) -> None:
        piece.write_csv(file, separator=separator, include_header=file.tell() == 0)

    yield write


@contextmanager
def _as_parquet(file: IO[bytes]) -> Iterator[Writer]:
    from pyarrow import parquet

    writers: list[Any] = []

    def write(piece: polars.DataFrame) -> None:
        rows = piece.to_arrow()
        if not writers:
            writers.append(parquet.ParquetWriter(file, rows.schema))
        writers[0].write_table(rows.cast(writers[0].schema))

    yield write
    for writer in writers:
        writer.close()


@contextmanager
def _as_json(file: IO[bytes]) -> Iterator[Writer]:
    """An array of objects."""
    written: list[int] = []

    def write(piece: polars.DataFrame) -> None:
        lines = piece.write_ndjson().rstrip("\n").replace("\n", ",\n")
        file.write((",\n" if written else "").encode() + lines.encode())
        written.append(len(piece))

    file.write(b"[")
    yield write
    file.write(b"]\n")


_WRITERS = {
    ".csv": _as_text,
    ".tsv": partial(_as_text, separator="\t"),
    ".parquet": _as_parquet,
    ".json": _as_json,
}
