"""A table larger than memory: a sample of its rows is looked at, all are learned from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.tables import Preparation, batches
from ..extras import require

if TYPE_CHECKING:
    import polars

SAMPLE = 100_000  # rows that are kept in memory, at the most
_LIMIT = 1 << 64


@dataclass(frozen=True)
class Sample:
    """Some rows of a table, drawn evenly: a frame, the rows' places in it, and how many it has."""

    frame: polars.DataFrame
    places: np.ndarray
    rows: int


def sample(source: Any, *, most: int = SAMPLE, seed: int = 0, **options: Any) -> Sample:
    """Draw rows in one pass, in memory that does not grow with the table.

    A row is kept if the hash of its number is below a bound, which is halved whenever more than
    ``most`` rows are kept; so the same table and seed give the same rows. ``options`` are those of
    ``chainrule.data.tables.read``.

    >>> drawn = sample({"x": np.arange(1000)}, most=100)
    >>> drawn.rows, 40 < len(drawn.frame) <= 100
    (1000, True)
    """
    pl = require("polars", "tables")
    bound, rows, kept = _LIMIT, 0, 0
    frames: list[polars.DataFrame] = []
    places: list[np.ndarray] = []
    for batch in batches(source, **options):
        here = np.arange(rows, rows + len(batch))
        rows += len(batch)
        chosen = _below(here, bound, seed)
        frames.append(batch.filter(chosen))
        places.append(here[chosen])
        kept += len(frames[-1])
        while kept > most:
            bound //= 2
            keep = [_below(each, bound, seed) for each in places]
            frames = [frame.filter(mask) for frame, mask in zip(frames, keep, strict=True)]
            places = [each[mask] for each, mask in zip(places, keep, strict=True)]
            kept = sum(map(len, frames))
    return Sample(pl.concat(frames, how="vertical_relaxed"), np.concatenate(places), rows)


def prepared(
    source: Any,
    preparation: Preparation,
    *,
    without: np.ndarray,
    options: Mapping[str, Any],
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """x and y of all rows but those at the places ``without`` (sorted), piece by piece."""
    start = 0
    for batch in batches(source, **options):
        low, high = np.searchsorted(without, [start, start + len(batch)])
        keep = np.ones(len(batch), bool)
        keep[without[low:high] - start] = False
        start += len(batch)
        frame = batch if keep.all() else batch.filter(keep)
        if len(frame):
            yield preparation.transform(frame), preparation.targets(frame)


def _below(places: np.ndarray, bound: int, seed: int) -> np.ndarray:
    """Whether the hash of each place is below a bound: splitmix64 (Steele et al. 2014)."""
    if bound == _LIMIT:
        return np.ones(len(places), bool)
    with np.errstate(over="ignore"):
        z = (places.astype(np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (z ^ (z >> np.uint64(31))) < np.uint64(bound)
