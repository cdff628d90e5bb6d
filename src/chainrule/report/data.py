"""What the table holds, how it was split, and what was noticed in it."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from ..tabular.outcome import Outcome
from ..tabular.summary import ColumnSummary
from .charts import number, spark
from .html import Raw, Section, details, paragraph, percent, plural, shortened, table

OPEN = 12  # columns: more are shown on a click
MOST = 200
PARTS = {"train": ("training", "#0072b2"), "validation": ("validation", "#b05a8c")}
PARTS["test"] = ("test", "#b84a00")


def data(outcome: Outcome) -> Section:
    """The rows, the split, and every column."""
    targets = outcome.columns[: len(outcome.schema.targets)]
    others = outcome.columns[len(targets) :]
    shown = _columns([*targets, *others[:MOST]])
    if len(others) > MOST:
        shown += paragraph(f"… and {plural(len(others) - MOST, 'more column')}.", "muted")
    used = len(outcome.schema.used)
    left = len(outcome.schema.columns) - used
    told = f"{plural(used, 'column')} to predict from" + (f", {left} left out" if left else "")
    content = _split(outcome) + details(
        f"All columns: {told}", shown, is_open=len(outcome.columns) <= OPEN
    )
    return Section("data", "The data", content)


def _split(outcome: Outcome) -> str:
    counts = outcome.record["rows"]
    whole = sum(counts.values())
    bars, keys = [], []
    for name, (title, colour) in PARTS.items():
        count = counts[name]
        if not count:
            continue
        label = f"{count:,}" if count / whole > 0.06 else ""
        bars.append(f'<span style="flex:{count} 0 0;background:{colour}">{label}</span>')
        share = percent(count / whole, 0)
        keys.append(f'<span><i style="background:{colour}"></i>{title} {count:,} ({share})</span>')
    return (
        f'<div class="split" role="img" aria-label="the split">{"".join(bars)}</div>'
        f'<div class="key">{"".join(keys)}</div>' + paragraph(_how_split(outcome))
    )


def _how_split(outcome: Outcome) -> str:
    if outcome.settings.test is not None:
        start = "The test part is a file of its own."
    else:
        by = "tenths of the values" if outcome.schema.task == "regression" else "class"
        start = (
            f"The rows were split at random by {by}, copies of a row kept together "
            f"(seed {outcome.settings.seed})."
        )
    if outcome.record["sampled"]:
        sampled = sum(len(rows) for rows in vars(outcome.parts).values())
        start += (
            f" The data was read piece by piece: {sampled:,} rows drawn at random teach the "
            "preparation, validate and test; the network learns from all others."
        )
    check = " The validation part decides when training stops"
    is_of_classes = outcome.schema.task != "regression"
    if is_of_classes:
        check += " and calibrates the probabilities"
    if not len(outcome.parts.validation):
        check = " Of so few rows each is needed: the number of steps is fixed"
        if is_of_classes and outcome.folds:
            check += ", and cross-validation calibrates the probabilities"
    return (
        f"{start} The training part teaches the network and the preparation of the columns."
        f"{check}. "
        "The test part was looked at once, for the numbers below."
    ).replace("..", ".")


def _columns(columns: list[ColumnSummary]) -> str:
    head = ["column", "kind", "missing", "different", "values", "spread"]
    rows = [_row(column) for column in columns]
    return table(head, rows, numbers=(2, 3), kind="columns")


def _row(column: ColumnSummary) -> list[Any]:
    is_target = column.why == "target"
    name = f"<b>{escape(shortened(column.name))}</b>" if is_target else None
    kind = "to predict" if is_target else column.kind
    if column.kind == "ignore":
        kind = f"left out: {column.why or 'as asked'}"
    colour = "var(--vermilion)" if is_target else "var(--blue)"
    return [
        Raw(name) if name else shortened(column.name),
        kind,
        f"{column.missing:,}" if column.missing else Raw('<span class="muted">0</span>'),
        f"{column.different:,}",
        _values(column),
        Raw(spark(column.counts, colour)),
    ]


def _values(column: ColumnSummary) -> str:
    if column.values:
        shown = [
            f"{shortened(value, 18)} ({count:,})"
            for value, count in zip(column.values[:4], column.counts, strict=False)
        ]
        more = column.different - len(shown)
        return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")
    if not np.isfinite(column.middle):
        return "–"
    if column.kind == "date":
        return " … ".join(_day(value) for value in (column.low, column.high))
    low, middle, high = (number(each) for each in (column.low, column.middle, column.high))
    return f"{low} … {middle} … {high}"


def _day(seconds: float) -> str:
    return str(np.datetime64(int(seconds), "s").astype("datetime64[D]"))


def findings(outcome: Outcome) -> Section:
    """What was noticed: constant and duplicate columns, leaks, imbalance."""
    if not outcome.findings:
        content = (
            '<div class="finding fine"><p>Nothing was noticed: no constant or duplicate columns, '
            "no identifiers, no column that gives the target away, no rare class.</p></div>"
        )
        return Section("findings", "Noticed in the data", content)
    found = []
    for finding in outcome.findings:
        where = f"<b>{escape(shortened(finding.column))}</b>: " if finding.column else ""
        advice = f'<p class="muted">{escape(_sentence(finding.advice))}</p>'
        found.append(f'<div class="finding"><p>{where}{escape(finding.message)}.</p>{advice}</div>')
    return Section("findings", "Noticed in the data", "".join(found))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
