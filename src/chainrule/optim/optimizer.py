"""PyTorch's face of an update rule: an object that holds Parameters, settings and memories."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..engine.compile.jit import jit
from ..engine.errors import NonFiniteError
from ..engine.interpret import watch
from ..engine.tensor import Parameter
from . import rules

_RETURNS = 24  # updates after which the rule is compiled
_MANY = 20_000  # numbers from which on that is quicker than NumPy, operation by operation


class Optimizer:
    """Base of the optimisers: applies a rule to each Parameter that has a gradient.

    ``param_groups`` is a list of dicts, each with its ``"params"`` and settings (``"lr"``, ...),
    which may be changed between steps. ``state`` holds, for each Parameter by number, the count of
    its updates as ``"step"`` and what the rule remembers. A subclass names its rule:

    >>> import chainrule as cr
    >>> class Plain(Optimizer):
    ...     rule = staticmethod(lambda p, g, memory, i, *, lr: (p - lr * g, memory))
    >>> w = cr.tensor(3.0)
    >>> optimizer = Plain([w], {"lr": 0.1})
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(float(w), 3)
    2.4
    """

    rule: Callable[..., tuple[Any, rules.Memory]]

    def __init__(self, params: Any, settings: Mapping[str, Any]) -> None:
        self.defaults = dict(settings)
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[int, dict[str, Any]] = {}
        self._programs: dict[
            Any, Callable[..., Any]
        ] = {}  # by the settings that they were made for
        groups = list(_as_iterable(params))
        if not groups:
            raise ValueError(
                "the optimizer got no parameters: is the list empty, or was the generator "
                "net.parameters() used up before? Call net.parameters() anew."
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """More Parameters, with settings of their own where ``group`` has them."""
        params = list(_as_iterable(group["params"]))
        for parameter in params:
            if not isinstance(parameter, Parameter):
                raise TypeError(
                    f"an optimizer changes Parameters, got {type(parameter).__name__}: pass "
                    "net.parameters(), or make one with chainrule.tensor(array)"
                )
        unknown = sorted(group.keys() - self.defaults.keys() - {"params", "initial_lr"})
        if unknown:
            raise TypeError(
                f"{type(self).__name__} has no setting {unknown}: it has {sorted(self.defaults)}"
            )
        held = {id(p) for other in self.param_groups for p in other["params"]}
        if any(id(p) in held for p in params):
            raise ValueError("a Parameter is in more than one group: it would be updated twice")
        # A Parameter that two layers share comes twice from net.parameters(): once is enough.
        unique = list({id(p): p for p in params}.values())
        filled = {**self.defaults, **group, "params": unique}
        check_settings(type(self).__name__, filled)
        self.param_groups.append(filled)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; ``set_to_none=False`` sets them to zeros."""
        for parameter in self.parameters():
            parameter.grad = None if set_to_none else np.zeros(parameter.shape, parameter.dtype)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of each Parameter that has a gradient.

        ``closure``, where given, computes the loss and its gradients first; its value is returned.
        """
        loss = None if closure is None else closure()
        number, updated = 0, 0
        for group in self.param_groups:
            settings = {name: group[name] for name in self.defaults}
            numbered = list(enumerate(group["params"], number))
            number += len(numbered)
            moving = [(i, parameter) for i, parameter in numbered if parameter.grad is not None]
            updated += len(moving)
            if self._is_worth_compiling(moving):
                self._update_together(moving, settings)
                continue
            for i, parameter in moving:
                self._update(i, parameter, settings)
        if not updated:
            warnings.warn(
                f"{type(self).__name__}.step(): no parameter has a gradient, nothing was changed; "
                "call loss.backward() before it",
                stacklevel=2,
            )
        return loss

    def _is_worth_compiling(self, moving: list[tuple[int, Parameter]]) -> bool:
        """Whether there are many numbers, and they have been updated several times."""
        known = all(self.state.get(i, {"step": 0})["step"] >= _RETURNS for i, _ in moving)
        return known and not watch.on and sum(p.size for _, p in moving) >= _MANY

    def _update_together(
        self, moving: list[tuple[int, Parameter]], settings: dict[str, Any]
    ) -> None:
        """The rule for all Parameters in one compiled function."""
        lr = settings.pop("lr")
        key = tuple(settings.items())
        if key not in self._programs:
            rule = self.rule

            def update(ps: Any, gs: Any, memories: Any, turns: Any, lr: Any) -> Any:
                parts = zip(ps, gs, memories, turns, strict=True)
                return [rule(p, g, memory, i, lr=lr, **settings) for p, g, memory, i in parts]

            self._programs[key] = jit(update)
        memories = [dict(self.state[i]) for i, _ in moving]
        turns = [memory.pop("step") for memory in memories]
        arrays = [p.data for _, p in moving], [p.grad for _, p in moving]
        found = self._programs[key](*arrays, memories, turns, lr)
        for (i, parameter), turn, (new, memory) in zip(moving, turns, found, strict=True):
            parameter.data = new
            self.state[i] = {**memory, "step": turn + 1}

    def _update(self, number: int, parameter: Parameter, settings: dict[str, Any]) -> None:
        memory = self.state.get(number)
        if memory is None:
            memory = {"step": 0, **rules.remember(self.rule, parameter.data, **settings)}
        turn = memory["step"]
        new, memory = self.rule(parameter.data, parameter.grad, memory, turn, **settings)
        if watch.on and np.isfinite(parameter.grad).all() and not np.isfinite(new).all():
            lr = settings.get("lr")
            raise NonFiniteError(
                f"{type(self).__name__}.step() with lr={lr} took parameter {number}, "
                f"{parameter.type}, out of the finite numbers: a smaller learning rate, or "
                "optim.clip_grad_norm_ before the step, keeps it in them"
            )
        parameter.data = new
        self.state[number] = {**memory, "step": turn + 1}

    def parameters(self) -> Iterable[Parameter]:
        """All Parameters, in the order of their numbers."""
        for group in self.param_groups:
            yield from group["params"]

    # -- saving

    def state_dict(self) -> dict[str, Any]:
        """Copies of all arrays by Parameter number, and the settings of each group.

        ``{"state": {0: {"step": 3, "mean": array}}, "param_groups": [{"lr": 0.1, "params": [0]}]}``
        """
        groups, start = [], 0
        for group in self.param_groups:
            numbers = list(range(start, start + len(group["params"])))
            groups.append({**group, "params": numbers})
            start += len(numbers)
        return {"state": _copy_state(self.state), "param_groups": groups}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from what ``state_dict`` saved for the same Parameters; all of it, or an error."""
        mine = [len(group["params"]) for group in self.param_groups]
        theirs = [len(group["params"]) for group in saved["param_groups"]]
        if mine != theirs:
            raise ValueError(
                f"load_state_dict: the groups here have {mine} parameters, the saved {theirs}"
            )
        parameters = list(self.parameters())
        for number, memory in saved["state"].items():
            self._check_shapes(int(number), memory, parameters[int(number)].shape)
        self.state = {int(k): v for k, v in _copy_state(saved["state"]).items()}
        for group, other in zip(self.param_groups, saved["param_groups"], strict=True):
            group.update({name: value for name, value in other.items() if name != "params"})

    def _check_shapes(self, number: int, memory: Mapping[str, Any], shape: Any) -> None:
        for name, value in memory.items():
            if name != "step" and np.shape(value) != shape:
                raise ValueError(
                    f"load_state_dict: {name} of parameter {number} has shape {np.shape(value)}, "
                    f"the parameter {shape}"
                )

    def __repr__(self) -> str:
        lines = []
        for group in self.param_groups:
            settings = ", ".join(f"{k}={v}" for k, v in group.items() if k != "params")
            count = sum(p.size for p in group["params"])
            lines.append(f"{settings})  # {count:,} parameters")
        return f"{type(self).__name__}(" + "\n  ".join(lines)


def _as_iterable(params: Any) -> Iterable[Any]:
    if isinstance(params, Parameter):
        return [params]
    return params.parameters() if hasattr(params, "parameters") else params


def _copy_state(state: Mapping[Any, Mapping[str, Any]]) -> dict[Any, dict[str, Any]]:
    return {
        number: {k: v if k == "step" else np.array(v) for k, v in memory.items()}
        for number, memory in state.items()
    }


# -- settings that cannot work -----------------------------------------------------------------


def check_settings(name: str, settings: Mapping[str, Any]) -> None:
    """Refuse settings outside of their range, with the range."""
    for key in ("lr", "eps", "momentum", "weight_decay", "lr_decay"):
        value = settings.get(key, 0.0)
        if not (value >= 0 and math.isfinite(value)):
            raise ValueError(f"{name}: {key} must be a finite number from 0 on, got {value}")
    fractions = [*settings.get("betas", ()), settings.get("alpha", 0.0)]
    for value in fractions:
        if not 0 <= value < 1:
            raise ValueError(f"{name}: betas and alpha must lie in [0, 1), got {value}")
    if not settings.get("nesterov"):
        return
    if settings["momentum"] == 0 or settings["dampening"] != 0:
        raise ValueError(f"{name}: nesterov=True needs a momentum above 0, and dampening 0")
