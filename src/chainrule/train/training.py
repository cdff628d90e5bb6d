"""The numbers of a run of ``fit`` and how they go on: steps in a row, or searches by L-BFGS."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..engine import tree
from ..engine.compile.jit import jit
from ..engine.compile.loop import Loop
from ..engine.errors import NonFiniteError
from ..engine.interpret import watch
from ..engine.primitives.closures import types_of
from ..optim import LBFGS
from .batches import Portion
from .callbacks import Run
from .models import ModuleModel
from .step import Model, Objective, make_gradient, make_step
from .updates import Updates, scheduled


class Pace:
    """How many steps to take at once, so that Python is back about thirty times a second."""

    PERIOD = 1 / 30  # seconds

    def __init__(self) -> None:
        self.steps = 1

    def share(self, steps: int) -> int:
        """The size of the first of the equal parts into which to cut so many steps."""
        return math.ceil(steps / math.ceil(steps / self.steps))

    def took(self, steps: int, seconds: float) -> None:
        """Learn from a part; the growth is limited, for the first ones are hard to measure."""
        fitting = int(self.PERIOD * steps / max(seconds, 1e-9))
        self.steps = max(1, min(fitting, 16 * steps))


class Training:
    """The numbers as they are after the last finished step, and how to make the next steps."""

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
        self._rates = scheduled(updates, schedule)
        self._step = make_step(model, objective, updates, l2, clip)
        fixed = model.fixed()
        self._frozen = fixed["frozen"]
        self._constants = {"frozen": self._frozen, "key": key, "count": updates.count}
        self._loops: dict[Any, tuple[Loop, Pace]] = {}
        # State of the optimizer and buffers; the number of finished steps. One assignment replaces
        # all of it, so that Ctrl-C finds either the old or the new.
        self.now: tuple[Any, int] = ((updates.start(), fixed["buffers"]), 0)

    def advance(self, run: Run, portion: Portion, singly: bool) -> Iterator[None]:
        """The steps of a portion; stops after each one, or when the callers want to look again.

        A loss that is not finite is an error; the numbers are then those from before its step.
        """
        taken = 0
        while taken < portion.steps:
            loop, pace = self._loop(portion)
            count = 1 if singly or watch.on else pace.share(portion.steps - taken)
            rows = None if portion.rows is None else portion.rows[taken : taken + count]
            began = time.perf_counter()
            self._make_steps(run, loop, rows, count)
            pace.took(count, time.perf_counter() - began)
            taken += count
            yield

    def _make_steps(self, run: Run, loop: Loop, rows: Any, count: int) -> None:
        carry, done = self.now
        xs = self._inputs(done, count, rows)
        losses = loop.advance(xs, count)
        is_finite = np.isfinite(losses)
        good = count if is_finite.all() else int(is_finite.argmin())
        if good < count:  # make the good ones of these steps once more
            loop.carry = carry
            loop.advance(xs, good)
        self.now = (loop.carry, done + good)
        run.losses += losses[:good].tolist()
        for rates in xs["rates"][:1]:
            run.rates += rates[:good].tolist()
        if good < count:
            _check(float(losses[good]), run)

    def _inputs(self, done: int, count: int, rows: Any) -> dict[str, Any]:
        xs = {"step": np.arange(done, done + count), "rates": self._rates(done, count)}
        return xs if rows is None else {**xs, "rows": rows}

    def reach(self, steps_per_epoch: int | None) -> int:
        """How many epochs to take at once."""
        steps = max([pace.steps for _, pace in self._loops.values()], default=1)
        return max(1, steps // (steps_per_epoch or steps))

    def _loop(self, portion: Portion) -> tuple[Loop, Pace]:
        """The loop for batches of this size and these types, beginning with the present numbers."""
        kinds, structure = types_of(portion.arrays)
        size = None if portion.rows is None else portion.rows.shape[1]
        key = (*kinds, structure, size)
        constants = {**self._constants, "arrays": portion.arrays}
        if key not in self._loops:
            rows = None if portion.rows is None else portion.rows[:1]
            loop = Loop(self._step, constants, self.now[0], self._inputs(self.now[1], 1, rows))
            others = [other for other, _ in self._loops.values()]
            if others and types_of(others[0].buffers) == types_of(loop.buffers):
                loop.buffers = others[0].buffers
            else:
                self._loops.clear()  # loops for narrower numbers are of no use any more
            self._loops[key] = (loop, Pace())
        loop, pace = self._loops[key]
        loop.constants = constants
        return loop, pace

    @property
    def params(self) -> Any:
        """The present parameters."""
        return self.updates.params(self.now[0][0])

    @property
    def fixed(self) -> Any:
        """The present buffers and frozen parameters."""
        return {"frozen": self._frozen, "buffers": self.now[0][1]}

    def store(self) -> None:
        """Give the numbers to the Module and to the optimizer object."""
        (state, _), done = self.now
        self.model.store(self.params, self.fixed)
        self.updates.store(state, done)

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
        super().__init__(model, updates, objective, l2, None, None, None)
        self._module, self._optimizer = model, optimizer
        self._gradient = jit(make_gradient(model, objective, l2))

    def advance(self, run: Run, portion: Portion, singly: bool) -> Iterator[None]:
        """The steps of a portion, one by one."""
        for turn in range(portion.steps):
            batch = portion.arrays
            if portion.rows is not None:
                rows = portion.rows[turn]
                batch = tree.map(lambda leaf, rows=rows: leaf[rows], batch)
            self._search(run, batch)
            yield

    def _search(self, run: Run, batch: tuple[Any, Any, Any]) -> None:
        """One call of the optimizer's ``step(closure)``; the loss is that before it."""
        (state, buffers), done = self.now
        fixed = after = {"frozen": self._frozen, "buffers": buffers}

        def closure() -> float:
            nonlocal after
            here = self.model.params()
            (value, after), gradients = self._gradient(here, fixed, None, *batch)
            for name, gradient in gradients.items():
                self._module.parameter(name).grad = gradient
            return float(value)

        # An earlier run may have gone back to its best epoch, a callback elsewhere.
        self.model.store(self.updates.params(state), fixed)
        value = self._optimizer.step(closure)
        _check(value, run)
        self._optimizer.zero_grad()
        state = {"params": self.model.params(), "memories": {}}
        self.now = ((state, after["buffers"]), done + 1)
        run.losses.append(value)
        run.rates.append(self._optimizer.param_groups[0]["lr"])


def _check(value: float, run: Run) -> None:
    """Refuse a loss that is not finite, of the step after those that the run has."""
    if not math.isfinite(value):
        step = len(run.losses)
        passed = (step - run.epoch_start) // run.steps_per_epoch if run.steps_per_epoch else 0
        run.epoch += passed
        raise NonFiniteError(
            f"fit: the loss is {value} at step {step} (epoch {run.epoch}). The model keeps the "
            "parameters from before this step. Try a lower learning rate, clip=1.0 or scaled "
            "inputs; `with chainrule.debug_nans():` around fit names the operation."
        )
