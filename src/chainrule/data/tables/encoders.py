"""How a column becomes numbers, by its kind: what is learned from the training rows, and applied.

Each kind is a row of ``ENCODERS``: ``fit`` looks at a column of the training rows and returns the
dict that is stored, ``names`` says which columns of x it makes, and ``write`` fills them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...extras import require
from ..errors import DataError, listed
from .values import as_text, first, numbers, place, seconds, words_of_truth

if TYPE_CHECKING:
    import polars

DAY = 86400.0
PERIODS = {"day": DAY, "week": 7 * DAY, "year": 365.2425 * DAY}
ONE_HOT = 16  # categories of at most so many values get a column each, others are embedded
EMBEDDED = 5000  # and of these the most frequent are kept
NORMAL = 1.349  # the quartiles of a normal distribution are so many standard deviations apart
FAR = 1e9  # from here on z is the limit to every digit; and its square is finite
LIMIT = 4.0  # far values are drawn in towards so many standard deviations


def fit_number(series: polars.Series, file: Any, **_: Any) -> dict[str, Any]:
    """Median, spread, and whether values are missing."""
    values = numbers(series, file)
    missing = np.isnan(values)
    values = values[~missing]
    center, scale = _center_and_scale(values) if len(values) else (0.0, 1.0)
    return {
        "name": series.name,
        "kind": "number",
        "fill": center,
        "indicator": bool(missing.any()),
        "center": center,
        "scale": scale,
        "limit": LIMIT,
    }


def _center_and_scale(values: np.ndarray) -> tuple[float, float]:
    """The median, and what would be the standard deviation, by quartiles if these differ."""
    low, center, high = np.quantile(values, [0.25, 0.5, 0.75])
    largest = np.abs(values).max() or 1.0  # so that no square is infinite
    for spread in ((high / largest - low / largest) / NORMAL, (values / largest).std()):
        if spread > 1e-12 * abs(center / largest):
            return float(center), float(spread * largest)
    return float(center), 1.0


def number_names(column: dict[str, Any]) -> list[str]:
    """The number, and whether it is missing."""
    return [column["name"], *_indicator(column)]


def write_number(column: dict[str, Any], series: polars.Series, out: np.ndarray, file: Any) -> None:
    """z = (v - center) / scale, then z / sqrt(1 + (z / limit)²); missing values are filled."""
    values = numbers(series, file)
    missing = np.isnan(values)
    if missing.any():
        values = np.where(missing, column["fill"], values)
    out[:, 0] = _scaled(column, values)
    if column["indicator"]:
        out[:, 1] = missing


def _scaled(column: dict[str, Any], values: np.ndarray) -> np.ndarray:
    """z / sqrt(1 + (z / limit)²): nearly z while it is small, and always within ±limit."""
    with np.errstate(over="ignore"):
        z = (values - column["center"]) / column["scale"]
    limit = column["limit"]
    if limit is None:
        return z
    np.clip(z, -FAR, FAR, out=z)
    ratio = z / limit
    ratio *= ratio
    ratio += 1.0
    return np.divide(z, np.sqrt(ratio, out=ratio), out=z)


def fit_boolean(series: polars.Series, file: Any, **_: Any) -> dict[str, Any]:
    """Which value is 0 and which is 1."""
    texts = as_text(series)
    found = sorted(texts.drop_nulls().unique().to_list())
    if len(found) > 2:
        is_third = texts == found[2]
        raise DataError(
            f"a boolean has two values, this column has {len(found)}: {listed(found)}",
            column=series.name,
            value=found[2],
            fix="correct them, or read the column as 'category'",
            **place(file, first(is_third.fill_null(False))),
        )
    return {
        "name": series.name,
        "kind": "boolean",
        "categories": list(words_of_truth(found) or found),
        "missing": 0.5,
        "indicator": bool(texts.null_count()),
    }


def boolean_names(column: dict[str, Any]) -> list[str]:
    """One column, named after the value that is 1, and whether it is missing."""
    name, words = column["name"], column["categories"]
    return [f"{name}={words[1]}" if len(words) == 2 else name, *_indicator(column)]


def write_boolean(
    column: dict[str, Any], series: polars.Series, out: np.ndarray, file: Any
) -> None:
    """0 for the first value, 1 for the second, 0.5 for a missing or any other."""
    codes, missing = codes_of(series, column["categories"])
    out[:, 0] = np.where(codes >= 0, codes, column["missing"])
    if column["indicator"]:
        out[:, 1] = missing


def fit_category(series: polars.Series, file: Any, one_hot: int = ONE_HOT) -> dict[str, Any]:
    """The values met, in order. Where they are embedded, the frequent ones that are met twice."""
    texts = as_text(series).alias("value")
    counts = texts.drop_nulls().value_counts(name="rows")
    embedded = len(counts) > one_hot
    if embedded:
        often = counts.filter(counts["rows"] > 1)
        counts = often.sort("rows", "value", descending=[True, False])[:EMBEDDED]
    return {
        "name": series.name,
        "kind": "category",
        "categories": sorted(counts.to_series(0).to_list()),
        "encoding": "embedding" if embedded else "one-hot",
        "missing": "own" if embedded or texts.null_count() else "zeros",
        "unseen": "own" if embedded else "zeros",
    }


def category_names(column: dict[str, Any]) -> list[str]:
    """A column for each value; or one for all, where they are embedded."""
    name = column["name"]
    if column["encoding"] == "embedding":
        return [name]
    return [f"{name}={value}" for value in column["categories"]] + (
        [f"{name} missing"] if column["missing"] == "own" else []
    )


def write_category(
    column: dict[str, Any], series: polars.Series, out: np.ndarray, file: Any
) -> None:
    """Ones and zeros; or the code: the place in ``categories``, then missing, then unseen."""
    categories = column["categories"]
    codes, missing = codes_of(series, categories)
    unseen = (codes < 0) & ~missing
    if column["unseen"] == "error" and unseen.any():
        at = int(unseen.argmax())
        raise DataError(
            f"this value was not met in training; those are {listed(categories)}",
            column=series.name,
            value=as_text(series)[at],
            fix="correct it, or prepare with unseen='zeros'",
            **place(file, at),
        )
    if column["encoding"] == "embedding":
        codes = np.where(missing, len(categories), codes)
        out[:, 0] = np.where(unseen, len(categories) + 1, codes)
        return
    out[:] = 0.0
    codes = np.where(missing & (column["missing"] == "own"), len(categories), codes)
    rows = np.flatnonzero(codes >= 0)
    out[rows, codes[rows]] = 1.0


def fit_date(series: polars.Series, file: Any, **_: Any) -> dict[str, Any]:
    """The middle and spread, and the periods (day, week, year) that the dates go through."""
    values = seconds(series, file)
    missing = np.isnan(values)
    values = values[~missing]
    center, scale = _center_and_scale(values) if len(values) else (0.0, 1.0)
    span = float(np.ptp(values)) if len(values) else 0.0
    with_hours = bool((values % DAY != values[:1] % DAY).any())
    periods = [
        period
        for name, period in PERIODS.items()
        if span >= 2 * period and (name != "day" or with_hours)
    ]
    return {
        "name": series.name,
        "kind": "date",
        "fill": center,
        "indicator": bool(missing.any()),
        "center": center,
        "scale": scale,
        "limit": LIMIT,
        "periods": periods,
    }


def date_names(column: dict[str, Any]) -> list[str]:
    """The time, a sine and a cosine for each period, and whether it is missing."""
    of_length = {period: name for name, period in PERIODS.items()}
    waves = [
        f"{column['name']} {wave} {of_length[period]}"
        for period in column["periods"]
        for wave in ("sin", "cos")
    ]
    return [column["name"], *waves, *_indicator(column)]


def write_date(column: dict[str, Any], series: polars.Series, out: np.ndarray, file: Any) -> None:
    """The time as a number is; sin(2π s / period) and cos(2π s / period) for each period."""
    values = seconds(series, file)
    missing = np.isnan(values)
    values = np.where(missing, column["fill"], values)
    out[:, 0] = _scaled(column, values)
    for i, period in enumerate(column["periods"]):
        angle = 2 * np.pi * (values / period)
        out[:, 1 + 2 * i] = np.sin(angle)
        out[:, 2 + 2 * i] = np.cos(angle)
    if column["indicator"]:
        out[:, -1] = missing


def codes_of(series: polars.Series, categories: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The place of each value in ``categories`` (-1 if not among them), and which are missing."""
    pl = require("polars", "tables")
    texts = as_text(series)
    codes = texts.cast(pl.Enum(categories), strict=False).to_physical()
    return codes.cast(pl.Int64).fill_null(-1).to_numpy(), texts.is_null().to_numpy()


def _indicator(column: dict[str, Any]) -> list[str]:
    return [f"{column['name']} missing"] if column["indicator"] else []


@dataclass(frozen=True)
class Encoder:
    """The three functions of a kind of column."""

    fit: Callable[..., dict[str, Any]]
    names: Callable[[dict[str, Any]], list[str]]
    write: Callable[[dict[str, Any], Any, np.ndarray, Any], None]


ENCODERS = {
    "number": Encoder(fit_number, number_names, write_number),
    "boolean": Encoder(fit_boolean, boolean_names, write_boolean),
    "category": Encoder(fit_category, category_names, write_category),
    "date": Encoder(fit_date, date_names, write_date),
}
