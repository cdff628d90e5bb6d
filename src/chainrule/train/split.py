"""Splitting and scaling data: what the test set must not have touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import random
from ..engine.errors import ShapeError


def train_test_split(
    *arrays: Any,
    test_size: float | int = 0.25,
    stratify: Any = None,
    key: Any = None,
    seed: int = 0,
) -> list[Any]:
    """Each array in two parts, drawn by ``key`` (or ``seed``): train, test, train, test, ...

    Parameters
    ----------
    arrays
        With one example a row, all of one length.
    test_size
        A fraction, or a number of examples.
    stratify
        Labels: each class has its share of both parts, to the nearest example.

    >>> x, y = np.arange(10).reshape(10, 1), np.arange(10) % 2
    >>> x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, stratify=y)
    >>> x_train.shape, sorted(y_test.tolist())
    ((6, 1), [0, 0, 1, 1])
    """
    if not arrays:
        raise TypeError("train_test_split: give at least one array")
    parts = [np.asarray(array) for array in arrays]
    size = _common_length(parts)
    count = test_size if isinstance(test_size, int) else round(test_size * size)
    if not 0 < count < size:
        raise ValueError(
            f"train_test_split: test_size={test_size} of {size} examples leaves one part empty"
        )
    key = random.key(seed) if key is None else key
    if stratify is None:
        order = np.asarray(random.permutation(key, size))
    else:
        order = _spread(_checked_labels(stratify, size), key)
    test, train = order[:count], order[count:]
    return [part[rows] for part in parts for rows in (train, test)]


def kfold(
    n: Any, folds: int = 5, *, stratify: Any = None, key: Any = None, seed: int = 0
) -> Iterator[tuple[Any, Any]]:
    """Pairs of index arrays (train, test); each example is in one test part.

    ``n`` is the number of examples, or an array of them. With ``stratify`` (labels) each fold has
    each class's share, to the nearest example.

    >>> [test.size for train, test in kfold(10, 3)]
    [4, 3, 3]
    """
    size = n if isinstance(n, int) else len(n)
    if not 2 <= folds <= size:
        raise ValueError(f"kfold: needs from 2 folds to as many as examples ({size}), got {folds}")
    key = random.key(seed) if key is None else key
    if stratify is None:
        parts = np.array_split(np.asarray(random.permutation(key, size)), folds)
    else:
        # Neighbours in the spread order take turns, so each fold has each class's share.
        order = _by_class(_checked_labels(stratify, size), key)
        parts = [order[fold::folds] for fold in range(folds)]

    def pairs() -> Iterator[tuple[Any, Any]]:
        for fold in range(folds):
            others = [part for other, part in enumerate(parts) if other != fold]
            yield np.sort(np.concatenate(others)), np.sort(parts[fold])

    return pairs()


def _by_class(labels: Any, key: Any) -> Any:
    """All examples, class after class, in a random order within each."""
    shuffled = np.asarray(random.permutation(key, len(labels)))
    return shuffled[np.argsort(labels[shuffled], kind="stable")]


def _spread(labels: Any, key: Any) -> Any:
    """All examples in a random order whose every beginning has each class's share.

    The j-th of the m examples of a class stands at (j + ½) / m of the way.
    """
    order = _by_class(labels, key)
    _, start, counts = np.unique(labels[order], return_index=True, return_counts=True)
    within = np.arange(len(order)) - np.repeat(start, counts)
    place = (within + 0.5) / np.repeat(counts, counts)
    return order[np.argsort(place, kind="stable")]


def _common_length(parts: list[Any]) -> int:
    lengths = {len(part) if part.shape else None for part in parts}
    if len(lengths) != 1 or None in lengths:
        shapes = [part.shape for part in parts]
        raise ShapeError(f"train_test_split: arrays need one common length, got shapes {shapes}")
    return int(lengths.pop())  # type: ignore[arg-type]  # None was excluded above


def _checked_labels(stratify: Any, size: int) -> Any:
    labels = np.ravel(np.asarray(stratify))
    if len(labels) != size:
        raise ShapeError(f"stratify: {len(labels)} labels for {size} examples")
    return labels


@dataclass(frozen=True)
class Scaler:
    """x ↦ (x − mean) / scale, column by column; made by ``standardize`` from the training part.

    >>> scaler = standardize(np.array([[1.0], [3.0]]))
    >>> scaler(np.array([[5.0]])), scaler.inverse(np.array([[3.0]]))
    (array([[3.]]), array([[5.]]))
    """

    mean: Any
    scale: Any

    def __call__(self, x: Any) -> Any:
        """Scaled values, of the shape of x."""
        return (x - self.mean) / self.scale

    def inverse(self, x: Any) -> Any:
        """Back to the original units."""
        return x * self.scale + self.mean


def standardize(x: Any) -> Scaler:
    """The Scaler that brings each column of x, shape (N, ...), to mean 0 and standard deviation 1.

    Fit it on the training part and use it on every part. A constant column is only shifted.

    >>> x = np.array([[1.0, 7.0], [3.0, 7.0]])
    >>> standardize(x)(x)
    array([[-1.,  0.],
           [ 1.,  0.]])
    """
    x = np.asarray(x)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    if not len(x):
        raise ValueError(f"standardize: there are no examples in an array of shape {x.shape}")
    mean = x.mean(axis=0)
    scale = x.std(axis=0)
    # Rounding leaves a constant column a tiny spread, which must not be blown up to 1.
    floor = 10 * np.finfo(x.dtype).eps * np.abs(mean)
    return Scaler(mean, np.where(scale <= floor, np.ones_like(scale), scale))
