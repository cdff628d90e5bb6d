"""A copy of the user's model that runs with parameters from outside; the model is never touched."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import random
from ...engine import tree
from ...engine.tensor import Parameter
from ...nn import Module

Use = Callable[[Callable[..., Any]], Any]


class ModuleReplica:
    """A deep copy of a Module, whose parameters are set for each run.

    ``names``, ``arrays`` and ``free`` (whether it is trained) go together; a Parameter in two
    places is one.
    """

    def __init__(self, module: Module) -> None:
        self.net = copy.deepcopy(module)
        pairs = list(self.net.named_parameters())
        self.names = [name for name, _ in pairs]
        self.arrays = [parameter.data for _, parameter in pairs]
        self.free = [bool(parameter.requires_grad) for _, parameter in pairs]
        self.kinds = {name: type(part).__name__ for name, part in self.net.named_modules()}
        number = {id(parameter): i for i, (_, parameter) in enumerate(pairs)}
        self._places = [
            (part._parameters, slot, number[id(parameter)])
            for part in self.net.modules()
            for slot, parameter in part._parameters.items()
            if parameter is not None
        ]
        parts = self.net.modules()
        self._buffers = [(part.own_buffers(), dict(part.own_buffers())) for part in parts]

    def run(self, values: list[Any], training: bool, use: Use) -> Any:
        """``use(model)`` with these parameters, from the buffers that it was made with."""
        for table, slot, number in self._places:
            table[slot] = values[number]
        for table, start in self._buffers:
            table.update(start)
        return use(self.net.train(training))

    def layer(self, name: str) -> str:
        """What to call the layer of a parameter: ``0.weight`` belongs to ``0 (Linear)``."""
        path = name.rpartition(".")[0]
        kind = self.kinds.get(path, "")
        return f"{path} ({kind})" if path and kind else path or name


class PairReplica:
    """Parameters and ``apply(params, x)``, which may take an ``rng`` or ``key`` in training."""

    kinds: dict[str, str] = {}  # noqa: RUF012  # of Modules: there are none

    def __init__(self, params: Any, apply: Callable[..., Any]) -> None:
        leaves, self._structure = tree.flatten(params)
        self.names = _paths(params)
        if len(self.names) != len(leaves):
            self.names = [f"parameter {i}" for i in range(len(leaves))]
        self.arrays = [_as_array(leaf) for leaf in leaves]
        self.free = [array.dtype.kind == "f" for array in self.arrays]
        self._apply = apply
        self._key_name = _name_of_key(apply)

    def run(self, values: list[Any], training: bool, use: Use) -> Any:
        """``use(model)``, where ``model(x)`` is ``apply(params, x)``."""
        params = tree.unflatten(self._structure, values)
        named = {self._key_name: random.key(0)} if self._key_name and training else {}
        return use(lambda *inputs: self._apply(params, *inputs, **named))

    def layer(self, name: str) -> str:
        """What to call the layer of a parameter: ``0.w`` belongs to ``0``."""
        return name.rpartition(".")[0] or name


Replica = ModuleReplica | PairReplica


def replica_of(model: Any) -> Replica:
    """A copy of a Module, or of a pair ``(params, apply)``."""
    if isinstance(model, Module):
        return ModuleReplica(model)
    if isinstance(model, tuple) and len(model) == 2 and callable(model[1]):
        return PairReplica(*model)
    raise TypeError(
        f"diagnose: the model is a Module, or a pair (params, apply); got {type(model).__name__}"
    )


def _as_array(leaf: Any) -> Any:
    return np.array(leaf.data if isinstance(leaf, Parameter) else leaf)


def _paths(params: Any, prefix: str = "") -> list[str]:
    """Dotted names of the leaves, in the order of ``tree.flatten``."""
    if isinstance(params, dict):
        items = [(str(key), params[key]) for key in sorted(params, key=str)]
    elif isinstance(params, list | tuple):
        items = [(str(i), value) for i, value in enumerate(params)]
    else:
        return [] if params is None else [prefix]
    dot = f"{prefix}." if prefix else ""
    return [path for name, value in items for path in _paths(value, dot + name)]


def _name_of_key(apply: Callable[..., Any]) -> str | None:
    try:
        names = inspect.signature(apply).parameters
    except (TypeError, ValueError):
        return None
    return next((name for name in ("rng", "key") if name in names), None)
