"""fit: train a model on data, and tell what happened."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import random
from ..engine import tree
from ..engine.errors import NonFiniteError
from ..optim import LBFGS, Optimizer
from .batches import Arrays, Stream, as_data
from .callbacks import EarlyStopping, History, Hooks, Run, StopTraining
from .models import ModuleModel, as_model
from .progress import make_progress
from .step import Model, Objective, make_judge, make_predict, make_step
from .updates import OptimizerUpdates, TripleUpdates, Updates, is_triple, scheduled

_LARGE = 4096  # examples in one piece, where predictions are made for many


def fit(
    model: Any,
    loss: Callable[..., Any],
    optimizer: Any,
    data: Any,
    *,
    epochs: int = 1,
    batch_size: int | None = 32,
    validation: Any = None,
    validation_split: float | None = None,
    metrics: Mapping[str, Callable[[Any, Any], Any]] | None = None,
    callbacks: Any = (),
    early_stopping: EarlyStopping | int | None = None,
    key: Any = None,
    seed: int = 0,
    shuffle: bool = True,
    progress: bool | str = True,
    l2: float = 0.0,
    weights: Any = None,
    schedule: Callable[[int], Any] | None = None,
    clip: float | None = None,
) -> History:
    """Train a model with mini-batches; the same seed gives the same numbers.

    One step, from loss and gradient to the new parameters, is traced once and then only run.

    Parameters
    ----------
    model
        A Module, which is trained in place and left in evaluation mode; or a pair ``(params, apply)``
        with ``apply(params, x)``, whose result is ``history.params``.
    loss
        ``criterion(prediction, target)``, or ``loss(model, x, y)`` that calls the model itself.
    optimizer
        From ``chainrule.optim`` (``optim.Adam(net.parameters())``), or a triple from
        ``chainrule.optim.functional``. An object's learning rate is read at each step, its other
        settings when the training begins; what it remembers goes on in a second ``fit``.
    data
        ``(x, y)``, arrays (or trees of them) with one example a row; or an iterable of batches.
        Floating-point data is converted to the parameters' dtype.
    epochs, batch_size
        How often the data is gone through, and in what portions; None: all at once.
    validation, validation_split
        ``(x, y)`` to validate on after each epoch, or what fraction of the data to keep for it.
    metrics
        By name, functions ``f(target, prediction)`` as in ``chainrule.train.metrics`` and in
        scikit-learn, of the validation part (of the training data where there is none).
    callbacks
        Functions called with the ``Run`` after each epoch, or ``Callback`` objects.
    early_stopping
        An ``EarlyStopping``, or its patience.
    key, seed
        Where the shuffling, the split and a pair's random numbers come from; ``key`` wins.
    shuffle
        Whether the batches are drawn anew in each epoch.
    progress
        True: a bar on a terminal and silence elsewhere; ``"lines"``: plain lines; False: silence.
    l2
        Adds ``l2 · Σ w²`` over all parameters of two axes or more (weights, not biases) to the loss.
    weights
        One for each example, given to the criterion as ``weight=``.
    schedule
        ``step -> learning rate``, instead of the optimizer's own.
    clip
        The largest norm of the gradient (over all parameters) that is let through unscaled.

    When something goes wrong (an exception in a callback, Ctrl-C, a loss that is not finite) the Module
    has the parameters after the last finished step.

    >>> import chainrule as cr, numpy as np
    >>> x = np.linspace(-1, 1, 50).reshape(-1, 1)
    >>> net = cr.nn.Linear(1, 1)
    >>> optimizer = cr.optim.SGD(net.parameters(), lr=0.5)
    >>> history = fit(net, cr.nn.MSELoss(), optimizer, (x, 2.5 * x + 1), epochs=50)
    >>> len(history.losses), bool(history.losses[-1] < 1e-6)
    (100, True)
    >>> round(net.weight.item(), 3), round(net.bias.item(), 3)
    (2.5, 1.0)
    """
    _check_numbers(epochs, batch_size, l2, clip)
    if isinstance(optimizer, LBFGS):
        raise TypeError(
            "fit makes one gradient a step, L-BFGS needs several on the same data: call "
            "optimizer.step(closure) in a loop of your own (see optim.LBFGS)"
        )
    held = _held_by(optimizer)
    seen = as_model(model, held)
    updates = _updates_of(optimizer, seen)
    split_key, shuffle_key, step_key = random.split(random.key(seed) if key is None else key, 3)
    dtype = _common_dtype(seen)
    train = as_data(data, weights, dtype)
    check = None
    if validation is not None:
        check = Arrays(*validation, dtype=dtype)
    elif validation_split is not None:
        if not isinstance(train, Arrays):
            raise TypeError("fit: an iterable of batches cannot be split: give validation=(x, y)")
        train, check = train.split(validation_split, split_key)
    if isinstance(early_stopping, int):
        early_stopping = EarlyStopping(early_stopping)
    looks = _Looks(seen, Objective(loss), metrics or {}, train, check)
    training = _Training(seen, updates, Objective(loss), l2, clip, schedule, step_key)
    run = Run(epochs, train.steps(batch_size), training.load)
    stopping = _Stopping(training, early_stopping)
    hooks = Hooks(callbacks)
    bar = make_progress(progress, epochs)
    stopped = "all epochs done"
    began = time.perf_counter()
    try:
        for run.epoch in range(epochs):
            order_key = (lambda: random.fold_in(shuffle_key, run.epoch)) if shuffle else None
            for batch in train.batches(batch_size, order_key):
                training.step(run, batch)
                for callback in hooks.step:
                    callback(run)
                if bar is not None:
                    bar.step(run)
            _close_epoch(run, looks, training)
            for callback in hooks.epoch:
                callback(run)
            if bar is not None:
                bar.epoch(run)
            if stopping.is_over(run):
                stopped = f"no better for {stopping.rule.patience} epochs"
                break
    except StopTraining as reason:
        stopped = str(reason) or "stopped by a callback"
    finally:
        if bar is not None:
            bar.close()
        stopping.finish()
        training.store()
        for callback in hooks.end:
            callback(run)
    return _history(run, training, stopping, stopped, time.perf_counter() - began)


# -- parts of a run ----------------------------------------------------------------------------


class _Training:
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
        value = float(loss)
        if not math.isfinite(value):
            raise NonFiniteError(
                f"fit: the loss is {value} at step {done} (epoch {run.epoch}). The model keeps the "
                "parameters from before this step. Try a lower learning rate, clip=1.0 or scaled "
                "inputs; `with chainrule.debug_nans():` around fit names the operation."
            )
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


class _Looks:
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
        parts = [
            self._predict(params, fixed, x) for x, _, _ in self._on.batches(_LARGE, key=None)
        ]
        return parts[0] if len(parts) == 1 else tree.map(lambda *p: np.concatenate(p), *parts)


def _close_epoch(run: Run, looks: _Looks, training: _Training) -> None:
    first = run.epoch_start
    run.epoch_start = len(run.losses)
    run.epoch_losses.append(math.fsum(run.losses[first:]) / (run.epoch_start - first))
    loss, values = looks.look(training.params, training.fixed)
    if loss is not None:
        run.validation_losses.append(loss)
    for name, value in values.items():
        run.metric_lists.setdefault(name, []).append(value)


class _Stopping:
    """Early stopping, with the numbers of the best epoch."""

    def __init__(self, training: _Training, rule: EarlyStopping | None) -> None:
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


def _history(
    run: Run, training: _Training, stopping: _Stopping, stopped: str, seconds: float
) -> History:
    return History(
        losses=np.array(run.losses),
        epoch_losses=np.array(run.epoch_losses),
        validation_losses=np.array(run.validation_losses),
        metrics={name: np.array(values) for name, values in run.metric_lists.items()},
        learning_rates=np.array(run.rates, float),
        epochs=len(run.epoch_losses),
        best_epoch=stopping.best_epoch,
        stopped=stopped,
        seconds=seconds,
        params=training.params,
    )


# -- arguments ---------------------------------------------------------------------------------


def _check_numbers(epochs: int, batch_size: int | None, l2: float, clip: float | None) -> None:
    if epochs < 1:
        raise ValueError(f"fit: epochs must be 1 or more, got {epochs}")
    if batch_size is not None and batch_size < 1:
        raise ValueError(
            f"fit: batch_size must be 1 or more, got {batch_size}; None takes all examples at once"
        )
    if l2 < 0 or (clip is not None and clip <= 0):
        raise ValueError(f"fit: l2 must be 0 or more and clip above 0, got l2={l2}, clip={clip}")


def _held_by(optimizer: Any) -> list[Any] | None:
    if isinstance(optimizer, Optimizer):
        return list(optimizer.parameters())
    if is_triple(optimizer):
        return None
    raise TypeError(
        f"fit: the optimizer is one of chainrule.optim, or a triple (init, update, get_params), "
        f"not {type(optimizer).__name__}"
    )


def _updates_of(optimizer: Any, model: Model) -> Updates:
    if isinstance(optimizer, Optimizer):
        assert isinstance(model, ModuleModel)
        return OptimizerUpdates(optimizer, model)
    return TripleUpdates(optimizer, model)


def _common_dtype(model: Model) -> Any:
    found = {leaf.dtype for leaf in tree.leaves(model.params())}
    return found.pop() if len(found) == 1 else None
