"""An optimizer as ``fit`` uses it: pure functions of a state that one compiled step carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..optim import LBFGS, Optimizer, rules
from ..optim.functional import Triple
from .models import FunctionModel, ModuleModel


class TripleUpdates:
    """A triple (init, update, get_params), whose learning rate is its own."""

    def __init__(self, triple: Any, model: ModuleModel | FunctionModel) -> None:
        self._triple = Triple(*triple)
        self._model = model
        self.count = 0

    def start(self) -> Any:
        """The first state."""
        return self._triple.init(self._model.params())

    def params(self, state: Any) -> Any:
        """The parameters in a state."""
        return self._triple.get_params(state)

    def rates(self) -> tuple[float, ...]:
        """No learning rates from outside."""
        return ()

    def update(self, i: Any, rates: Any, grads: Any, state: Any) -> Any:
        """The next state."""
        return self._triple.update(i, grads, state)

    def store(self, state: Any, steps: int) -> None:
        """Nothing to keep: the state is the history's."""

    def state_dict(self) -> dict[str, Any]:
        """Nothing beside the state."""
        return {}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Nothing to take back."""

    def describe(self) -> dict[str, Any]:
        """What a triple tells of itself."""
        return {"triple": self._triple.init.__qualname__}


class OptimizerUpdates:
    """An optimizer object: its rule and settings, with each group's learning rate from outside.

    It begins with what the object remembers, and ``store`` gives it back, so that one run goes on
    where another ended.
    """

    def __init__(self, optimizer: Optimizer, model: ModuleModel) -> None:
        self._optimizer, self._model = optimizer, model
        held = [p for group in optimizer.param_groups for p in group["params"]]
        numbers = {id(p): n for n, p in enumerate(held)}
        groups = [g for g, group in enumerate(optimizer.param_groups) for _ in group["params"]]
        self._number = {name: numbers[id(model.parameter(name))] for name in model.names}
        self._group = {name: groups[number] for name, number in self._number.items()}
        known = {id(p) for p in model.module.parameters()}
        if not model.names or any(id(p) not in known for p in held):
            raise ValueError(
                "fit: the optimizer holds Parameters that the model has not, or none that is free: "
                "make it from this model, as in optim.Adam(net.parameters())"
            )
        self.count = max([self._turns(name) for name in model.names])
        self._behind = {name: self.count - self._turns(name) for name in model.names}
        self._settings = {name: self._settings_of(name) for name in model.names}

    def _turns(self, name: str) -> int:
        return int(self._optimizer.state.get(self._number[name], {}).get("step", 0))

    def _settings_of(self, name: str) -> dict[str, Any]:
        group = self._optimizer.param_groups[self._group[name]]
        return {key: group[key] for key in self._optimizer.defaults if key != "lr"}

    def start(self) -> Any:
        """The first state: parameters and memories by name."""
        params = self._model.params()
        memories: dict[str, Any] = {}
        if isinstance(self._optimizer, LBFGS):  # keeps its own
            return {"params": params, "memories": memories}
        for name, p in params.items():
            saved = self._optimizer.state.get(self._number[name])
            if saved is None:
                saved = rules.remember(self._optimizer.rule, p, **self._settings[name])
            memories[name] = {key: value for key, value in saved.items() if key != "step"}
        return {"params": params, "memories": memories}

    def params(self, state: Any) -> Any:
        """The parameters in a state."""
        return state["params"]

    def rates(self) -> tuple[float, ...]:
        """The learning rate of each group, as it is now."""
        return tuple([group["lr"] for group in self._optimizer.param_groups])

    def update(self, i: Any, rates: Any, grads: Any, state: Any) -> Any:
        """The next state."""
        params, memories = {}, {}
        for name, p in state["params"].items():
            turn = i - self._behind[name] if self._behind[name] else i
            params[name], memories[name] = self._optimizer.rule(
                p,
                grads[name],
                state["memories"][name],
                turn,
                lr=rates[self._group[name]],
                **self._settings[name],
            )
        return {"params": params, "memories": memories}

    def store(self, state: Any, steps: int) -> None:
        """Give the memories back to the optimizer object."""
        if not steps:
            return
        for name, memory in state["memories"].items():
            turns = self.count + steps - self._behind[name]
            self._optimizer.state[self._number[name]] = {**memory, "step": turns}

    # -- checkpoints

    def state_dict(self) -> dict[str, Any]:
        """What is not in the state: settings, which callbacks may change, and counts."""
        return {"groups": self._groups(), "count": self.count, "behind": dict(self._behind)}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from there."""
        for group, settings in zip(self._optimizer.param_groups, saved["groups"], strict=True):
            for name, value in settings.items():
                group[name] = tuple(value) if isinstance(value, list) else value
        self.count, self._behind = saved["count"], saved["behind"]
        self._settings = {name: self._settings_of(name) for name in self._model.names}

    def describe(self) -> dict[str, Any]:
        """The optimizer's class and settings."""
        groups = {f"group {i}": group for i, group in enumerate(self._groups())}
        return {"optimizer": type(self._optimizer).__name__, "settings": groups}

    def _groups(self) -> list[dict[str, Any]]:
        groups = self._optimizer.param_groups
        return [{k: v for k, v in group.items() if k != "params"} for group in groups]


Updates = TripleUpdates | OptimizerUpdates


def is_triple(optimizer: Any) -> bool:
    """Whether this is (init, update, get_params)."""
    return isinstance(optimizer, tuple) and len(optimizer) == 3 and all(map(callable, optimizer))


Rates = tuple[Any, ...]  # of each group, an array with one learning rate a step


def scheduled(
    updates: Updates, schedule: Callable[[int], Any] | None
) -> Callable[[int, int], Rates]:
    """``(first step, count) -> learning rates``: the schedule's, or the optimizer's of this moment.

    A schedule is for every group.
    """
    if schedule is None:
        return lambda first, count: tuple(
            [np.full(count, rate, np.float64) for rate in updates.rates()]
        )
    if isinstance(updates, TripleUpdates):
        raise TypeError(
            "fit: give the schedule to the triple, functional.adam(schedule), not to fit"
        )
    groups = len(updates.rates())

    def planned(first: int, count: int) -> Rates:
        rates = [schedule(step) for step in range(first, first + count)]
        return (np.array(rates, np.float64),) * groups

    return planned
