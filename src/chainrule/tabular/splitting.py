"""Which rows train, which stop the training, and which judge: drawn once, by class and group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import random
from ..data.errors import DataError
from ..data.tables.values import chosen

if TYPE_CHECKING:
    import polars

RARE = 5  # combinations of labels that fewer rows have are drawn as one
SLICES = 10  # by which rows of a regression are drawn


@dataclass(frozen=True)
class Parts:
    """Numbers of the rows of each part, in ascending order; validation may be empty."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    @property
    def held(self) -> np.ndarray:
        """The rows that are not learned from."""
        return np.concatenate([self.validation, self.test])

    @property
    def development(self) -> np.ndarray:
        """All rows but the test part."""
        return np.sort(np.concatenate([self.train, self.validation]))


def split(
    strata: np.ndarray, groups: np.ndarray, test: float, validation: float, key: Any
) -> Parts:
    """Training, validation (a share of what is not test) and test part.

    Each part has each stratum's share, to the nearest group; rows of one group stay together.

    >>> found = split(np.arange(20) % 2, np.arange(20), 0.2, 0.25, random.key(0))
    >>> len(found.train), len(found.validation), len(found.test)
    (12, 4, 4)
    """
    test_key, validation_key = random.split(key)
    rest, tested = _parted(strata, groups, test, test_key) if test else (_all(strata), _none())
    if not validation:
        return Parts(rest, _none(), tested)
    train, checked = _parted(strata[rest], groups[rest], validation, validation_key)
    return Parts(rest[train], rest[checked], tested)


def folds(
    strata: np.ndarray, groups: np.ndarray, count: int, key: Any
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs (rows to learn from, rows to judge by); each row judges once.

    >>> pairs = folds(np.arange(10) % 2, np.arange(10), 5, random.key(0))
    >>> [len(judged) for _, judged in pairs]
    [2, 2, 2, 2, 2]
    """
    order, of_row, _ = _by_stratum(strata, groups, key)
    if len(order) < count:
        raise DataError(
            f"{count} folds need as many different rows, there are {len(order)}",
            fix="set folds lower",
        )
    fold = np.empty(len(order), np.int64)
    fold[order] = np.arange(len(order)) % count
    for each in range(count):
        yield np.flatnonzero(fold[of_row] != each), np.flatnonzero(fold[of_row] == each)


def strata_of(task: str, y: np.ndarray) -> np.ndarray:
    """By what rows are drawn: their class, their labels, or their tenth of the values.

    >>> strata_of("regression", np.array([3.0, 1.0, 2.0])).tolist()
    [6, 0, 3]
    """
    if task in ("binary", "multiclass"):
        return y
    if task == "multilabel":
        _, kind, counts = np.unique(y, axis=0, return_inverse=True, return_counts=True)
        kind = np.ravel(kind)
        return np.where(counts[kind] < RARE, len(counts), kind)
    ranks = y.reshape(len(y), -1).argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    place = ranks.mean(axis=1).argsort(kind="stable").argsort(kind="stable")
    return place * SLICES // len(y)


def groups_of(frame: polars.DataFrame, columns: list[str]) -> np.ndarray:
    """For each row, the first row with the same values in these columns.

    So that copies of a row cannot stand in training and test part both. Where most rows have
    copies (a few columns with a few values each), they are no mistake: each is its own group.
    """
    alone = np.arange(len(frame))
    if not columns:
        return alone
    # Hashes differ between versions of polars; which rows have the same one does not.
    hashes = chosen(frame, columns).hash_rows().to_numpy()
    _, first, of_row = np.unique(hashes, return_index=True, return_inverse=True)
    return first[of_row] if len(first) > len(frame) / 2 else alone


def _parted(
    strata: np.ndarray, groups: np.ndarray, share: float, key: Any
) -> tuple[np.ndarray, np.ndarray]:
    """The other rows, and about this share of them."""
    order, of_row, sizes = _by_stratum(strata, groups, key)
    # The groups of a stratum stand evenly on the way from 0 to 1: any beginning has its share.
    stratum = _first_of_group(strata, of_row)[order]
    size = sizes[order].astype(float)
    reached = np.cumsum(size)
    _, start, count = np.unique(stratum, return_index=True, return_counts=True)
    before = np.repeat((reached - size)[start], count)
    total = np.repeat(np.add.reduceat(size, start), count)
    order = order[np.argsort((reached - size / 2 - before) / total, kind="stable")]
    reached = np.cumsum(sizes[order])
    wanted = share * len(strata)
    taken = int(np.argmin(np.abs(reached - wanted))) + 1
    if taken == len(order):
        raise DataError(
            f"{len(order)} different rows are too few to set a share of {share:g} apart",
            fix="give more rows, or change the share",
        )
    chosen = np.isin(of_row, order[:taken])
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _by_stratum(
    strata: np.ndarray, groups: np.ndarray, key: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Groups by stratum, in random order within it; each row's group, and each group's size."""
    _, of_row, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    shuffled = np.asarray(random.permutation(key, len(sizes)))
    stratum = _first_of_group(strata, of_row)
    return shuffled[np.argsort(stratum[shuffled], kind="stable")], of_row, sizes


def _first_of_group(values: np.ndarray, of_row: np.ndarray) -> np.ndarray:
    _, first = np.unique(of_row, return_index=True)
    return values[first]


def _all(rows: np.ndarray) -> np.ndarray:
    return np.arange(len(rows))


def _none() -> np.ndarray:
    return np.empty(0, np.int64)
