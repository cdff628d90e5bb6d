"""Models and tables that verbs take: a run's folder or a model file; a file read as the model's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options, terminal
from .errors import UsageError

if TYPE_CHECKING:
    import polars

    from ..tabular import TableModel

ModelPath = Annotated[
    Path,
    typer.Argument(help="A run's folder, or a model file.", metavar="MODEL", show_default=False),
]
Table = Annotated[
    list[str],
    typer.Argument(help="The table: files, or a pattern in quotes.", metavar="DATA"),
]
PANELS = {"Reading": options.READING}


def model_file(path: Path) -> Path:
    """The model in a run's folder, or the file itself."""
    from ..tabular.folder import MODEL, SETTINGS

    if not path.is_dir():
        return path
    if (path / MODEL).exists():
        return path / MODEL
    if (path / SETTINGS).exists():
        raise UsageError(f"the run in {path} is not finished: chainrule resume {path}")
    raise UsageError(f"{path} is a folder without {MODEL}: give a run's folder or a model file")


def load(path: Path) -> TableModel:
    """The model; ``ModelFileError`` where it is none."""
    from ..tabular import TableModel

    return TableModel.load(model_file(path))


def table(model: TableModel, data: list[str], given: Mapping[str, Any]) -> polars.DataFrame:
    """A table read as the training data was, but for what the command line says."""
    from ..data.tables import read

    return read(_one(data), **_reading(model, given))


def pieces(
    model: TableModel, data: list[str], given: Mapping[str, Any]
) -> Iterator[polars.DataFrame]:
    """The same table piece by piece, in memory that does not grow with it."""
    from ..data.tables import batches

    return batches(_one(data), **_reading(model, given))


def _reading(model: TableModel, given: Mapping[str, Any]) -> dict[str, Any]:
    known = dict(model.record.get("reading", {}))
    types = {**model.preparation.types, **known.pop("types", {})}
    asked = options.settings_of(given, options.READING)
    known = {name: value for name, value in known.items() if value is not None}
    return {"types": types, **known, **asked}


def _one(data: list[str]) -> str | list[str]:
    return data[0] if len(data) == 1 else data


def warn_of_known_rows(model: TableModel, data: list[str]) -> bool:
    """Whether these are the files that the model learned from; if so, say it."""
    from ..data.tables import files_of
    from ..tabular.record import fingerprint

    known = {each.get("sha256") for each in model.record.get("data", ())}
    is_known = any(fingerprint(path)["sha256"] in known for path in files_of(_one(data)))
    if is_known:
        terminal.remark(
            "The model learned from rows of this file: of new rows it will know less.",
            style="yellow",
        )
    return is_known


def may_write(path: Path, force: bool) -> None:
    """Refuse to replace a file that nobody asked to replace."""
    if path.exists() and not force:
        raise UsageError(f"{path} exists: choose another name, or replace it with --force")
