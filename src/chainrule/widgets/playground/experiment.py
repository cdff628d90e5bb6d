"""A training that one can stop, change, and walk back step by step."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ... import nn, random
from . import looks, network
from .points import Problem
from .settings import Settings
from .trainer import Batches, make_trainer

MOST_MOMENTS = 200
MOST_MARKS = 400  # on the curves
AT_ONCE = 200  # steps between two marks


class Event(NamedTuple):
    """What the learner changed in front of a step: settings, or a number of a parameter."""

    step: int
    name: str
    value: Any
    place: tuple[int, ...] = ()


@dataclass(frozen=True)
class Moment:
    """Where the training stood; later steps can be made again from here."""

    step: int
    numbers: Any
    settings: Settings
    batches: Batches
    born: int
    events: int
    is_pinned: bool  # something was changed here, so that steps from before cannot pass it


class Experiment:
    """A network, its data and its training: a function of settings, events and steps made.

    ``first`` are the settings that it began with, ``settings`` those of now.
    """

    def __init__(self, settings: Settings, problem: Problem, net: Any = None) -> None:
        self.first = self.settings = settings
        self.problem = problem
        self.calls: list[network.Call] = []
        self.is_given = net is not None
        if net is None:
            outputs = problem.outputs(settings.loss)
            width = problem.raw.shape[1]
            self.calls = network.layers(settings, width, outputs, problem.task)
            net = network.make_network(self.calls, settings.seed)
        self.net = net
        self.dtype = next(iter(net.parameters())).dtype
        self.criterion = network.criterion(settings).make(nn)
        y, y_test = problem.targets(settings.loss)
        self.data = [self._cast(each) for each in (problem.x, y, problem.x_test, y_test)]
        self.trainer = make_trainer(net, self.criterion, settings, self._train)
        self.batches = Batches(random.key(settings.seed), len(problem.raw), settings.batch)
        self.step = 0
        self.events: list[Event] = []
        self.curve: list[tuple[int, float, float]] = []
        self._past: list[Moment] = []
        self._cameras: dict[Any, looks.Camera] = {}
        self._look_again()
        self._remember()

    @property
    def _train(self) -> tuple[Any, Any]:
        return self.data[0], self.data[1]

    def _cast(self, array: Any) -> Any:
        return array.astype(self.dtype) if array.dtype.kind == "f" else array

    def _look_again(self) -> None:
        """New pictures, for what is pictured has changed."""
        model, numbers = self.trainer.model, self.trainer.numbers
        self._judge = looks.make_judge(model, self.criterion, self.settings, numbers, self.data)
        self.judge()

    def size_of_batch(self, settings: Settings) -> int:
        """The size of the batches, which cannot be larger than the data."""
        return min(settings.batch, len(self.problem.raw))

    # -- steps

    def play(self, count: int) -> int:
        """Make so many steps: how many could be made before the loss was no number."""
        made = len(self.trainer.advance(self.step, self.batches.rows(self.step, count)))
        self.step += made
        if made:
            self._remember()
        return made

    def play_to(self, step: int, seconds: float = np.inf) -> bool:
        """Make the steps up to this one; False if there is no time, or the loss is no number."""
        stop = time.monotonic() + seconds
        while self.step < step:
            if time.monotonic() > stop or not self.play(min(step - self.step, AT_ONCE)):
                return False
            self.judge()
        return True

    def back(self) -> bool:
        """One step back; False at the beginning."""
        if not self.step:
            return False
        target = self.step - 1
        self._past = [moment for moment in self._past if moment.step <= target]
        moment = self._past[-1]
        del self.events[moment.events :]
        self._go_to(moment)
        if target > moment.step:
            self.trainer.advance(self.step, self.batches.rows(self.step, target - moment.step))
            self.step = target
        self.curve = [mark for mark in self.curve if mark[0] < target]
        self.judge()
        return True

    def _go_to(self, moment: Moment) -> None:
        kind = self.settings.changed_from(moment.settings) - {"lr", "across", "up"}
        here = {"across": self.settings.across, "up": self.settings.up}
        self.settings = moment.settings.with_changes(here)
        if kind or moment.born != self.trainer.born:
            self._new_trainer(moment.born)
        self.trainer.lr = self.settings.lr
        self.trainer.restore(moment.numbers)
        self.batches, self.step = moment.batches, moment.step
        if kind:
            self._look_again()

    def _remember(self, is_pinned: bool = False) -> None:
        """Keep this moment; of too many, every other one goes."""
        while self._past and self._past[-1].step >= self.step:
            is_pinned = self._past.pop().is_pinned or is_pinned
        self._past.append(
            Moment(
                self.step,
                self.trainer.save(),
                self.settings,
                self.batches,
                self.trainer.born,
                len(self.events),
                is_pinned,
            )
        )
        if len(self._past) > MOST_MOMENTS:
            last = len(self._past) // 2
            kept = [m for i, m in enumerate(self._past[:last]) if i % 2 == 0 or m.is_pinned]
            self._past[:last] = kept

    # -- changes on the way

    def change(self, settings: Settings) -> None:
        """Go on with other settings, of those that need no new beginning."""
        names = settings.changed_from(self.settings) - {"across", "up"}
        before, self.settings = self.settings, settings
        if not names:
            return
        self._note([Event(self.step, name, getattr(settings, name)) for name in sorted(names)])
        if names & {"optimizer", "momentum"}:
            self.store()
            self._new_trainer(self.step)
        elif names & {"l1", "l2", "batch"}:
            saved = self.trainer.save()
            self._new_trainer(self.trainer.born)
            self.trainer.restore(saved)
        self.trainer.lr = settings.lr
        if settings.batch != before.batch:
            rows, begun = len(self.problem.raw), self.batches.begun(self.step)
            key = random.key(settings.seed)
            self.batches = Batches(key, rows, settings.batch, self.step, begun)
        if names & {"l1", "l2"}:
            self._look_again()
        self._remember(is_pinned=True)

    def edit(self, name: str, place: tuple[int, ...], value: float) -> None:
        """Set one number of a parameter by hand."""
        self._note([Event(self.step, name, value, place)])
        self.trainer.put(name, place, value)
        self._remember(is_pinned=True)
        self.judge()

    def _note(self, events: list[Event]) -> None:
        """Add events; the last one of a kind in front of a step is what counts."""
        kinds = {(event.step, event.name, event.place) for event in events}
        kept = [e for e in self.events if (e.step, e.name, e.place) not in kinds]
        self.events = kept + events

    def _new_trainer(self, born: int) -> None:
        self.trainer = make_trainer(self.net, self.criterion, self.settings, self._train, born)

    # -- looks

    def judge(self) -> dict[str, Any]:
        """Losses, shares of right answers and gradient norms of now; a mark on the curves."""
        with np.errstate(all="ignore"):
            found = self._judge(*self.trainer.numbers, *self.data)
        train, test = float(found["train"]), float(found["test"])
        self.curve = [mark for mark in self.curve if mark[0] < self.step]
        self.curve.append((self.step, train, test))
        if len(self.curve) > MOST_MARKS:
            del self.curve[1:-1:2]
        kind = self.settings.loss, self.problem.task
        return {
            "train": train,
            "test": test,
            "right": looks.share_right(found["out"], self.problem.y, *kind),
            "right_test": looks.share_right(found["out_test"], self.problem.y_test, *kind),
            "norms": [float(norm) for norm in found["norms"]],
        }

    def camera(self, example: int | None = None) -> looks.Camera:
        """One for the whole picture, or for one training row."""
        where = example, self.settings.across, self.settings.up
        if where not in self._cameras:
            if example is None:
                x = looks.grid(self.problem, *where[1:], looks.fineness(self.net))
            else:
                x = self.data[0][example : example + 1].astype(np.float32)
            camera = looks.Camera(self.trainer.model, self.trainer.numbers, x)
            self._cameras = dict(list(self._cameras.items())[-1:]) | {where: camera}
        return self._cameras[where]

    def store(self) -> None:
        """Put the present numbers into the network."""
        self.trainer.model.store(*self.trainer.numbers)
