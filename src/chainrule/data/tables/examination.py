"""Traps in a table that no error is raised for: told before anything is trained.

A column that alone predicts the target nearly without error was often made from it, or after it:
a network trained with it looks perfect, and is of no use where the target is not known yet.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import listed
from .schema import Schema
from .values import as_text, chosen, numbers, seconds

if TYPE_CHECKING:
    import polars

SAMPLE = 20_000  # rows that are looked at for leakage
ENOUGH = 20  # fewer rows prove nothing
MISSING = 0.5  # of a column
REPEATED = 0.05  # of the rows
SMALL = 0.2  # of the average class
ERROR_LEFT = 0.02  # of that without the column: a column that leaves less is suspected
AUC = 0.995
R2 = 0.99
NAMED_AS_KEY = re.compile(
    r"(^|[_\s.-])(id|ids|uuid|guid|key|index|row|nr)$|^unnamed|^row_?names?$", re.IGNORECASE
)


@dataclass(frozen=True)
class Finding:
    """Something to know about a table: what kind, which columns, what is seen, what to do.

    Kinds: "constant", "missing", "duplicate columns", "duplicate rows", "identifier", "leakage",
    "imbalance". ``column`` lists the names; it is empty where the rows are meant.
    """

    kind: str
    column: str
    message: str
    advice: str


def examine(frame: polars.DataFrame, schema: Schema) -> list[Finding]:
    """What should be known about a table before a network is trained on it.

    Columns that say nothing or are copies, rows that are repeated, identifiers, a column that
    alone predicts the target (leakage suspected), classes of few rows, columns mostly missing.

    Leakage: every row's target is predicted from the row of the other half of the table whose
    value in the column is nearest. Suspected is a column with R² > 0.99 (also of a straight
    line), or at most 2 % of the errors that are made without it, or with AUC > 0.995.

    >>> import polars
    >>> from chainrule.data.tables import infer
    >>> price = [float(i * i % 101) for i in range(60)]
    >>> frame = polars.DataFrame({"size": [i % 7 for i in range(60)], "in_euro": price})
    >>> frame = frame.with_columns(price=polars.col("in_euro") * 1.1)
    >>> [finding.column for finding in examine(frame, infer(frame, "price"))]
    ['in_euro']
    """
    return [
        finding
        for look in (_constant, _missing, _copies, _repeated, _identifiers, _leakage, _imbalance)
        for finding in look(frame, schema)
    ]


def _finding(kind: str, names: Iterable[str], message: str, advice: str) -> list[Finding]:
    names = list(names)
    return [Finding(kind, listed(names, 6), message, advice)] if names else []


def _constant(frame: polars.DataFrame, schema: Schema) -> list[Finding]:
    names = [column.name for column in schema.columns if column.why in ("constant", "empty")]
    what = "the same in every row" if len(names) == 1 else "each the same in every row"
    return _finding("constant", names, f"{what}, or empty", "left out; nothing is lost")


def _missing(frame: polars.DataFrame, schema: Schema) -> list[Finding]:
    share = {
        column.name: frame[column.name].null_count() / len(frame)
        for column in schema.used
        if frame[column.name].null_count() > MISSING * len(frame)
    }
    most = f"up to {max(share.values()):.0%}" if share else ""
    return _finding(
        "missing",
        share,
        f"most values are missing ({most} of the rows)",
        "they are filled with the median, and a column says where; leave it out if that is no use",
    )


def _copies(frame: polars.DataFrame, schema: Schema) -> list[Finding]:
    groups = defaultdict(list)
    for column in schema.used:
        series = frame[column.name]
        groups[str(series.dtype), int(series.hash(0).sum()), series.null_count()].append(series)
    pairs = [
        f"{other.name} = {group[0].name}"
        for group in groups.values()
        for other in group[1:]
        if other.equals(group[0], check_names=False)
    ]
    return _finding(
        "duplicate columns",
        pairs,
        "the same values under two names" if len(pairs) == 1 else f"{len(pairs)} are copies",
        "leave the copies out: ignore=",
    )


def _repeated(frame: polars.DataFrame, schema: Schema) -> list[Finding]:
    names = [column.name for column in schema.used] + list(schema.targets)
    count = len(frame) - chosen(frame, names).hash_rows().n_unique()
    if count <= REPEATED * len(frame) or len(frame) < ENOUGH:
        return []
    what = f"{count:,} of {len(frame):,} rows ({count / len(frame):.0%}) repeat another one"
    advice = "if they are copies remove them: tested on rows it has learned, a network looks better"
    return [Finding("duplicate rows", "", what, advice)]


def _identifiers(frame: polars.DataFrame, schema: Schema) -> list[Finding]:
    left_out = [c.name for c in schema.columns if c.why in ("identifier", "row number")]
    found = _finding(
        "identifier",
        left_out,
        "nearly every row has a value of its own: names or numbers of the rows",
        "left out; to use it give its kind: types=",
    )
    keys = [
        column.name
        for column in schema.used
        if column.kind == "number"
        and NAMED_AS_KEY.search(column.name)
        and frame[column.name].dtype.is_integer()
        and len(frame) >= ENOUGH
        and frame[column.name].n_unique() == len(frame)
    ]
    return found + _finding(
        "identifier",
        keys,
        "a different whole number in every row, and named like a key",
        "it is used as a number; if it is a key leave it out: ignore=",
    )


def _imbalance(frame: polars.DataFrame, schema: Schema) -> list[Finding]:
    if not schema.classes:
        return []
    counts = as_text(frame[schema.targets[0]]).alias("value").value_counts(name="rows")
    counts = dict(counts.sort("rows").iter_rows())
    average = len(frame) / len(schema.classes)
    small = [name for name, count in counts.items() if count < SMALL * average]
    if not small:
        return []
    told = listed(f"{name} {counts[name]:,}" for name in small)
    return _finding(
        "imbalance",
        schema.targets,
        f"classes of few rows: {told} of {len(frame):,}",
        "judge by AUC or recall, not by accuracy; weigh the classes (class_weight='balanced')",
    )


def _leakage(frame: polars.DataFrame, schema: Schema) -> list[Finding]:
    present = chosen(frame, [*schema.targets, *(column.name for column in schema.used)])
    if len(present) < ENOUGH:
        return []
    if len(present) > SAMPLE:
        present = present.sample(SAMPLE, seed=0)
    order = np.random.default_rng(0).permutation(len(present))
    found = []
    for name in schema.targets:
        target = present[name]
        y = _codes(target) if schema.task != "regression" else numbers(target)
        suspect = _predicts_number if schema.task == "regression" else _predicts_class
        for column in schema.used:
            x = _as_numbers(present[column.name], column.kind)
            with np.errstate(all="ignore"):  # squares of huge numbers
                why = suspect(x[order], y[order], column.kind != "category")
            if why:
                found += _finding(
                    "leakage",
                    [column.name],
                    f"it alone predicts {name!r} ({why})",
                    "was it made from the target, or after it was known? "
                    "then leave it out: ignore=",
                )
    return found


def _codes(series: polars.Series) -> np.ndarray:
    """Words as numbers from 0, in the order of the alphabet; what is missing comes first."""
    texts = as_text(series).fill_null("").to_numpy()
    return np.unique(texts, return_inverse=True)[1]


def _as_numbers(series: polars.Series, kind: str) -> np.ndarray:
    """Values that can be ordered; missing ones come first, for they can tell something too."""
    if kind == "number":
        values = numbers(series)
    elif kind == "date":
        values = seconds(series)
    else:
        return _codes(series).astype(float)
    lowest = np.nanmin(values) - 1 if not np.isnan(values).all() else 0.0
    return np.where(np.isnan(values), lowest, values)


def _halves(x: np.ndarray, y: np.ndarray) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    """Targets of the row nearest in x, from the other half of the table, and the true ones."""
    middle = len(x) // 2
    halves = (slice(None, middle), slice(middle, None))
    for known, asked in (halves, halves[::-1]):
        order = np.argsort(x[known], kind="stable")
        sorted_x = x[known][order]
        above = np.clip(np.searchsorted(sorted_x, x[asked]), 1, len(order) - 1)
        is_below = x[asked] - sorted_x[above - 1] < sorted_x[above] - x[asked]
        yield y[known][order][above - is_below], y[asked]


def _predicts_class(x: np.ndarray, y: np.ndarray, ordered: bool) -> str:
    without = 1 - np.bincount(y).max() / len(y)
    wrong = sum((near != true).sum() for near, true in _halves(x, y)) / len(y)
    if without > 0 and wrong <= ERROR_LEFT * without:
        return f"accuracy {1 - wrong:.1%}"
    if ordered and y.max() == 1:
        area = _auc(x, y)
        if max(area, 1 - area) > AUC:
            return f"AUC {max(area, 1 - area):.3f}"
    return ""


def _auc(x: np.ndarray, y: np.ndarray) -> float:
    """The share of pairs, one of each class, in which the one of class 1 has the larger x."""
    zeros = np.sort(x[y == 0])
    ones = x[y == 1]
    below = np.searchsorted(zeros, ones, "left") + np.searchsorted(zeros, ones, "right")
    return float(below.mean() / 2 / len(zeros))


def _predicts_number(x: np.ndarray, y: np.ndarray, ordered: bool) -> str:
    total = ((y - y.mean()) ** 2).sum()
    left = sum(((near - true) ** 2).sum() for near, true in _halves(x, y))
    best = 1 - left / total
    if ordered and x.std() > 0:
        best = max(best, np.corrcoef(x, y)[0, 1] ** 2)
    return f"R² {best:.3f}" if best > R2 else ""
