"""What a run of ``fit`` has seen: for callbacks while it goes on, as its history in the end."""

from __future__ import annotations

import bisect
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_NOTED = ("losses", "rates", "epoch_losses", "validation_losses", "closings")


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
