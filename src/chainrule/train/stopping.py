"""Early stopping: when to end, and which numbers to go back to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .run import Run
from .training import Training


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


class Stopping:
    """Early stopping, with the numbers of the best epoch."""

    def __init__(self, training: Training, rule: EarlyStopping | None) -> None:
        self.rule = rule or EarlyStopping(0)
        self.best_epoch: int | None = None
        self.is_on = rule is not None
        self._training = training
        self._best: Any = None
        self.rule.restart()

    def is_over(self, run: Run) -> bool:
        """Take in the newest epoch: is it time to stop?"""
        if not self.is_on:
            return False
        if self.rule.is_best(run):
            self.best_epoch, self._best = run.epoch, self._training.now
        return self.rule.is_over

    def state_dict(self) -> dict[str, Any]:
        """What the rule remembers, and the numbers of the best epoch."""
        best = None if self._best is None else self._training.named(self._best)
        return {"rule": self.rule.state_dict(), "best_epoch": self.best_epoch, "numbers": best}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from there."""
        self.rule.load_state_dict(saved["rule"])
        self.best_epoch = saved["best_epoch"]
        if saved["numbers"] is not None:
            self._best = self._training.unnamed(saved["numbers"])

    def finish(self) -> None:
        """Go back to the best epoch, if there was one and it is wanted."""
        if self._best is not None and self.rule.restore_best:
            self._training.now = self._best
