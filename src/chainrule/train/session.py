"""One run of ``fit``: epoch after epoch, with what happens between steps, epochs and at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .batches import Arrays, Portion, Stream
from .callbacks import Hooks, StopTraining
from .checkpoints.keeper import Keeper
from .epochs import Looks, close_epochs
from .orders import Orders
from .progress import Lines, Progress
from .run import History, Run
from .stopping import Stopping
from .training import Training


@dataclass
class Session:
    """The parts of a run, put together by ``fit``."""

    run: Run
    data: Arrays | Stream
    batch_size: int | None
    orders: Orders
    training: Training
    looks: Looks
    stopping: Stopping
    hooks: Hooks
    bar: Progress | None = None
    keeper: Keeper | None = None

    def __post_init__(self) -> None:
        self._span = range(0)  # the epochs that are gone through at once
        self._is_closed = True  # whether all is done that comes after the steps of these
        self._stopped: str | None = None
        self._saved: Any = None  # the place of the newest checkpoint

    def go(self) -> History:
        """Train to the end."""
        try:
            try:
                for callback in self.hooks.begin:
                    callback(self.run)
                self._go_through_epochs()
            except StopTraining as reason:
                self._stopped = str(reason) or "stopped by a callback"
            self._save()
            if self.keeper is not None:
                self.keeper.close()
        except BaseException:
            if not self._is_closed:  # between steps all is in order; between epochs, who knows
                self.run.cut(self.training.now[1])
                self._save()
            raise
        finally:
            self._end()
        return self._history()

    def _go_through_epochs(self) -> None:
        while self._stopped is None:
            if self._is_closed:
                start = self._span.stop
                if start >= self.run.epochs:
                    break
                self._span = range(start, min(start + self._reach(), self.run.epochs))
                self._is_closed = False
            self._make_steps()
            self._close()

    def _make_steps(self) -> None:
        """The steps of the span that are still to be made."""
        run = self.run
        run.epoch = self._span.start
        for portion in self._portions():
            for _ in self.training.advance(run, portion, bool(self.hooks.step)):
                for callback in self.hooks.step:
                    callback(run)
                if self.bar is not None:
                    self.bar.step(run)
                if self.keeper is not None and self.keeper.is_due():
                    self._save()

    def _close(self) -> None:
        """What comes after the last step of the span."""
        run = self.run
        run.epoch = self._span[-1]
        self._is_closed = True
        close_epochs(run, len(self._span), self.looks, self.training)
        for callback in self.hooks.epoch:
            callback(run)
        if self.bar is not None:
            self.bar.epoch(run)
        if self.stopping.is_over(run):
            self._stopped = f"no better for {self.stopping.rule.patience} epochs"
        if self.keeper is not None and self.keeper.is_due_after(self._span.stop, self._value):
            self._save()

    def _portions(self) -> Iterator[Portion]:
        """The batches of the span, without those of the steps that are made already."""
        done = self.training.now[1] - self.run.epoch_start
        for portion in self.data.portions(self.batch_size, self.orders, self._span):
            if done < portion.steps:
                yield portion.after(done) if done else portion
            done = max(0, done - portion.steps)

    def _reach(self) -> int:
        """How many epochs may pass at once: one, where somebody looks at the end of each."""
        hooks, looks = self.hooks, self.looks
        is_watched = looks.are_taken or self.stopping.is_on or hooks.step or hooks.epoch
        if is_watched or isinstance(self.data, Stream) or isinstance(self.bar, Lines):
            return 1
        reach = self.training.reach(self.run.steps_per_epoch)
        return reach if self.keeper is None else self.keeper.limit(reach, self._span.stop)

    def _end(self) -> None:
        if self.bar is not None:
            self.bar.close()
        self.run.cut(self.training.now[1])
        self.stopping.finish()
        self.training.store()
        for callback in self.hooks.end:
            callback(self.run)

    def _history(self) -> History:
        run = self.run
        return History(
            losses=np.array(run.losses),
            epoch_losses=np.array(run.epoch_losses),
            validation_losses=np.array(run.validation_losses),
            metrics={name: np.array(values) for name, values in run.metric_lists.items()},
            learning_rates=np.array(run.rates, float),
            epochs=len(run.epoch_losses),
            best_epoch=self.stopping.best_epoch,
            stopped=self._stopped or "all epochs done",
            seconds=run.seconds,
            params=self.training.params,
        )

    # -- checkpoints

    def keep(self, keeper: Keeper, resume: bool) -> None:
        """Save checkpoints from now on; first, go on from the newest, if that is wanted."""
        self.keeper = keeper
        self.hooks.check_states()
        saved = keeper.find(resume)
        if saved is not None:
            self.load_state_dict(saved)

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from what ``state_dict`` gave."""
        self.training.load_state_dict(saved["training"])
        self.run.load_state_dict(saved["history"])
        self.stopping.load_state_dict(saved["stopping"])
        self.hooks.load_state_dict(saved["callbacks"])
        place = saved["place"]
        self._span = range(*place["epochs"])
        self.orders.epochs = max(self.orders.epochs, self._span.stop)  # they are ended at least
        self._is_closed = place["closed"]
        self._stopped = place["stopped"]
        self._saved = place

    def _place(self) -> dict[str, Any]:
        return {
            "epochs": [self._span.start, self._span.stop],
            "closed": self._is_closed,
            "steps": self.training.now[1],
            "stopped": self._stopped,
        }

    def state_dict(self) -> dict[str, Any]:
        """All that the run needs to go on from here."""
        return {
            "place": self._place(),
            "training": self.training.state_dict(),
            "history": self.run.state_dict(),
            "stopping": self.stopping.state_dict(),
            "callbacks": self.hooks.state_dict(),
        }

    @property
    def _value(self) -> float | None:
        """What is watched, where an epoch has just ended."""
        is_known = self._is_closed and self.run.epoch_losses
        return self.stopping.rule.value_in(self.run) if is_known else None

    def _save(self) -> None:
        if self.keeper is None:
            return
        place = self._place()
        if place != self._saved:
            is_saved = self.keeper.save(self.state_dict(), self.training.now[1], self._value)
            self._saved = place if is_saved else None
