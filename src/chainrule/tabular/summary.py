"""What each column of a table looks like, in a few numbers and a small histogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.tables import Schema
from ..extras import require

if TYPE_CHECKING:
    import polars

BARS = 20
MOST_VALUES = 8


@dataclass(frozen=True)
class ColumnSummary:
    """A column: how it is used, what is missing, and how its values are spread.

    ``counts`` are rows by bar: of equal steps from ``low`` to ``high`` (numbers, dates), or by
    value, the commonest first (``values``), where there are few.
    """

    name: str
    kind: str
    why: str
    missing: int
    different: int
    low: float = np.nan
    middle: float = np.nan
    high: float = np.nan
    counts: tuple[int, ...] = ()
    values: tuple[str, ...] = ()


def summarise(frame: polars.DataFrame, schema: Schema) -> list[ColumnSummary]:
    """The targets first, then the other columns as they stand in the table."""
    is_number = schema.task == "regression"
    target = "number" if is_number else "category"
    found = [_summary(frame[name], target, "target") for name in schema.targets]
    return found + [_summary(frame[each.name], each.kind, each.why) for each in schema.columns]


def _summary(series: polars.Series, kind: str, why: str) -> ColumnSummary:
    pl = require("polars", "tables")
    if series.dtype.is_float():
        series = series.fill_nan(None)
    kept = series.drop_nulls()
    head = series.name, kind, why, series.null_count(), kept.n_unique()
    if not len(kept):
        return ColumnSummary(*head)
    if kind == "date" or (kind in ("number", "ignore") and series.dtype.is_numeric()):
        if series.dtype.is_temporal():
            kept = kept.cast(pl.Datetime("us")).dt.epoch("s")
        values = kept.cast(pl.Float64, strict=False).drop_nulls().to_numpy()
        return ColumnSummary(*head, **_spread(values[np.isfinite(values)]))
    counts = kept.cast(pl.String).alias("value").value_counts(name="rows")
    counts = counts.sort(["rows", "value"], descending=[True, False]).head(MOST_VALUES)
    texts = tuple(counts["value"].to_list())
    return ColumnSummary(*head, counts=tuple(counts["rows"].to_list()), values=texts)


def _spread(values: np.ndarray) -> dict[str, Any]:
    if not len(values):
        return {}
    counts, _ = np.histogram(values, bins=BARS)
    low, middle, high = np.quantile(values, [0, 0.5, 1])
    shown = {"low": float(low), "middle": float(middle), "high": float(high)}
    return {**shown, "counts": tuple(map(int, counts))}
