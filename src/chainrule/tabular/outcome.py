"""Outcome: all that a training run found, for the report and for its folder."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.tables import Schema
from .evaluation import METHODS, Evaluation
from .model import Explanation, TableModel, columns_of
from .settings import Settings
from .splitting import Parts
from .summary import ColumnSummary

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True)
class Outcome:
    """What ``train_table`` gives back.

    Attributes
    ----------
    model
        The ``TableModel``.
    evaluation, baselines
        Metrics of the test part: of the model, and of what it has to beat, by name.
    folds
        Metrics of each fold of the cross-validation; empty without one.
    truth, outputs
        The test part's targets, and the probabilities or values predicted for it.
    predictions
        The same as a frame: ``row`` (counted from 0 in the table), ``truth``, and the columns of
        ``TableModel.predict``.
    parts, columns, findings
        The split, the columns' summaries, and what was noticed in the data. Of data larger than
        memory, ``parts.train`` are the rows of the sample that taught the preparation; how many
        rows there were in all says ``record["rows"]``.
    importance, explanations
        Of the raw columns in the test part, and some of its predictions explained.
    seconds
        How long each stage took.
    record
        The command, data, seed, versions and machine; it is in the model file as well.
    """

    model: TableModel
    settings: Settings
    evaluation: Evaluation
    baselines: Mapping[str, Evaluation]
    folds: tuple[Evaluation, ...]
    truth: np.ndarray
    outputs: np.ndarray
    parts: Parts
    columns: tuple[ColumnSummary, ...]
    findings: tuple[Any, ...]
    importance: tuple[tuple[str, float, float], ...]
    explanations: tuple[Explanation, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        """What the columns are."""
        return self.model.schema

    @property
    def history(self) -> Any:
        """The network's losses by step and by epoch."""
        return self.model.learned.history

    @property
    def predictions(self) -> polars.DataFrame:
        """The test part, row by row."""
        import polars as pl

        columns: dict[str, Any] = {"row": self.parts.test}
        names = self.schema.classes
        if names:
            columns["truth"] = pl.Series(list(names), dtype=pl.String)[self.truth]
        else:
            truth = self.truth.reshape(len(self.truth), -1)
            for i, name in enumerate(self.schema.targets):
                columns["truth" if truth.shape[1] == 1 else f"truth_{name}"] = truth[:, i]
        return pl.DataFrame(columns | columns_of(self.schema, self.outputs))

    def metrics(self) -> dict[str, Any]:
        """All metrics as JSON has them."""
        found = {
            "task": self.schema.task,
            "test": self.evaluation.to_dict(),
            "baselines": {name: each.to_dict() for name, each in self.baselines.items()},
            "intervals": "95 % confidence",
            "methods": METHODS,
            "rows": dict(self.record["rows"]),
        }
        if self.folds:
            found["folds"] = [each.to_dict() for each in self.folds]
            found["folds_mean"] = {name: mean for name, (mean, _) in fold_means(self.folds).items()}
        return found

    def metrics_json(self) -> str:
        """The text of ``metrics.json``."""
        return json.dumps(self.metrics(), indent=2, ensure_ascii=False) + "\n"

    def history_csv(self) -> str:
        """The text of ``history.csv``: a row for each epoch."""
        history = self.history
        text = io.StringIO()
        is_checked = len(history.validation_losses) == history.epochs
        text.write("epoch,loss,validation_loss\n" if is_checked else "epoch,loss\n")
        for epoch in range(history.epochs):
            cells = [epoch + 1, float(history.epoch_losses[epoch])]
            cells += [float(history.validation_losses[epoch])] if is_checked else []
            text.write(",".join(map(repr, cells)) + "\n")
        return text.getvalue()


def fold_means(folds: tuple[Evaluation, ...]) -> dict[str, tuple[float, float]]:
    """The mean and the standard deviation over folds, of each metric that every fold has."""
    found = {}
    for metric in folds[0].metrics:
        values = np.array([fold[metric.name].value for fold in folds])
        if not np.isnan(values).any():
            found[metric.name] = float(values.mean()), float(values.std(ddof=1))
    return found
