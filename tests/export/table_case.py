"""A table of every kind of column, a model of it, and raw rows with what was never met."""

import datetime as dt
import functools

import numpy as np
import polars as pl

from chainrule.data.tables import infer
from chainrule.tabular import Recipe
from chainrule.tabular.model import TableModel

TYPES = {"flag": "boolean", "color": "category", "city": "category", "when": "date"}


def frame(rows, seed=0, strange=False):
    """Rows of numbers, booleans, categories (few and many) and dates, with missing values."""
    rng = np.random.default_rng(seed)
    colors = ["red", "green", "blue"] + ["mauve", 'Zoë\'s, "x"'] * strange
    cities = [f"city {i}" for i in range(40)] + ["nowhere"] * (5 * strange)
    start = dt.datetime(2015, 1, 1)
    columns = {
        "size": rng.normal(size=rows) * 10.0 ** rng.integers(0, 4 if strange else 2, rows),
        "count": rng.integers(0, 9, rows),
        "flag": rng.choice(["no", "yes", "perhaps"] if strange else ["no", "yes"], rows),
        "color": rng.choice(colors, rows),
        "city": rng.choice(cities, rows),
        "when": [start + dt.timedelta(hours=int(h)) for h in rng.integers(0, 50_000, rows)],
    }
    table = pl.DataFrame(columns)
    gaps = {name: pl.Series(rng.random(rows) < 0.1) for name in ("size", "flag", "color", "when")}
    return table.with_columns(
        pl.when(gap).then(None).otherwise(pl.col(name)).alias(name) for name, gap in gaps.items()
    )


@functools.cache
def model(task):
    """A small model of 300 such rows."""
    table = frame(300)
    signal = table["count"].to_numpy() + 3.0 * (table["color"].fill_null("") == "red").to_numpy()
    targets = {
        "binary": {"y": np.where(signal > 4, "hit", "miss")},
        "multiclass": {"y": np.array(["low", "mid", "high"])[(signal // 4).astype(int).clip(0, 2)]},
        "multilabel": {"a": (signal > 4).astype(int), "b": (signal % 2 > 0).astype(int)},
        "regression": {"y": signal * 1000.0 + 5.0},
        "outputs": {"y": signal * 1000.0, "z": -signal + 0.5},
    }[task]
    table = table.with_columns(pl.Series(name, values) for name, values in targets.items())
    names = list(targets)
    kind = "regression" if task == "outputs" else task
    schema = infer(table, names if len(names) > 1 else names[0], types=TYPES, task=kind)
    recipe = Recipe(hidden=(6,), epochs=20, batch_norm=True, seed=1)
    return TableModel.fit(recipe, table, schema)


def columns_as_fed(table, kinds):
    """The columns as the exported ONNX models take them, by kind."""
    return {name: _column(table[name], kind)[:, None] for name, kind in kinds.items()}


def _column(series, kind):
    if kind == "date":
        milliseconds = series.cast(pl.Datetime("ms")).dt.epoch("ms").cast(pl.Float64)
        return (milliseconds / 1000).fill_null(np.nan).to_numpy()
    if kind == "number":
        return series.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return series.cast(pl.String).fill_null("").to_numpy().astype(object)
