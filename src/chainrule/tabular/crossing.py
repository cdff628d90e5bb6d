"""Cross-validation: networks are judged, and calibrated, by rows that they have not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import random
from .calibration import temperature
from .evaluation import Evaluation, evaluate
from .model import TableModel
from .recipe import Recipe
from .rows import Reader
from .source import Table
from .splitting import Parts, folds, groups_of, split, strata_of

Keep = Callable[[str], dict[str, Any]]  # for a name, what ``learn`` is told of checkpoints


@dataclass(frozen=True)
class Fold:
    """A model of some rows, and the rows to judge it by."""

    model: TableModel
    judged: np.ndarray


@dataclass(frozen=True)
class Development:
    """All rows outside the test part, and how they are drawn."""

    table: Table
    rows: np.ndarray
    strata: np.ndarray
    groups: np.ndarray

    @classmethod
    def of(cls, table: Table, parts: Parts) -> Development:
        """The rows of a split."""
        rows = parts.development
        groups = groups_of(table.frame, [column.name for column in table.schema.used])
        strata = strata_of(table.schema.task, table.y)
        return cls(table, rows, strata[rows], groups[rows])

    def pairs(self, count: int, key: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs of rows of the table: to learn from, and to judge by."""
        for learned_from, judged in folds(self.strata, self.groups, count, key):
            yield self.rows[learned_from], self.rows[judged]

    def fitted(
        self, recipe: Recipe, count: int, validation: float, key: Any, keep: Keep
    ) -> list[Fold]:
        """A model for each fold, made from the rows of the others."""
        found = []
        pairs = folds(self.strata, self.groups, count, key)
        for number, (learned_from, judged) in enumerate(pairs, 1):
            strata, groups = self.strata[learned_from], self.groups[learned_from]
            inner = split(strata, groups, 0.0, validation, random.fold_in(key, number))
            rows = self.rows[learned_from]
            kept = keep(f"fold-{number}")
            model = fit_rows(recipe, self.table, rows[inner.train], rows[inner.validation], **kept)
            found.append(Fold(model, self.rows[judged]))
        return found


def fit_rows(
    recipe: Recipe, table: Table, train: np.ndarray, check: np.ndarray, **options: Any
) -> TableModel:
    """The model of these rows; what the recipe would keep apart is kept apart here already."""
    recipe = replace(recipe, validation_fraction=0.0)
    frame = table.frame[check] if len(check) else None
    return TableModel.fit(recipe, table.frame[train], table.schema, check=frame, **options)


def calibrate(found: list[Fold], table: Table) -> float:
    """One temperature for networks without a validation part: by the logits of all folds' rows.

    Every row's logits are those of a network that has not seen it. Sets it, and returns it.
    """
    learned = found[0].model.learned
    rows = np.concatenate([fold.judged for fold in found])
    x = [fold.model.preparation.transform(table.frame[fold.judged]) for fold in found]
    logits = [fold.model.learned.raw(own) for fold, own in zip(found, x, strict=True)]
    y = table.y[rows]
    reader = Reader(learned.recipe, learned.task, learned.classes, y, None)
    read = reader.read(np.concatenate(logits), y)
    value = temperature(read.x, read.y, read.weight)
    for fold in found:
        fold.model.learned.temperature = value
    return value


def judge(found: list[Fold], table: Table) -> list[Evaluation]:
    """The metrics of each fold."""
    return [
        evaluate(
            table.schema.task,
            table.y[fold.judged],
            fold.model.outputs_of(table.frame[fold.judged]),
            fold.model.outputs,
            resamples=0,
        )
        for fold in found
    ]
