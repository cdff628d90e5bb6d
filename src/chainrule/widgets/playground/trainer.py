"""Steps of training, as the code on the page makes them: many at once, by the engine's Loop."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import jit, nn, random
from ...engine.compile.loop import Loop
from ...train.models import ModuleModel
from ...train.orders import permutations
from ...train.step import Objective, make_gradient, make_step
from ...train.updates import OptimizerUpdates
from .network import linear_layers, make_optimizer
from .settings import Settings

AHEAD = 32  # epochs whose orders are drawn at once


class Batches:
    """Which rows each step takes: an order for each epoch, cut into batches of one size.

    Rows that fill no batch wait for another epoch.

    >>> batches = Batches(random.key(0), rows=5, size=2)
    >>> batches.rows(0, 3).shape, batches.epoch(3), batches.begun(3)
    ((3, 2), 1, 2)
    """

    def __init__(self, key: Any, rows: int, size: int, step: int = 0, epoch: int = 0) -> None:
        self.key, self.count, self.size = key, rows, min(size, rows)
        self.first_step, self.first_epoch = step, epoch
        self.per_epoch = rows // self.size
        self._drawn: dict[int, Any] = {}

    def epoch(self, step: int) -> int:
        """The number of the epoch that this step is in."""
        return self.first_epoch + (step - self.first_step) // self.per_epoch

    def begun(self, step: int) -> int:
        """How many epochs were begun before this step."""
        return self.first_epoch + -(-(step - self.first_step) // self.per_epoch)

    def rows(self, step: int, count: int) -> Any:
        """The rows of ``count`` steps from this one on, intp[count, size]."""
        place = step - self.first_step
        stop = place + count
        parts = []
        while place < stop:
            number, start = divmod(place, AHEAD * self.per_epoch)
            parts.append(self._block(number)[start : start + stop - place])
            place += len(parts[-1])
        return np.concatenate(parts)

    def _block(self, number: int) -> Any:
        """All batches of some epochs in a row; the last two blocks are kept."""
        if number not in self._drawn:
            epochs = self.first_epoch + np.arange(number * AHEAD, (number + 1) * AHEAD)
            orders = permutations(random.fold_in(self.key, epochs), self.count)
            cut = orders[:, : self.per_epoch * self.size].reshape(-1, self.size)
            self._drawn = dict(list(self._drawn.items())[-1:]) | {number: cut}
        return self._drawn[number]


def penalty(net: Any, settings: Settings) -> Any:
    """The price of large weights, of biases not."""
    weights = [layer.weight for _, layer in linear_layers(net)]
    price = 0.0
    if settings.l1:
        price = price + nn.l1_penalty(weights, settings.l1)
    if settings.l2:
        price = price + nn.l2_penalty(weights, settings.l2)
    return price


def objective(criterion: Callable[..., Any], settings: Settings) -> Callable[[Any, Any, Any], Any]:
    """What a step makes smaller: the loss and the penalty."""
    return lambda net, x, y: criterion(net(x), y) + penalty(net, settings)


class Trainer:
    """The network's numbers, and the steps that change them.

    ``advance`` makes steps; ``save`` and ``restore`` go back in time; ``numbers`` are copies of the
    present ones. The optimiser is made new, at step ``born``.
    """

    def __init__(
        self, net: Any, criterion: Any, settings: Settings, data: tuple[Any, Any], born: int = 0
    ) -> None:
        held = make_optimizer(settings, net)
        self.born, self.lr = born, settings.lr
        self.model = ModuleModel(net, list(held.parameters()))
        self._updates = OptimizerUpdates(held, self.model)
        goal = Objective(objective(criterion, settings))
        self._step = make_step(self.model, goal, self._updates, 0.0, None)
        fixed = self.model.fixed()
        self._constants = {
            "frozen": fixed["frozen"],
            "key": random.key(settings.seed),
            "count": 0,
            "arrays": (*data, None),
        }
        self._batch = min(settings.batch, len(data[0]))
        self._loop = self._make_loop((self._updates.start(), fixed["buffers"]), steps=1)
        self._is_compiled = False

    def _make_loop(self, carry: Any, steps: int | None) -> Loop:
        """A loop for so few steps is evaluated; one for any number is compiled."""
        xs = self._inputs(self.born, np.zeros((1, self._batch), np.intp))
        return Loop(self._step, self._constants, carry, xs, steps)

    def _inputs(self, first: int, rows: Any) -> dict[str, Any]:
        step = np.arange(len(rows)) + (first - self.born)
        return {"step": step, "rates": (np.full(len(rows), self.lr),), "rows": rows}

    def advance(self, first: int, rows: Any) -> Any:
        """A step for each row of ``rows``, the first with this number: the losses of all.

        Ends early, in front of a step whose loss is not finite.
        """
        count = len(rows)
        if count > 1 and not self._is_compiled:
            self._loop, self._is_compiled = self._make_loop(self._loop.carry, None), True
        before = self._loop.save()
        losses = self._loop.advance(self._inputs(first, rows), count)
        is_finite = np.isfinite(losses)
        if is_finite.all():
            return losses
        good = int(is_finite.argmin())
        self._loop.restore(before)
        return self._loop.advance(self._inputs(first, rows[:good]), good)

    def save(self) -> Any:
        """A copy of all numbers."""
        return self._loop.save()

    def restore(self, saved: Any) -> None:
        """Go on from these."""
        self._loop.restore(saved)

    def put(self, name: str, place: tuple[int, ...], value: float) -> None:
        """Set one number of a parameter."""
        state, buffers = self._loop.carry
        state["params"][name][place] = value
        self._loop.carry = state, buffers

    @property
    def numbers(self) -> tuple[Any, Any]:
        """Parameters by name, and what is fixed in a step: as ``ModuleModel`` wants them."""
        state, buffers = self._loop.carry
        return state["params"], {"frozen": self._constants["frozen"], "buffers": buffers}


class Search:
    """The same for L-BFGS, whose steps look at the loss several times: one by one."""

    def __init__(
        self, net: Any, criterion: Any, settings: Settings, data: tuple[Any, Any], born: int = 0
    ) -> None:
        self.born, self.lr, self._data = born, settings.lr, data
        self._optimizer = make_optimizer(settings, net)
        self.model = ModuleModel(net, list(self._optimizer.parameters()))
        self._fixed = self.model.fixed()
        goal = Objective(objective(criterion, settings))
        self._gradient = jit(make_gradient(self.model, goal, 0.0))

    def advance(self, first: int, rows: Any) -> Any:
        """A step for each row of ``rows``; ends in front of a loss that is not finite."""
        self._optimizer.param_groups[0]["lr"] = self.lr
        losses: list[float] = []
        for each in rows:
            before = self.save()
            x, y = [array[each] for array in self._data]
            value = self._optimizer.step(lambda x=x, y=y: self._look(x, y))
            arrays = self.model.params().values()
            if not np.isfinite(value) or not all(np.isfinite(array).all() for array in arrays):
                self.restore(before)
                break
            losses.append(value)
        return np.array(losses)

    def _look(self, x: Any, y: Any) -> float:
        params = self.model.params()
        (value, self._fixed), gradients = self._gradient(params, self._fixed, None, x, y, None)
        for name, gradient in gradients.items():
            self.model.parameter(name).grad = gradient
        return float(value)

    def save(self) -> Any:
        """A copy of all numbers."""
        return copy.deepcopy((self.model.params(), self._fixed, self._optimizer.state))

    def restore(self, saved: Any) -> None:
        """Go on from these."""
        params, self._fixed, self._optimizer.state = copy.deepcopy(saved)
        for name, array in params.items():
            self.model.parameter(name).data = array

    def put(self, name: str, place: tuple[int, ...], value: float) -> None:
        """Set one number of a parameter."""
        array = self.model.parameter(name).data.copy()
        array[place] = value
        self.model.parameter(name).data = array

    @property
    def numbers(self) -> tuple[Any, Any]:
        """Parameters by name, and what is fixed in a step: as ``ModuleModel`` wants them."""
        return self.model.params(), self._fixed


def make_trainer(
    net: Any, criterion: Any, settings: Settings, data: tuple[Any, Any], born: int = 0
) -> Trainer | Search:
    """The trainer for this optimiser."""
    kind = Search if settings.optimizer == "LBFGS" else Trainer
    return kind(net, criterion, settings, data, born)
