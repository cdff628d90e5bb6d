"""Module: a function with parameters, in PyTorch's spelling, and a tree to every transformation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..engine import trace
from ..engine.tensor import Parameter


class Module:
    """A network, or a part of one: assign parameters and other Modules as attributes.

    Called, it runs ``forward``. As a tree (for ``grad``, ``jit``, ``vmap``, ``tree.map``, ...) its
    leaves are the arrays of its parameters; the gradient by a Module is a Module of gradients.

    >>> import chainrule as cr, numpy as np
    >>> class Line(cr.nn.Module):
    ...     def __init__(self):
    ...         self.w = cr.nn.Parameter(np.array(2.0))
    ...     def forward(self, x):
    ...         return self.w * x
    >>> line = Line()
    >>> cr.grad(lambda net: net(3.0))(line).w.data
    array(3.)
    """

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Module]
    training: bool

    def __new__(cls, *args: Any, **kwargs: Any) -> Module:
        self = object.__new__(cls)
        for name in ("_parameters", "_buffers", "_modules"):
            object.__setattr__(self, name, {})
        object.__setattr__(self, "training", True)
        return self

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, x) yet: write one")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    # -- attributes

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter) or name in self._parameters:
            self._parameters[name] = value
        elif isinstance(value, Module):
            self._modules[name] = value
        elif name in self._buffers:
            self._buffers[name] = trace.resolve(value)
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        for table in ("_parameters", "_buffers", "_modules"):
            found = self.__dict__.get(table, {})
            if name in found:
                return found[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def register_buffer(self, name: str, value: Any) -> None:
        """State that is no parameter (a running mean, a random key): saved, not trained.

        Assigning to it later stores the value as it is outside of any derivative.
        """
        self._buffers[name] = np.asarray(value)

    # -- what is inside

    def children(self) -> Iterator[Module]:
        """The Modules assigned to this one."""
        return iter(self._modules.values())

    def modules(self) -> Iterator[Module]:
        """This Module and all inside it."""
        yield self
        for child in self.children():
            yield from child.modules()

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Pairs of dotted name and Parameter, as ``("0.weight", Parameter(...))``."""
        for name, parameter in self._parameters.items():
            if parameter is not None:
                yield prefix + name, parameter
        for name, child in self._modules.items():
            yield from child.named_parameters(f"{prefix}{name}.")

    def parameters(self) -> Iterator[Any]:
        """All Parameters, in the order of ``named_parameters``."""
        for _, parameter in self.named_parameters():
            yield parameter

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Pairs of dotted name and buffer."""
        for name, buffer in self._buffers.items():
            yield prefix + name, buffer
        for name, child in self._modules.items():
            yield from child.named_buffers(f"{prefix}{name}.")

    def own_buffers(self) -> dict[str, Any]:
        """This Module's buffers, without those of its children; changing it changes them."""
        return self._buffers

    # -- modes

    def train(self, mode: bool = True) -> Module:
        """Training mode, here and inside: dropout drops, batch norm uses the batch."""
        for module in self.modules():
            object.__setattr__(module, "training", mode)
        return self

    def eval(self) -> Module:
        """Evaluation mode, here and inside."""
        return self.train(False)

    def requires_grad_(self, flag: bool = True) -> Module:
        """Freeze (False) or free its parameters for ``backward()``."""
        for parameter in self.parameters():
            parameter.requires_grad = flag
        return self

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    # -- saving

    def state_dict(self) -> dict[str, Any]:
        """Copies of all parameters and buffers by dotted name, as NumPy arrays."""
        state = {name: np.array(p.data) for name, p in self.named_parameters()}
        state.update({name: np.array(b) for name, b in self.named_buffers()})
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over parameters and buffers saved by ``state_dict``; all or, on an error, none."""
        mine = self.state_dict()
        missing, unknown = sorted(mine.keys() - state.keys()), sorted(state.keys() - mine.keys())
        if missing or unknown:
            raise KeyError(
                f"load_state_dict: missing {missing or 'nothing'}, unknown {unknown or 'nothing'}"
            )
        for name, value in mine.items():
            if np.shape(state[name]) != value.shape:
                raise ValueError(
                    f"load_state_dict: {name} has shape {value.shape}, the saved one {np.shape(state[name])}"
                )
        for name, parameter in self.named_parameters():
            parameter.data = np.array(state[name], dtype=parameter.dtype)
        self._load_buffers(state, "")

    def _load_buffers(self, state: Mapping[str, Any], prefix: str) -> None:
        for name, value in self._buffers.items():
            self._buffers[name] = np.array(state[prefix + name], dtype=np.asarray(value).dtype)
        for name, child in self._modules.items():
            child._load_buffers(state, f"{prefix}{name}.")

    # -- a tree

    def tree_flatten(self, buffers: bool) -> tuple[list[Any], _Form]:
        """Parameters, then Modules, then (if asked for) buffers; and everything else as a form."""
        values = [p.data if isinstance(p, Parameter) else p for p in self._parameters.values()]
        children = [*values, *self._modules.values()]
        if buffers:
            children += self._buffers.values()
        return children, _Form(self, buffers)

    @classmethod
    def tree_unflatten(cls, form: _Form, children: list[Any]) -> Module:
        """A Module like the one that was flattened, with other leaves.

        Without buffers among the leaves it shares those of the original, so that what a forward pass
        updates stays updated.
        """
        return form.rebuild(children)

    # -- repr

    def extra_repr(self) -> str:
        """What to show of the module's own settings."""
        return ""

    def __repr__(self) -> str:
        count = sum(int(np.prod(p.shape)) for p in self.parameters())
        noun = "parameter" if count == 1 else "parameters"
        head = f"{type(self).__name__}({self.extra_repr()}"
        tail = f")  # {count:,} {noun}" if count else ")"
        if not self._modules:
            return head + tail
        lines = []
        for name, child in self._modules.items():
            text = repr(child).replace("\n", "\n  ")
            lines.append(f"  ({name}): {text}")
        return "\n".join([head, *lines, tail])


class _Form:
    """All of a Module but its leaves: class, names, settings and mode; compares by value."""

    def __init__(self, module: Module, with_buffers: bool) -> None:
        self.kind = type(module)
        self.parameters = tuple(module._parameters)
        self.trainable = tuple(
            getattr(p, "requires_grad", True) for p in module._parameters.values()
        )
        self.modules = tuple(module._modules)
        self.buffers = tuple(module._buffers) if with_buffers else None
        self.shared = module._buffers
        hidden = ("_parameters", "_buffers", "_modules")
        self.settings = {k: v for k, v in module.__dict__.items() if k not in hidden}
        self._key = (
            self.kind,
            self.parameters,
            self.modules,
            self.buffers,
            tuple((name, _hashable(value)) for name, value in sorted(self.settings.items())),
        )

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Form) and self._key == other._key

    def rebuild(self, children: list[Any]) -> Module:
        """A Module of this form with these leaves."""
        module = Module.__new__(self.kind)
        module.__dict__.update(self.settings)
        count = len(self.parameters)
        for name, value, free in zip(self.parameters, children, self.trainable, strict=False):
            module._parameters[name] = _as_parameter(value, free)
        inside = children[count : count + len(self.modules)]
        module._modules.update(zip(self.modules, inside, strict=True))
        if self.buffers is None:
            module.__dict__["_buffers"] = self.shared
        else:
            rest = children[count + len(self.modules) :]
            module._buffers.update(zip(self.buffers, rest, strict=True))
        return module


def _as_parameter(value: Any, free: bool) -> Any:
    if isinstance(value, np.ndarray | np.generic | float):
        return Parameter(value, requires_grad=free and np.asarray(value).dtype.kind == "f")
    return value


def _hashable(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


