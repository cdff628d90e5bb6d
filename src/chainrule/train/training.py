"""The numbers of a run of ``fit`` and how they go on: steps in a row, or searches by L-BFGS."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine import tree
from ..engine.compile.jit import jit
from ..engine.compile.loop import Loop
from ..engine.interpret import watch
from ..engine.primitives.closures import types_of
from ..optim import LBFGS
from .batches import Portion
from .checkpoints.packing import leaf_names
from .models import ModuleModel
from .rescue import all_finite, go_back, origin, refuse
from .run import Run
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


@dataclass
class _Stretch:
    """Steps of one kind: their data, their loop, and how many of them to take at once."""

    arrays: Any
    loop: Loop
    pace: Pace


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
        self._loops: dict[Any, _Stretch] = {}
        self._ready: dict[int | None, _Stretch] = {}  # by batch size: found without comparing types
        # The leaves of the optimizer's state and the buffers; the number of finished steps. One
        # assignment replaces both, so that Ctrl-C finds either the old or the new, and ``run`` is
        # told before and cut to this number in the end.
        leaves, self._structure = tree.flatten((updates.start(), fixed["buffers"]), buffers=True)
        self.now: tuple[list[Any], int] = (leaves, 0)
        numbered, _ = tree.unflatten(self._structure, range(len(leaves)))
        params = tree.leaves(updates.params(numbered))
        self._watched = [place for place in params if all_finite([leaves[place]])]

    def advance(self, run: Run, portion: Portion, singly: bool) -> Iterator[None]:
        """The steps of a portion; stops after each one, or when the callers want to look again.

        A loss that is not finite is an error; the numbers are then those from before its step.
        """
        stretch = self._stretch(portion)
        taken = 0
        while taken < portion.steps:
            left = portion.steps - taken
            count = 1 if singly or watch.on else stretch.pace.share(left)
            rows = None if portion.rows is None else portion.rows[taken : taken + count]
            began = time.perf_counter()
            self._make_steps(run, stretch.loop, rows, count)
            stretch.pace.took(count, time.perf_counter() - began)
            taken += count
            yield

    def _make_steps(self, run: Run, loop: Loop, rows: Any, count: int) -> None:
        before, done = self.now
        xs = self._inputs(done, count, rows)
        losses = loop.advance(xs, count)
        is_finite = np.isfinite(losses)
        good = count if is_finite.all() else int(is_finite.argmin())
        if good < count or not self._is_fine(loop.buffers):
            good = go_back(loop, before, xs, good, self._is_fine)
        run.losses += losses[:good].tolist()
        for rates in xs["rates"][:1]:
            run.rates += rates[:good].tolist()
        self.now = (loop.save(), done + good)
        if good < count:
            x = tree.map(lambda column: column[good], xs)
            found = origin(self._step, loop.constants, loop.carry, x)
            refuse(float(losses[good]), run, found, loop.constants["arrays"])

    def _is_fine(self, leaves: list[Any]) -> bool:
        """Whether the parameters are finite, or were not when all began."""
        return all_finite([leaves[place] for place in self._watched])

    def _inputs(self, done: int, count: int, rows: Any) -> dict[str, Any]:
        xs = {"step": np.arange(done, done + count), "rates": self._rates(done, count)}
        return xs if rows is None else {**xs, "rows": rows}

    def reach(self, steps_per_epoch: int | None) -> int:
        """How many epochs to take at once."""
        steps = max([stretch.pace.steps for stretch in self._loops.values()], default=1)
        return max(1, steps // (steps_per_epoch or steps))

    def _stretch(self, portion: Portion) -> _Stretch:
        """The loop for batches of this size and these types."""
        size = None if portion.rows is None else portion.rows.shape[1]
        found = self._ready.get(size)
        if found is None or found.arrays is not portion.arrays:
            kinds, structure = types_of(portion.arrays)
            key = (*kinds, structure, size)
            if key not in self._loops:
                self._loops[key] = _Stretch(portion.arrays, self._make_loop(portion), Pace())
            found = self._ready[size] = self._loops[key]
            found.arrays = portion.arrays
            found.loop.constants = {**self._constants, "arrays": portion.arrays}
        return found

    def _make_loop(self, portion: Portion) -> Loop:
        constants = {**self._constants, "arrays": portion.arrays}
        xs = self._inputs(0, 1, None if portion.rows is None else portion.rows[:1])
        loop = Loop(self._step, constants, self._numbers, xs, portion.total)
        other = next(iter(self._loops.values()), None)
        if other is not None and types_of(other.loop.buffers) == types_of(loop.buffers):
            loop.buffers = other.loop.buffers  # all go on from where the last one ended
        else:  # loops for narrower numbers are of no use any more
            self._loops.clear()
            self._ready.clear()
        return loop

    @property
    def _numbers(self) -> tuple[Any, Any]:
        """The optimizer's state, with the parameters in it, and the buffers."""
        return tree.unflatten(self._structure, self.now[0])  # type: ignore[no-any-return]

    @property
    def params(self) -> Any:
        """The present parameters."""
        return self.updates.params(self._numbers[0])

    @property
    def fixed(self) -> Any:
        """The present buffers and frozen parameters."""
        return {"frozen": self._frozen, "buffers": self._numbers[1]}

    # -- checkpoints

    def state_dict(self) -> dict[str, Any]:
        """All numbers after the last finished step."""
        return {"now": self.named(self.now), "optimizer": self.updates.state_dict()}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from there; before the first step, for steps are traced with what is now set."""
        self.updates.load_state_dict(saved["optimizer"])
        self._constants["count"] = self.updates.count
        self.now = self.unnamed(saved["now"])

    def named(self, numbers: tuple[list[Any], int]) -> dict[str, Any]:
        """Numbers like ``now`` as arrays by name."""
        leaves, steps = numbers
        return {"steps": steps, **dict(zip(self._names, leaves, strict=True))}

    def unnamed(self, saved: dict[str, Any]) -> tuple[list[Any], int]:
        """What ``named`` was given."""
        return [saved[name] for name in self._names], saved["steps"]

    @property
    def _names(self) -> list[str]:
        state, buffers = self._structure.children
        return [*leaf_names(state, "state"), *leaf_names(buffers, "buffers")]

    def store(self) -> None:
        """Give the numbers to the Module and to the optimizer object."""
        self.model.store(self.params, self.fixed)
        self.updates.store(self._numbers[0], self.now[1])

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
        self._make_gradient = make_gradient(model, objective, l2)
        self._gradient = jit(self._make_gradient)
        self._memories = {0: self._memory()}  # by steps: of the last one, and of the one before

    def _memory(self) -> dict[str, Any]:
        return dict(self._optimizer.state.get(0, {}))

    def state_dict(self) -> dict[str, Any]:
        """The same with what L-BFGS remembers."""
        return {**super().state_dict(), "memory": self._memories[self.now[1]]}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from there."""
        super().load_state_dict(saved)
        self._memories = {self.now[1]: saved["memory"]}
        if saved["memory"]:
            self._optimizer.state[0] = dict(saved["memory"])

    def _loss_last(self, *arguments: Any) -> Any:
        (value, after), gradients = self._make_gradient(*arguments)
        return after, gradients, value

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
        fixed = after = self.fixed

        def closure() -> float:
            nonlocal after
            here = self.model.params()
            (value, after), gradients = self._gradient(here, fixed, None, *batch)
            for name, gradient in gradients.items():
                self._module.parameter(name).grad = gradient
            return float(value)

        # An earlier run may have gone back to its best epoch, a callback elsewhere.
        self.model.store(self.params, fixed)
        value = self._optimizer.step(closure)
        if not math.isfinite(value):
            x = (self.model.params(), fixed, None, *batch)
            refuse(value, run, origin(self._loss_last, *x), batch)
        self._optimizer.zero_grad()
        numbers = {"params": self.model.params(), "memories": {}}, after["buffers"]
        run.losses.append(value)
        run.rates.append(self._optimizer.param_groups[0]["lr"])
        done = self.now[1]
        self._memories = {done: self._memories[done], done + 1: self._memory()}
        self.now = (tree.flatten(numbers, buffers=True)[0], done + 1)
