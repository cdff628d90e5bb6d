"""The parts of a run of ``fit``: the numbers, their next step, looks at them, the stopping."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import random
from ..engine import tree
from ..engine.compile.jit import jit
from ..engine.errors import NonFiniteError
from ..optim import LBFGS
from .batches import Arrays, Stream
from .callbacks import EarlyStopping, Run
from .models import ModuleModel
from .step import Model, Objective, make_gradient, make_judge, make_predict, make_step
from .updates import Updates, scheduled

LARGE = 4096  # examples in one piece, where predictions are made for many


class Training:
    """The numbers as they are after the last finished step, and how to make the next step."""

    def __init__(
        self,
        model: Model,
        updates: Updates,
        objective: Objective,
        l2: float,
        clip: float | None,
        schedule: Callable[[int], Any] | None,
        key: Any,
    ) -> None:
        self.model, self.updates = model, updates
        self._key = key
        self._rates = scheduled(updates, schedule)
        self._step = make_step(model, objective, updates, l2, clip)
        self._takes_key = getattr(model, "takes_key", False)
        # One assignment replaces all of it, so that Ctrl-C finds either the old or the new.
        self.now: tuple[Any, Any, int] = (updates.start(), model.fixed(), 0)

    def step(self, run: Run, batch: tuple[Any, Any, Any]) -> None:
        """One step; a loss that is not finite is an error, and changes nothing."""
        state, fixed, done = self.now
        rates = self._rates(done)
        key = random.fold_in(self._key, done) if self._takes_key else None
        state, fixed, loss = self._step(state, fixed, self.updates.count + done, rates, key, *batch)
        value = _checked(float(loss), run, done)
        self.now = (state, fixed, done + 1)
        run.losses.append(value)
        run.rates += rates[:1]

    @property
    def params(self) -> Any:
        """The present parameters."""
        return self.updates.params(self.now[0])

    @property
    def fixed(self) -> Any:
        """The present buffers and frozen parameters."""
        return self.now[1]

    def store(self) -> None:
        """Give the numbers to the Module and to the optimizer object."""
        self.model.store(self.params, self.fixed)
        self.updates.store(self.now[0], self.now[2])

    def load(self) -> tuple[Any, Any]:
        """The model with the present parameters, and these."""
        self.model.store(self.params, self.fixed)
        return getattr(self.model, "module", None), self.params


class Search(Training):
    """Training by L-BFGS: a step evaluates the loss of its batch several times."""

    def __init__(
        self,
        model: ModuleModel,
        optimizer: LBFGS,
        objective: Objective,
        l2: float,
        updates: Updates,
    ) -> None:
        self.model, self.updates = model, updates
        self._module, self._optimizer = model, optimizer
        self._gradient = jit(make_gradient(model, objective, l2))
        self.now = (updates.start(), model.fixed(), 0)

    def step(self, run: Run, batch: tuple[Any, Any, Any]) -> None:
        """One call of the optimizer's ``step(closure)``; the loss is that before it."""
        state, fixed, done = self.now
        after = fixed

        def closure() -> float:
            nonlocal after
            here = self.model.params()
            (value, after), gradients = self._gradient(here, fixed, None, *batch)
            for name, gradient in gradients.items():
                self._module.parameter(name).grad = gradient
            return float(value)

        # An earlier run may have gone back to its best epoch, a callback elsewhere.
        self.model.store(self.updates.params(state), fixed)
        value = _checked(self._optimizer.step(closure), run, done)
        self._optimizer.zero_grad()
        self.now = ({"params": self.model.params(), "memories": {}}, after, done + 1)
        run.losses.append(value)
        run.rates.append(self._optimizer.param_groups[0]["lr"])


def _checked(value: float, run: Run, step: int) -> float:
    if not math.isfinite(value):
        raise NonFiniteError(
            f"fit: the loss is {value} at step {step} (epoch {run.epoch}). The model keeps the "
            "parameters from before this step. Try a lower learning rate, clip=1.0 or scaled "
            "inputs; `with chainrule.debug_nans():` around fit names the operation."
        )
    return value


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

    def look(self, params: Any, fixed: Any) -> tuple[float | None, dict[str, float]]:
        """The validation loss and the metrics for these numbers."""
        loss, prediction = None, None
        if self.metrics:
            prediction = self._predictions(params, fixed)
        if self._check is not None:
            x, y, weights = self._check.x, self._check.y, self._check.weights
            if prediction is None or self._objective.calls_model:
                loss = float(self._judge(params, fixed, x, y, weights))
            else:
                loss = float(self._objective.of_prediction(prediction, y, weights))
        target = None if self._on is None else self._on.y
        return loss, {name: float(f(target, prediction)) for name, f in self.metrics.items()}

    def _predictions(self, params: Any, fixed: Any) -> Any:
        assert self._on is not None
        parts = [self._predict(params, fixed, x) for x, _, _ in self._on.batches(LARGE, key=None)]
        return parts[0] if len(parts) == 1 else tree.map(lambda *p: np.concatenate(p), *parts)


def close_epoch(run: Run, looks: Looks, training: Training) -> None:
    """Mean loss, validation and metrics of the epoch that ends."""
    first = run.epoch_start
    run.epoch_start = len(run.losses)
    run.epoch_losses.append(math.fsum(run.losses[first:]) / (run.epoch_start - first))
    loss, values = looks.look(training.params, training.fixed)
    if loss is not None:
        run.validation_losses.append(loss)
    for name, value in values.items():
        run.metric_lists.setdefault(name, []).append(value)


class Stopping:
    """Early stopping, with the numbers of the best epoch."""

    def __init__(self, training: Training, rule: EarlyStopping | None) -> None:
        self.rule = rule or EarlyStopping(0)
        self.best_epoch: int | None = None
        self._is_on = rule is not None
        self._training = training
        self._best: Any = None
        self.rule.restart()

    def is_over(self, run: Run) -> bool:
        """Take in the newest epoch: is it time to stop?"""
        if not self._is_on:
            return False
        if self.rule.is_best(run):
            self.best_epoch, self._best = run.epoch, self._training.now
        return self.rule.is_over

    def finish(self) -> None:
        """Go back to the best epoch, if there was one and it is wanted."""
        if self._best is not None and self.rule.restore_best:
            self._training.now = self._best
