"""Why a prediction is what it is, and which columns matter, by the columns of the raw table."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import random
from ..engine.compile.jit import jit
from ..engine.trace import no_grad
from ..explain.attribution import integrated_gradients
from ..explain.importance import permutation_importance
from .learned import PIECE, Learned
from .scores import headline

MOST_ROWS = 5000  # of which importance is measured
# What importance is measured by: the score that falls.
HEADLINE = {"binary": "auc", "multiclass": "accuracy", "multilabel": "auc", "regression": "r2"}


def predictions_of(learned: Learned, x: np.ndarray) -> np.ndarray:
    """Probabilities (n, classes), or values."""
    return np.asarray(
        learned.predict(x) if learned.task == "regression" else learned.predict_proba(x)
    )


def background_of(learned: Learned, x: np.ndarray) -> np.ndarray:
    """The mean row, as the first layer sees it: what predictions are explained against."""
    starts = range(0, max(1, len(x)), PIECE)
    with no_grad():
        pieces = [np.asarray(learned.network.columns(x[i : i + PIECE])) for i in starts]
    return np.concatenate(pieces).mean(axis=0, dtype=np.float64).astype(x.dtype)


def contributions(
    learned: Learned, x: np.ndarray, background: np.ndarray, output: np.ndarray, widths: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """How much each raw column adds to one output of each row, (n, columns); and f(background).

    Integrated gradients from the mean row on, of probabilities or values; what the first layer sees
    of one raw column is added up. ``widths`` says how many columns of x each raw column has.
    """
    network = learned.network.eval()
    with no_grad():
        ends = np.asarray(network.columns(x), x.dtype)

    def function(columns: Any) -> Any:
        return learned.finish(network.layers(columns)).reshape(-1, learned.classes)

    found = integrated_gradients(function, ends, background, output=output)
    sources = _sources(learned, widths)
    parts = [found.values[:, sources == i].sum(axis=1) for i in range(len(widths))]
    return np.stack(parts, axis=1), found.start


def _sources(learned: Learned, widths: list[int]) -> np.ndarray:
    """Which raw column each number comes from that the first layer sees: plain, then looked up."""
    of_x = np.repeat(np.arange(len(widths)), widths)
    network = learned.network
    found = [of_x[list(network.plain)]]
    for (place, _), table in zip(network.embedded, network.tables, strict=True):
        found.append(np.full(table.weight.shape[1], of_x[place]))
    return np.concatenate(found)


def importance(
    learned: Learned,
    x: np.ndarray,
    truth: np.ndarray,
    widths: list[int],
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """How much the headline score falls when a raw column is shuffled: means and deviations.

    Of at most 5,000 rows.
    """
    if len(x) > MOST_ROWS:
        order = np.asarray(random.permutation(random.key(seed), len(x)))
        rows = np.sort(order[:MOST_ROWS])
        x, truth = x[rows], truth[rows]
    # Compiled once for several hundred calls on the same shape.
    compiled = jit(lambda x: learned.finish(learned.network(x)))
    learned.network.eval()

    def predict(x: np.ndarray) -> np.ndarray:
        with no_grad():
            return np.asarray(compiled(x))

    def score(y: np.ndarray, outputs: np.ndarray) -> float:
        return headline(learned.task, y, outputs)

    ends = np.cumsum([0, *widths])
    groups = [list(range(ends[i], ends[i + 1])) for i in range(len(widths))]
    found = permutation_importance(predict, score, x, truth, groups=groups, seed=seed)
    return found.mean, found.std
