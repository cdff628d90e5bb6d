"""What happens between steps: callbacks, early stopping, and the run as they see it."""

from __future__ import annotations

import bisect
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..export.strict_json import to_text
from ..optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from .checkpoints.packing import pack

OCCASIONS = ("on_begin", "on_step", "on_epoch", "on_end")


_SCHEDULERS = (LRScheduler, ReduceLROnPlateau)
_NOTED = ("losses", "rates", "epoch_losses", "validation_losses", "closings")


class StopTraining(Exception):
    """Raise it in a callback to end the training; ``history.stopped`` holds its message."""


@dataclass
class History:
    """What a run of ``fit`` has seen; arrays, one entry for each step or each epoch.

    ``losses`` has the loss of every step (with the L2 penalty), ``epoch_losses`` their means;
    ``validation_losses`` and ``metrics`` are of the validation part, or, where there is none,
    metrics are of the training data. ``params`` are the final parameters.
    """

    losses: Any = field(default_factory=lambda: np.empty(0))
    epoch_losses: Any = field(default_factory=lambda: np.empty(0))
    validation_losses: Any = field(default_factory=lambda: np.empty(0))
    metrics: dict[str, Any] = field(default_factory=dict)
    learning_rates: Any = field(default_factory=lambda: np.empty(0))
    epochs: int = 0
    best_epoch: int | None = None
    stopped: str = "all epochs done"
    seconds: float = 0.0
    params: Any = None

    def __repr__(self) -> str:
        last = f", loss {self.losses[-1]:.6g}" if len(self.losses) else ""
        if len(self.validation_losses):
            last += f", validation loss {self.validation_losses[-1]:.6g}"
        shown = "".join(
            f", {name} {values[-1]:.6g}" for name, values in self.metrics.items() if len(values)
        )
        return (
            f"History({self.epochs} epochs, {len(self.losses)} steps{last}{shown}; {self.stopped})"
        )


class Run:
    """The run as callbacks see it; to read only.

    ``epoch`` and ``step`` count from 0; after a step, ``loss`` is its loss, after an epoch,
    ``validation_loss`` and ``metrics`` are the newest (None and {} without any). ``model`` is the
    Module with the present parameters, in evaluation mode; ``params`` are those as a tree.
    """

    def __init__(self, epochs: int, steps: int | None, load: Callable[[], tuple[Any, Any]]) -> None:
        self._load = load
        self.epochs = epochs
        self.steps_per_epoch = steps
        self.epoch = 0
        self.losses: list[float] = []
        self.rates: list[float] = []
        self.epoch_losses: list[float] = []
        self.epoch_start = 0
        self.validation_losses: list[float] = []
        self.metric_lists: dict[str, list[float]] = {}
        # Epochs, steps and seconds so far, whenever epochs were closed.
        self.closings: list[tuple[int, int, float]] = [(0, 0, 0.0)]
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """How long the run has taken, with what was before an interruption."""
        return time.perf_counter() - self._began

    def state_dict(self) -> dict[str, Any]:
        """All that the run has noted."""
        lists = {name: np.array(getattr(self, name), float) for name in _NOTED}
        metrics = {name: np.array(values) for name, values in self.metric_lists.items()}
        return {**lists, "metrics": metrics, "seconds": self.seconds}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from there."""
        for name in _NOTED:
            setattr(self, name, saved[name].tolist())
        self.closings = [(int(e), int(n), t) for e, n, t in saved["closings"].tolist()]
        self.epoch_start = self.closings[-1][1]
        self.metric_lists = {name: values.tolist() for name, values in saved["metrics"].items()}
        self._began = time.perf_counter() - saved["seconds"]

    def after(self, epoch: int) -> tuple[int, float]:
        """How many steps and seconds there were at the end of this epoch, counted from 0."""
        place = bisect.bisect_left(self.closings, epoch + 1, key=lambda closing: closing[0])
        start, stop = self.closings[place - 1], self.closings[place]
        part = (epoch + 1 - start[0]) / (stop[0] - start[0])  # where several ended at once
        steps = start[1] + part * (stop[1] - start[1])
        return round(steps), start[2] + part * (stop[2] - start[2])

    def cut(self, steps: int) -> None:
        """Forget what was noted of later steps, which an interruption left unfinished."""
        del self.losses[steps:], self.rates[steps:]

    @property
    def step(self) -> int:
        """The number of the last step, over all epochs."""
        return len(self.losses) - 1

    @property
    def loss(self) -> float:
        """The loss of the last step."""
        return float(self.losses[-1])

    @property
    def validation_loss(self) -> float | None:
        """The newest validation loss."""
        return self.validation_losses[-1] if self.validation_losses else None

    @property
    def metrics(self) -> dict[str, float]:
        """The newest metrics."""
        return {name: values[-1] for name, values in self.metric_lists.items() if values}

    @property
    def learning_rate(self) -> float | None:
        """The learning rate of the last step (of the first group), None where a triple holds it."""
        return self.rates[-1] if self.rates else None

    @property
    def model(self) -> Any:
        """The Module with the present parameters, in evaluation mode (None for a pair)."""
        return self._load()[0]

    @property
    def params(self) -> Any:
        """The present parameters, a tree of arrays."""
        return self._load()[1]


class Callback:
    """Base of callbacks: override what you need. A plain function is called as ``on_epoch``.

    One that also has ``state_dict`` and ``load_state_dict`` (of numbers, texts, lists, dicts and
    arrays) is saved in checkpoints, and goes on from there.

    >>> class Count(Callback):
    ...     steps = 0
    ...     def on_step(self, run):
    ...         self.steps += 1
    """

    def on_begin(self, run: Run) -> None:
        """Before the first step; in a resumed run, which has what was noted before."""

    def on_step(self, run: Run) -> None:
        """After each step."""

    def on_epoch(self, run: Run) -> None:
        """After each epoch, with its validation."""

    def on_end(self, run: Run) -> None:
        """When the training ends, also by an exception."""


class _Scheduler(Callback):
    """A scheduler of ``optim.lr_scheduler``, which steps after each epoch."""

    def __init__(self, scheduler: Any) -> None:
        self._scheduler = scheduler
        self.state_dict = scheduler.state_dict
        self.load_state_dict = scheduler.load_state_dict

    def on_epoch(self, run: Run) -> None:
        """One step; ReduceLROnPlateau's watches the validation loss, or the epoch's."""
        if isinstance(self._scheduler, ReduceLROnPlateau):
            found = run.validation_loss
            self._scheduler.step(run.epoch_losses[-1] if found is None else found)
        else:
            self._scheduler.step()


class Hooks:
    """The callbacks by occasion, without those that do nothing then."""

    def __init__(self, callbacks: Any) -> None:
        is_one = callable(callbacks) or any(hasattr(callbacks, name) for name in OCCASIONS)
        listed = [callbacks] if is_one or isinstance(callbacks, _SCHEDULERS) else callbacks
        self.begin: list[Callable[[Run], Any]] = []
        self.step: list[Callable[[Run], Any]] = []
        self.epoch: list[Callable[[Run], Any]] = []
        self.end: list[Callable[[Run], Any]] = []
        listed = [_Scheduler(c) if isinstance(c, _SCHEDULERS) else c for c in listed or ()]
        self.stateful = [callback for callback in listed if _has_state(callback)]
        for callback in listed:
            known = [name for name in OCCASIONS if hasattr(callback, name)]
            if not known and not callable(callback):
                raise TypeError(
                    f"fit: {callback!r} is no callback: a function of the run, or a Callback"
                )
            if not known:
                self.epoch.append(callback)
            for name in known:
                if getattr(type(callback), name, None) is not getattr(Callback, name):
                    getattr(self, name[3:]).append(getattr(callback, name))

    @property
    def names(self) -> list[str]:
        """The classes of those that have a state."""
        return [type(callback).__name__ for callback in self.stateful]

    def state_dict(self) -> list[Any]:
        """The states of the callbacks that have one."""
        return [callback.state_dict() for callback in self.stateful]

    def check_states(self) -> None:
        """``TypeError`` where a file could not hold a state."""
        for name, state in zip(self.names, self.state_dict(), strict=True):
            try:
                to_text(pack(state)[0])
            except TypeError as error:
                raise TypeError(f"fit: the state of the callback {name}: {error}") from None

    def load_state_dict(self, saved: list[Any]) -> None:
        """Give each of them its state back."""
        for callback, state in zip(self.stateful, saved, strict=True):
            callback.load_state_dict(state)


def _has_state(callback: Any) -> bool:
    return hasattr(callback, "state_dict") and hasattr(callback, "load_state_dict")


@dataclass
class EarlyStopping:
    """Stop when a watched value has not got better for ``patience`` epochs, and take the best back.

    Parameters
    ----------
    patience
        Epochs without a better value that are borne.
    min_delta
        How much better counts.
    monitor
        ``"loss"`` (the validation loss; without validation, the epoch's mean loss), or a metric's
        name.
    mode
        ``"min"`` or ``"max"``: which is better.
    restore_best
        Go back to the parameters of the best epoch at the end.
    """

    patience: int = 10
    min_delta: float = 0.0
    monitor: str = "loss"
    mode: str = "min"
    restore_best: bool = True

    def __post_init__(self) -> None:
        if self.mode not in ("min", "max") or self.patience < 0:
            raise ValueError("EarlyStopping: mode is 'min' or 'max', patience 0 or more epochs")
        self._best = math.inf
        self._waited = 0

    def restart(self) -> None:
        """Forget an earlier run."""
        self.__post_init__()

    def state_dict(self) -> dict[str, Any]:
        """The best value, and how many epochs have been waited."""
        return {"best": self._best, "waited": self._waited}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from there."""
        self._best, self._waited = saved["best"], saved["waited"]

    @property
    def sign(self) -> int:
        """1 where lower is better, -1 where higher is."""
        return 1 if self.mode == "min" else -1

    def value_in(self, run: Run) -> float:
        """The watched value of the newest epoch."""
        if self.monitor == "loss":
            found = run.validation_loss
            return run.epoch_losses[-1] if found is None else found
        if self.monitor not in run.metrics:
            raise ValueError(
                f"EarlyStopping: monitor={self.monitor!r} is neither 'loss' nor one of the metrics "
                f"{sorted(run.metrics)}"
            )
        return run.metrics[self.monitor]

    def is_best(self, run: Run) -> bool:
        """Take in the newest epoch: is it the best so far?"""
        value = self.value_in(run) * self.sign
        if value < self._best - self.min_delta:
            self._best, self._waited = value, 0
            return True
        self._waited += 1
        return False

    @property
    def is_over(self) -> bool:
        """Whether patience has run out."""
        return self._waited > 0 and self._waited >= self.patience
