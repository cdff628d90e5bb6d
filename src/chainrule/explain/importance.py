"""Permutation importance: how much a score falls when one input is shuffled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Importance:
    """What ``permutation_importance`` found: for each feature the mean and standard deviation of
    how much the score fell; and the score without shuffling."""

    mean: Any
    std: Any
    score: float

    def order(self) -> Any:
        """Numbers of the features, the most important first."""
        return np.argsort(-self.mean, kind="stable")


def permutation_importance(
    predict: Callable[[Any], Any],
    score: Callable[[Any, Any], float],
    x: Any,
    y: Any,
    *,
    groups: Sequence[Sequence[int]] | None = None,
    repeats: int = 5,
    seed: int = 0,
) -> Importance:
    """How much ``score(y, predict(x))`` falls when a feature's values are dealt out anew.

    Breiman 2001, Fisher, Rudin and Dominici 2019. A feature that another one can stand in for is
    found unimportant; take rows that were not trained on to see what helps on new ones.

    Parameters
    ----------
    predict, score
        Functions; a larger score is better.
    x, y
        Rows (n, d) and targets (n, ...).
    groups
        Columns that belong together (of one category, one-hot) and are shuffled together: a list of
        lists of column numbers; None: each column for itself.
    repeats, seed
        Shuffles of each feature, and what they are drawn by.

    >>> x = np.arange(40.0).reshape(20, 2)
    >>> def error(y, p):
    ...     return -float(np.abs(y - p).mean())
    >>> found = permutation_importance(lambda x: x[:, 1], error, x, x[:, 1])
    >>> bool(found.mean[0] == 0), bool(found.mean[1] > 1)
    (True, True)
    """
    x, y = np.asarray(x), np.asarray(y)
    if repeats < 1 or len(x) != len(y) or not len(x):
        raise ValueError(
            f"permutation_importance: needs rows with a target each and repeats of 1 or more, got "
            f"{len(x)} rows, {len(y)} targets, repeats={repeats}"
        )
    parts = [[column] for column in range(x.shape[1])] if groups is None else groups
    best = float(score(y, predict(x)))
    draw = np.random.default_rng(seed)
    drops = np.empty((len(parts), repeats))
    for i, columns in enumerate(parts):
        shuffled = x.copy()
        for turn in range(repeats):
            shuffled[:, columns] = x[draw.permutation(len(x))][:, columns]
            drops[i, turn] = best - float(score(y, predict(shuffled)))
    return Importance(drops.mean(axis=1), drops.std(axis=1), best)
