"""Parts of a data set in which each class keeps its share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import random


def split(y: np.ndarray, fractions: Sequence[float], key: np.ndarray) -> list[np.ndarray]:
    """Row numbers of disjoint parts, each with the classes in the same proportions.

    Parameters
    ----------
    y
        Class of each row, shape (rows,).
    fractions
        Sizes of the parts; they sum to 1.

    >>> import numpy as np
    >>> from chainrule import random
    >>> y = np.repeat([0.0, 1.0], [80, 20])
    >>> [(len(part), int(y[part].sum())) for part in split(y, (0.6, 0.2, 0.2), random.key(0))]
    [(60, 12), (20, 4), (20, 4)]
    """
    if min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-9:
        raise ValueError(f"fractions must be positive and sum to 1, got {tuple(fractions)}")
    parts: list[list[np.ndarray]] = [[] for _ in fractions]
    for rows in _rows_by_class(y, key):
        edges = np.round(np.cumsum(fractions)[:-1] * len(rows)).astype(int)
        for part, piece in zip(parts, np.split(rows, edges), strict=True):
            part.append(piece)
    return [np.sort(np.concatenate(part)) for part in parts]


def folds(y: np.ndarray, count: int, key: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs of (training, held-out) row numbers for cross-validation; each row is held out once.

    >>> import numpy as np
    >>> from chainrule import random
    >>> y = np.repeat([0.0, 1.0], [80, 20])
    >>> [int(y[held_out].sum()) for _, held_out in folds(y, 5, random.key(0))]
    [4, 4, 4, 4, 4]
    """
    if not 2 <= count <= len(y):
        raise ValueError(f"count must be from 2 to the number of rows, {len(y)}, got {count}")
    fold_of = np.empty(len(y), dtype=int)
    start = 0
    for rows in _rows_by_class(y, key):
        fold_of[rows] = (start + np.arange(len(rows))) % count
        start += len(rows)  # the next class goes on where this one ended, so sizes stay even
    everything = np.arange(len(y))
    return [(everything[fold_of != fold], everything[fold_of == fold]) for fold in range(count)]


def _rows_by_class(y: np.ndarray, key: np.ndarray) -> list[np.ndarray]:
    order = np.asarray(random.permutation(key, len(y)))
    return [order[y[order] == label] for label in np.unique(y)]
