"""Rows as the losses want them: types, shapes, weights, units; and a part to validate on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..train import train_test_split
from .losses import takes_weight
from .recipe import Recipe

FEW = 2000  # rows below which each is needed for training more than for validation


@dataclass
class Rows:
    """Examples for ``fit``: y of the loss's shape, weights 1 on average or None."""

    x: Any
    y: Any
    weight: Any = None

    def take(self, rows: Any) -> Rows:
        """The examples with these numbers."""
        weight = None if self.weight is None else self.weight[rows]
        return Rows(self.x[rows], self.y[rows], weight)

    def pair(self) -> tuple[Any, Any]:
        """x, and what the criterion takes as target."""
        return self.x, (self.y, self.weight)

    def __len__(self) -> int:
        return len(self.x)


class Reader:
    """Turns (x, y, weights) into ``Rows``, all in the way that the first ones decide.

    Those say how much a class weighs, and what a weight of 1 is.
    """

    def __init__(self, recipe: Recipe, task: str, classes: int, y: Any, weights: Any) -> None:
        self.task, self.dtype = task, recipe.dtype
        self.is_flat = np.ndim(y) == 1
        self.of_class = None
        y = np.asarray(y)
        if recipe.class_weight is not None:
            if task not in ("binary", "multiclass"):
                raise ValueError(f"class_weight is for classes; the task is {task}")
            self.of_class = _class_weights(recipe.class_weight, y.astype(int), classes, weights)
        has_weights = weights is not None or self.of_class is not None
        if has_weights and callable(recipe.loss) and not takes_weight(recipe.loss):
            raise ValueError(
                "there are weights, but your loss has no parameter weight=: write it as "
                "loss(prediction, target, weight=None)"
            )
        found = self._raw(y, weights)
        self.mean = 1.0 if found is None else found[found > 0].mean()

    def _raw(self, y: Any, weights: Any) -> Any:
        found = None if weights is None else np.asarray(weights, np.float64)
        if self.of_class is None:
            return found
        return self.of_class[y.astype(int)] * (1 if found is None else found)

    def read(self, x: Any, y: Any, weights: Any = None) -> Rows:
        """These examples; those of weight 0 are left out."""
        x, y = np.ascontiguousarray(x, self.dtype), np.asarray(y)
        weight = self._raw(y, weights)
        if self.task == "multiclass":
            y = y.astype(np.int64)
        else:
            y = y.astype(np.float64 if self.task == "regression" else self.dtype)
            y = y.reshape(len(y), -1)
        if weight is None:
            return Rows(x, y)
        rows = Rows(x, y, (weight / self.mean).astype(self.dtype))
        return rows if weight.all() else rows.take(np.flatnonzero(weight))


def _class_weights(wanted: Any, labels: Any, classes: int, weights: Any) -> Any:
    """Of each class: as wanted, or so that all together weigh the same."""
    if wanted == "balanced":
        counts = np.bincount(labels, weights, minlength=classes)
        present = counts > 0
        return np.where(present, counts.sum() / present.sum() / np.where(present, counts, 1), 0)
    return np.array([float(wanted.get(label, 1.0)) for label in range(classes)])


def split(recipe: Recipe, rows: Rows, task: str, key: Any) -> tuple[Rows, Rows | None]:
    """A part to train on, and one to validate on or None; each has its share of each class."""
    fraction = recipe.validation_fraction
    if fraction is None:
        fraction = 0.1 if len(rows) >= FEW or recipe.calibrate else 0.0
    count = math.ceil(fraction * len(rows))
    if not count or len(rows) < 2:
        return rows, None
    labels = {"binary": np.ravel(rows.y), "multiclass": rows.y}.get(task)
    train, test = train_test_split(
        np.arange(len(rows)), test_size=min(count, len(rows) - 1), stratify=labels, key=key
    )
    return rows.take(np.sort(train)), rows.take(np.sort(test))


def units(rows: Rows) -> tuple[Any, Any]:
    """Mean and standard deviation of each output, by the rows' weights; 1 of a constant one."""
    center = np.average(rows.y, axis=0, weights=rows.weight)
    scale = np.sqrt(np.average((rows.y - center) ** 2, axis=0, weights=rows.weight))
    return center, np.where(scale > 1e-12 * np.abs(center), scale, 1.0)
