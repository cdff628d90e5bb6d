"""What ``fit`` trains: a Module, or parameters with a function, seen through one pair of glasses.

Both keep their numbers outside: ``run`` computes with the parameters and the fixed rest (buffers,
frozen parameters) that it is given, and returns the rest as it is afterwards.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine import tree
from ..engine.tensor import Parameter, Tensor
from ..nn import Module

Use = Callable[[Callable[..., Any]], Any]


class ModuleModel:
    """A Module, called with parameters and buffers from outside.

    ``trainable`` limits what is trained to these Parameters (an optimizer's); frozen ones never
    are.
    """

    def __init__(self, module: Module, trainable: list[Parameter] | None = None) -> None:
        self.module = module
        self._parameters: dict[str, Any] = dict(module.named_parameters())
        wanted = None if trainable is None else {id(p) for p in trainable}
        self.names = [
            name
            for name, p in self._parameters.items()
            if p.requires_grad and (wanted is None or id(p) in wanted)
        ]
        frozen = {id(p) for name, p in self._parameters.items() if name not in self.names}
        names = {id(p): name for name, p in self._parameters.items()}
        self._places = [
            (module._parameters, slot, id(p) in frozen, names[id(p)])
            for module in module.modules()
            for slot, p in module._parameters.items()
            if p is not None
        ]
        self._buffers = [
            (part.own_buffers(), slot, f"{number}.{slot}")
            for number, part in enumerate(module.modules())
            for slot in part.own_buffers()
        ]

    def params(self) -> dict[str, Any]:
        """The arrays to train, by name."""
        return {name: self._parameters[name].data for name in self.names}

    def fixed(self) -> dict[str, Any]:
        """Buffers and frozen parameters."""
        frozen = {n: p.data for n, p in self._parameters.items() if n not in self.names}
        return {"frozen": frozen, "buffers": self._read_buffers()}

    def parameter(self, name: str) -> Parameter:
        """The Parameter with this dotted name."""
        return self._parameters[name]  # type: ignore[no-any-return]

    def run(self, params: Any, fixed: Any, key: Any, use: Use, training: bool) -> Any:
        """``use(model)`` with these numbers in it, and the fixed ones as they are afterwards."""
        with self._holding(params, fixed), self._mode(training):
            result = use(self.module)
            return result, {"frozen": fixed["frozen"], "buffers": self._read_buffers()}

    def store(self, params: Any, fixed: Any) -> None:
        """Put these numbers into the Module, which is left in evaluation mode."""
        for name, array in params.items():
            self._parameters[name].data = array
        for table, slot, name in self._buffers:
            table[slot] = fixed["buffers"][name]
        self.module.eval()

    def _read_buffers(self) -> dict[str, Any]:
        return {name: table[slot] for table, slot, name in self._buffers}

    @contextmanager
    def _holding(self, params: Any, fixed: Any) -> Iterator[None]:
        """Tensors in the places of parameters and buffers; so a shared one is shared here too."""
        before = [table[slot] for table, slot, *_ in self._places]
        buffers = self._read_buffers()
        for table, slot, is_frozen, name in self._places:
            table[slot] = fixed["frozen"][name] if is_frozen else params[name]
        for table, slot, name in self._buffers:
            table[slot] = fixed["buffers"][name]
        try:
            yield
        finally:
            for (table, slot, *_), value in zip(self._places, before, strict=True):
                table[slot] = value
            for table, slot, name in self._buffers:
                table[slot] = buffers[name]

    @contextmanager
    def _mode(self, training: bool) -> Iterator[None]:
        before = [(module, module.training) for module in self.module.modules()]
        self.module.train(training)
        try:
            yield
        finally:
            for module, mode in before:
                module.__dict__["training"] = mode


class FunctionModel:
    """A tree of parameters with ``apply(params, x)``, which may take an ``rng`` or ``key``."""

    def __init__(self, params: Any, apply: Callable[..., Any]) -> None:
        leaves, structure = tree.flatten(params)
        self._params = tree.unflatten(structure, [_as_array(leaf) for leaf in leaves])
        self.apply = apply
        self._key_name = _name_of_key(apply)

    def params(self) -> Any:
        """The arrays to train."""
        return self._params

    def fixed(self) -> Any:
        """Nothing: a function has no memory."""
        return {"frozen": (), "buffers": ()}

    def run(self, params: Any, fixed: Any, key: Any, use: Use, training: bool) -> Any:
        """``use(model)``, where ``model(x)`` is ``apply(params, x)``."""
        named = {self._key_name: key} if self._key_name and training else {}
        return use(lambda *inputs: self.apply(params, *inputs, **named)), fixed

    def store(self, params: Any, fixed: Any) -> None:
        """Nothing to put them into: the history has them."""

    @property
    def takes_key(self) -> bool:
        """Whether each step needs a random key."""
        return self._key_name is not None


def as_model(model: Any, trainable: list[Parameter] | None) -> ModuleModel | FunctionModel:
    """The model in a form that ``fit`` can run."""
    if isinstance(model, Module):
        return ModuleModel(model, trainable)
    if isinstance(model, tuple) and len(model) == 2 and callable(model[1]):
        if trainable is not None:
            raise TypeError(
                "fit: a pair (params, apply) is trained by a triple of chainrule.optim.functional, "
                "not by an optimizer object, which holds the Parameters of a Module"
            )
        return FunctionModel(*model)
    raise TypeError(
        f"fit: the model is a Module, or a pair (params, apply); got {type(model).__name__}"
    )


def _name_of_key(apply: Callable[..., Any]) -> str | None:
    try:
        parameters = inspect.signature(apply).parameters.values()
    except (TypeError, ValueError):
        return None
    for parameter in parameters:
        if parameter.name in ("rng", "key"):
            return parameter.name
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            return "rng"
    return None


def _as_array(leaf: Any) -> Any:
    array = leaf.data if isinstance(leaf, Parameter) else leaf
    if isinstance(array, Tensor):
        raise TypeError("fit: parameters must be arrays, got a tensor of a trace")
    array = np.asarray(array)
    return array.astype(np.float64) if array.dtype.kind in "iub" else array
