"""How good predictions are: scores with intervals of 95 % confidence."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .scores import Score, one_hot, scores_of

RESAMPLES = 1000
FEWEST = 100
MOST_CELLS = 2e7  # predictions that are drawn in all: fewer resamples of large tables
Z = 1.959963984540054  # 95 % of a normal distribution lie within ±Z

BOOTSTRAP, WILSON, NEWCOMBE = "bootstrap", "Wilson", "Newcombe"
METHODS = {
    BOOTSTRAP: "percentiles of the score over resamples of the rows, drawn with replacement",
    WILSON: "Wilson's score interval of a share (1927)",
    NEWCOMBE: "Newcombe's interval of an area under the ROC curve (2006, method 5)",
}


@dataclass(frozen=True)
class Metric:
    """A score with its interval of 95 % confidence; NaN at both ends where there is none.

    There is none where every resample has the same score, as of very few rows: that would be no
    statement of certainty.
    """

    name: str
    title: str
    value: float
    low: float = math.nan
    high: float = math.nan
    method: str = BOOTSTRAP
    is_higher_better: bool = True
    of: str = ""

    @property
    def has_interval(self) -> bool:
        """Whether an interval is known."""
        return not math.isnan(self.low)

    def __str__(self) -> str:
        tail = f" [{self.low:.3f}, {self.high:.3f}]" if self.has_interval else ""
        of = f" of {self.of}" if self.of else ""
        return f"{self.title}{of} {self.value:.3f}{tail}"


@dataclass(frozen=True)
class Evaluation:
    """The metrics of predictions for so many rows; ``evaluation["auc"].value`` is one of them."""

    task: str
    rows: int
    metrics: tuple[Metric, ...]
    resamples: int = 0

    def __getitem__(self, name: str) -> Metric:
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(f"no metric {name!r}; there are {', '.join(m.name for m in self.metrics)}")

    def __str__(self) -> str:
        return "\n".join(map(str, self.metrics))

    def to_dict(self) -> dict[str, Any]:
        """Names, values and intervals as JSON has them; None for what is not known."""
        rows = {metric.name: _as_dict(metric) for metric in self.metrics}
        return {"rows": self.rows, "resamples": self.resamples, "metrics": rows}


def evaluate(
    task: str,
    truth: Any,
    prediction: Any,
    names: tuple[str, ...],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """All metrics of a task, with intervals; arguments as of ``scores.scores_of``.

    Intervals: Wilson's for accuracy, Newcombe's for the area under the ROC curve of two classes,
    else the bootstrap's 2.5 and 97.5 percentiles (Efron 1979), from a generator with this seed.
    They speak of the rows drawn, not of another training run.

    >>> truth = np.arange(40) % 2
    >>> p = np.stack([0.9 - 0.8 * truth, 0.1 + 0.8 * truth], axis=1)
    >>> print(evaluate("binary", truth, p, ("no", "yes"))["accuracy"])
    accuracy 1.000 [0.912, 1.000]
    """
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    rows = len(truth)
    if not rows:
        raise ValueError("evaluate: there are no rows to judge the predictions by")
    scores = scores_of(task, truth, prediction, names)
    if resamples:
        resamples = max(min(resamples, int(MOST_CELLS / prediction.size)), FEWEST)
    drawn = _draws(scores, rows, resamples, seed)
    closed = _closed(task, truth)
    metrics = []
    for score in scores:
        value = score(rows=rows)
        if score.name in closed:
            method, interval = closed[score.name]
            low, high = interval(value)
        else:
            method, (low, high) = BOOTSTRAP, _percentiles(drawn[score.name])
        shown = score.is_higher_better, score.of
        metrics.append(Metric(score.name, score.title, value, low, high, method, *shown))
    return Evaluation(task, rows, tuple(metrics), resamples)


def _closed(task: str, truth: np.ndarray) -> dict[str, tuple[str, Callable[[float], Any]]]:
    """The scores whose intervals have a formula."""
    rows = len(truth)
    found: dict[str, tuple[str, Callable[[float], Any]]] = {}
    if task in ("binary", "multiclass"):
        found["accuracy"] = WILSON, lambda share: wilson(share, rows)
    if task == "multilabel":
        found["subset_accuracy"] = WILSON, lambda share: wilson(share, rows)
    if task == "binary":
        counts = one_hot(truth, 2).sum(axis=0)
        found["auc"] = NEWCOMBE, lambda area: newcombe(area, *counts)
    return found


def _draws(scores: list[Score], rows: int, resamples: int, seed: int) -> dict[str, np.ndarray]:
    """Each score of each resample; how many are drawn at a time never shows in the numbers."""
    generator = np.random.Generator(np.random.PCG64(seed))
    found: dict[str, list[np.ndarray]] = {score.name: [] for score in scores}
    portion = max(1, min(resamples, int(1e6 / rows)))
    for start in range(0, resamples, portion):
        count = min(portion, resamples - start)
        chosen = generator.integers(rows, size=(count, rows))
        weights = np.stack([np.bincount(each, minlength=rows) for each in chosen]).astype(float)
        for score in scores:
            found[score.name].append(score(weights))
    return {name: np.concatenate(values or [np.empty(0)]) for name, values in found.items()}


def _percentiles(values: np.ndarray) -> tuple[float, float]:
    values = values[~np.isnan(values)]
    if len(values) < 2 or values.min() == values.max():
        return math.nan, math.nan
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def wilson(share: float, rows: int) -> tuple[float, float]:
    """The interval of a share of so many rows (Wilson 1927).

    >>> [round(end, 3) for end in wilson(1.0, 30)]
    [0.886, 1.0]
    """
    middle = (share + Z**2 / (2 * rows)) / (1 + Z**2 / rows)
    inside = share * (1 - share) / rows + Z**2 / (4 * rows**2)
    half = Z * math.sqrt(inside) / (1 + Z**2 / rows)
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(area: float, no: float, yes: float) -> tuple[float, float]:
    """The interval of an area under the ROC curve: those θ with |area − θ| ≤ Z · s(θ).

    s(θ)² = θ (1 − θ) (1 + m (1 − θ) / (2 − θ) + m θ / (1 + θ)) / (no · yes), with
    m = (no + yes) / 2 − 1; Newcombe, Statistics in Medicine 25 (2006) 559-573, method 5. Where the
    area is 1, it has a width as well.

    >>> [round(end, 3) for end in newcombe(1.0, 20, 20)]
    [0.899, 1.0]
    """
    if math.isnan(area):
        return math.nan, math.nan
    m = (no + yes) / 2 - 1

    def excess(theta: float) -> float:
        spread = 1 + m * (1 - theta) / (2 - theta) + m * theta / (1 + theta)
        return abs(area - theta) - Z * math.sqrt(theta * (1 - theta) * spread / (no * yes))

    return _root(excess, 0.0, area), _root(excess, 1.0, area)


def _root(excess: Callable[[float], float], outside: float, inside: float) -> float:
    """Where the interval ends between a place outside of it and one inside, by bisection."""
    if excess(outside) <= 0:
        return outside
    for _ in range(60):
        middle = (outside + inside) / 2
        if excess(middle) > 0:
            outside = middle
        else:
            inside = middle
    return inside


def _as_dict(metric: Metric) -> dict[str, Any]:
    return {
        "value": _known(metric.value),
        "low": _known(metric.low),
        "high": _known(metric.high),
        "method": metric.method,
    }


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
