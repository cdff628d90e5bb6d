"""``chainrule predict``: predictions for the rows of a table."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import models, terminal
from .errors import UsageError
from .models import PANELS

if TYPE_CHECKING:
    import polars

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
    frame = models.table(loaded, data, given)
    found = loaded.predict(frame)
    if keep:
        found = frame.select(_columns(frame, keep)).hstack(found)
    if output is None:
        if not terminal.mode().json:
            _print(found)
        return {"rows": len(found), "predictions": found.to_dicts()}
    _write(found, output)
    terminal.remark(f"{len(found):,} predictions in {output}")
    return {"rows": len(found), "output": output.resolve()}


_ENDINGS = (".csv", ".tsv", ".parquet", ".json")


def _check(path: Path) -> None:
    if path.suffix not in _ENDINGS:
        raise UsageError(f"--output ends in {', '.join(_ENDINGS)}, not {path.suffix or 'nothing'}")
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


def _print(found: polars.DataFrame) -> None:
    """CSV on stdout; a reader that has enough (``| head``) is no error."""
    sys.stdout.write(found.write_csv())
    sys.stdout.flush()


def _write(found: polars.DataFrame, path: Path) -> None:
    from ..files import write_whole

    content = io.BytesIO()
    if path.suffix == ".parquet":
        found.write_parquet(content)
    elif path.suffix == ".json":
        found.write_json(content)
    else:
        found.write_csv(content, separator="\t" if path.suffix == ".tsv" else ",")
    write_whole(content.getvalue(), path)
