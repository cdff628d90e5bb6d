"""What happens between steps: callbacks, by their occasions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..export.strict_json import to_text
from ..optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from .checkpoints.packing import pack
from .run import Run

OCCASIONS = ("on_begin", "on_step", "on_epoch", "on_end")
_SCHEDULERS = (LRScheduler, ReduceLROnPlateau)


class StopTraining(Exception):
    """Raise it in a callback to end the training; ``history.stopped`` holds its message."""


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
        self.name = type(scheduler).__name__
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
        return [c.name if isinstance(c, _Scheduler) else type(c).__name__ for c in self.stateful]

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
