"""What a run of ``fit`` does between epochs: it looks at the model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..engine import tree
from .batches import Arrays, Stream
from .run import Run
from .step import Model, Objective, make_judge, make_predict
from .training import Training

LARGE = 4096  # examples in one piece, where predictions are made for many


class Looks:
    """The validation after each epoch."""

    def __init__(
        self,
        model: Model,
        objective: Objective,
        metrics: Mapping[str, Callable[[Any, Any], Any]],
        train: Arrays | Stream,
        check: Arrays | None,
    ) -> None:
        self.metrics = dict(metrics)
        self._objective = objective
        self._check = check
        self._on = check if check is not None or not isinstance(train, Arrays) else train
        if self.metrics and self._on is None:
            raise TypeError("fit: metrics with an iterable of batches need validation=(x, y)")
        self._predict = make_predict(model)
        self._judge = make_judge(model, objective)

    @property
    def are_taken(self) -> bool:
        """Whether there is anything to look at."""
        return self._check is not None or bool(self.metrics)

    def look(self, training: Training) -> tuple[float | None, dict[str, float]]:
        """The validation loss and the metrics for the present numbers."""
        if not self.are_taken:
            return None, {}
        params, fixed = training.params, training.fixed
        loss, prediction = None, None
        if self.metrics:
            prediction = self._predictions(params, fixed)
        if self._check is not None:
            x, y, weights = self._check.all
            if prediction is None or self._objective.calls_model:
                loss = float(self._judge(params, fixed, x, y, weights))
            else:
                loss = float(self._objective.of_prediction(prediction, y, weights))
        target = None if self._on is None else self._on.all[1]
        return loss, {name: float(f(target, prediction)) for name, f in self.metrics.items()}

    def _predictions(self, params: Any, fixed: Any) -> Any:
        assert self._on is not None
        parts = [self._predict(params, fixed, x) for x in self._on.pieces(LARGE)]
        return parts[0] if len(parts) == 1 else tree.map(lambda *p: np.concatenate(p), *parts)


def close_epochs(run: Run, count: int, looks: Looks, training: Training) -> None:
    """Mean losses of the epochs that end; validation and metrics of the numbers there are now."""
    losses = run.losses[run.epoch_start :]
    run.epoch_start = len(run.losses)
    steps = len(losses) // count
    if steps > 1:
        epochs = [losses[i : i + steps] for i in range(0, len(losses), steps)]
        losses = [math.fsum(epoch) / steps for epoch in epochs]
    run.epoch_losses += losses
    run.closings.append((len(run.epoch_losses), len(run.losses), run.seconds))
    loss, values = looks.look(training)
    if loss is not None:
        run.validation_losses.append(loss)
    for name, value in values.items():
        run.metric_lists.setdefault(name, []).append(value)
