"""The table of a run: read from its files, with what its columns are and what was noticed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.tables import Origin, Preparation, Schema, examine, infer, read
from ..data.tables.schema import place_of
from ..data.tables.sources import files_of
from ..train import Chunks
from .model import READING
from .record import fingerprint, fingerprint_of_frame
from .settings import Settings
from .splitting import Parts

if TYPE_CHECKING:
    import polars

LARGE = 10**9  # bytes of files, from which on rows are learned from piece by piece


@dataclass(frozen=True)
class Stream:
    """Files larger than memory: how to read them, how many rows, and the places of the sample."""

    source: Any
    options: dict[str, Any]
    rows: int
    places: np.ndarray

    def pieces(self, held: np.ndarray) -> Callable[[Preparation], Chunks]:
        """All rows but some of the sample, once they are prepared; to learn from."""
        from .streaming import prepared

        without = np.sort(self.places[held])

        def of(preparation: Preparation) -> Chunks:
            def epoch(number: int) -> Any:
                return prepared(self.source, preparation, without=without, options=self.options)

            return Chunks(epoch, examples=self.rows - len(without))

        return of


@dataclass
class Table:
    """The rows in memory: all, or a sample of a ``stream``; and those of a test file if any."""

    frame: polars.DataFrame
    schema: Schema
    y: np.ndarray
    findings: list[Any]
    files: list[dict[str, Any]]
    test: polars.DataFrame | None = None
    test_y: np.ndarray | None = None
    stream: Stream | None = None

    def test_part(self, parts: Parts) -> tuple[polars.DataFrame, np.ndarray]:
        """The rows to judge by, and their targets."""
        if self.test is not None and self.test_y is not None:
            return self.test, self.test_y
        return self.frame[parts.test], self.y[parts.test]

    def counts(self, parts: Parts) -> dict[str, int]:
        """How many rows each part has in the files."""
        found = {name: len(rows) for name, rows in vars(parts).items()}
        if self.stream is not None:
            held = len(parts.validation) + (len(parts.test) if self.test is None else 0)
            found["train"] = self.stream.rows - held
        return found

    def in_files(self, parts: Parts) -> Parts:
        """The same parts by the rows' places in the files."""
        if self.stream is None:
            return parts
        places = self.stream.places
        test = parts.test if self.test is not None else places[parts.test]
        return Parts(places[parts.train], places[parts.validation], test)


def read_table(settings: Settings, frame: Any = None) -> Table:
    """Read what the settings name, or a frame; find out types and task; look for traps."""
    options = {key: getattr(settings, key) for key in READING}
    options = {key: value for key, value in options.items() if value is not None}
    stream, where = None, None
    if frame is not None:
        frame = read(frame, types=settings.types)
        files = [fingerprint_of_frame(frame)]
    elif settings.data is None:
        raise ValueError("there is no data: set data= in the settings, or give frame=")
    else:
        paths = files_of(settings.data)
        files = [fingerprint(path) for path in paths]
        frame, stream = _read(settings, paths, {**options, "types": settings.types})
        if stream is None:
            where = Origin(settings.data, types=settings.types, **options)
    ignore = [_named(each, frame.columns) for each in settings.ignore]
    target = settings.target
    schema = infer(
        frame, target, types=settings.types, ignore=ignore, task=settings.task, file=where
    )
    targets = Preparation([], _targets(schema))
    y, findings = targets.targets(frame, where), list(examine(frame, schema))
    table = Table(frame, schema, y, findings, files, stream=stream)
    if settings.test is not None:
        table.files += [fingerprint(path) for path in files_of(settings.test)]
        types = {**schema.types, **settings.types}
        table.test = read(settings.test, types=types, **options)
        where = Origin(settings.test, types=types, **options)
        table.test_y = targets.targets(table.test, where)
    return table


def _read(settings: Settings, paths: list[Path], options: dict[str, Any]) -> Any:
    """All rows; or of files larger than memory a sample, and how to read the rest."""
    large = sum(path.stat().st_size for path in paths) > LARGE
    if not (large if settings.streaming is None else settings.streaming):
        return read(settings.data, **options), None
    from .streaming import sample

    drawn = sample(settings.data, seed=settings.seed, **options)
    return drawn.frame, Stream(settings.data, options, drawn.rows, drawn.places)


def _targets(schema: Schema) -> dict[str, Any]:
    names, classes = list(schema.targets), list(schema.classes)
    return {"task": schema.task, "names": names, "classes": classes}


def _named(column: str | int, names: list[str]) -> str:
    place = place_of(column, names)
    return str(column) if place is None else names[place]
