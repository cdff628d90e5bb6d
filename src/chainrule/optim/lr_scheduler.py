"""PyTorch's schedulers: objects that set an optimizer's learning rates, ``step()`` by ``step()``.

Each is one of the pure schedules, counted here; ``step()`` is called after ``optimizer.step()``,
once an epoch or once a batch, as one counts.

>>> import chainrule as cr
>>> optimizer = cr.optim.SGD([cr.tensor(1.0)], lr=1.0)
>>> scheduler = StepLR(optimizer, step_size=2, gamma=0.1)
>>> rates = []
>>> for epoch in range(4):
...     rates.append(round(scheduler.get_last_lr()[0], 3))
...     scheduler.step()
>>> rates
[1.0, 1.0, 0.1, 0.1]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from . import schedules
from .optimizer import Optimizer
from .schedules import Schedule


class LRScheduler:
    """A schedule for each group of an optimizer, made from the group's first learning rate.

    >>> import chainrule as cr
    >>> optimizer = cr.optim.SGD([cr.tensor(1.0)], lr=0.5)
    >>> scheduler = LRScheduler(optimizer, lambda lr: cr.optim.schedules.cosine(lr, 10))
    >>> for _ in range(5):
    ...     scheduler.step()
    >>> optimizer.param_groups[0]["lr"]
    0.25
    """

    def __init__(self, optimizer: Optimizer, make: Callable[[float], Schedule]) -> None:
        self.optimizer = optimizer
        self.base_lrs = [g.setdefault("initial_lr", g["lr"]) for g in optimizer.param_groups]
        self._schedules = [make(lr) for lr in self.base_lrs]
        self.last_epoch = 0
        self._set()

    def step(self) -> None:
        """Count one, and set the learning rates."""
        self.last_epoch += 1
        self._set()

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group as it is now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """How far it has counted."""
        return {"last_epoch": self.last_epoch}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from a saved count."""
        self.last_epoch = saved["last_epoch"]
        self._set()

    def _set(self) -> None:
        for group, schedule in zip(self.optimizer.param_groups, self._schedules, strict=True):
            group["lr"] = float(schedule(self.last_epoch))


class LambdaLR(LRScheduler):
    """lr · f(count)."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        super().__init__(optimizer, lambda lr: lambda i: lr * lr_lambda(i))


class StepLR(LRScheduler):
    """lr · gamma^⌊count / step_size⌋."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer, lambda lr: schedules.step(lr, step_size, gamma))


class MultiStepLR(LRScheduler):
    """lr · gamma^(number of milestones reached)."""

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        reached = sorted(milestones)
        boundaries = [milestone - 1 for milestone in reached]

        def make(lr: float) -> Schedule:
            values = [lr * gamma**k for k in range(len(reached) + 1)]
            return schedules.piecewise_constant(boundaries, values)

        super().__init__(optimizer, make)


class ExponentialLR(LRScheduler):
    """lr · gamma^count."""

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        super().__init__(optimizer, lambda lr: schedules.exponential(lr, gamma))


class CosineAnnealingLR(LRScheduler):
    """Half a cosine from lr down to ``eta_min`` at count ``T_max``, where it stays."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimizer, lambda lr: schedules.cosine(lr, T_max, final=eta_min))


class OneCycleLR(LRScheduler):
    """Up to ``max_lr`` and down again over ``total_steps``; see ``schedules.one_cycle``."""

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float,
        total_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
    ) -> None:
        cycle = schedules.one_cycle(max_lr, total_steps, pct_start, div_factor, final_div_factor)
        super().__init__(optimizer, lambda lr: cycle)


class ReduceLROnPlateau:
    """Multiply the learning rates by ``factor`` when a watched value no longer gets better.

    A value is better where it beats the best so far by more than ``threshold``, relative or
    absolute by ``threshold_mode``; after more than ``patience`` values without one, the rates fall.

    >>> import chainrule as cr
    >>> optimizer = cr.optim.SGD([cr.tensor(1.0)], lr=1.0)
    >>> scheduler = ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in (5.0, 4.0, 4.0, 4.0):
    ...     scheduler.step(loss)
    >>> optimizer.param_groups[0]["lr"]
    0.1
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        if not 0 < factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor must lie between 0 and 1, got {factor}")
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(
                "ReduceLROnPlateau: mode is 'min' or 'max', threshold_mode 'rel' or 'abs'"
            )
        self.optimizer = optimizer
        self._sign = 1.0 if mode == "min" else -1.0
        self._factor, self._patience, self._cooldown = factor, patience, cooldown
        self._threshold, self._is_relative = threshold, threshold_mode == "rel"
        self._min_lr = min_lr
        self.best = math.inf * self._sign
        self.num_bad_epochs = 0
        self._resting = 0

    def step(self, metrics: Any) -> None:
        """Take in the watched value of an epoch."""
        value = float(metrics)
        if self._is_better(value):
            self.best = value
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self._resting > 0:
            self._resting -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self._patience:
            for group in self.optimizer.param_groups:
                group["lr"] = max(group["lr"] * self._factor, self._min_lr)
            self._resting = self._cooldown
            self.num_bad_epochs = 0

    def _is_better(self, value: float) -> bool:
        if math.isinf(self.best):
            return value * self._sign < self.best * self._sign
        margin = self._threshold * (abs(self.best) if self._is_relative else 1.0)
        return value * self._sign < self.best * self._sign - margin

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group as it is now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """The best value so far, and the counts."""
        return {"best": self.best, "bad": self.num_bad_epochs, "resting": self._resting}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from a saved count."""
        self.best, self.num_bad_epochs = saved["best"], saved["bad"]
        self._resting = saved["resting"]
