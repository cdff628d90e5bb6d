"""Module: a function with parameters, in PyTorch's spelling, and a tree to every transformation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Self

import numpy as np

from ..engine import trace
from ..engine.errors import ConcreteValueError, DtypeError, ShapeError
from ..engine.tensor import Parameter, Tensor
from .names import name_under

_TABLES = ("_parameters", "_buffers", "_modules")


class Module:
    """A network, or a part of one: assign parameters and other Modules as attributes.

    Called, it runs ``forward``. As a tree (for ``grad``, ``jit``, ``vmap``, ``tree.map``, ...) its
    leaves are the arrays of its parameters; the gradient by a Module is a Module of gradients.

    A list, tuple or dict that holds Modules or Parameters becomes a ModuleList or ModuleDict, so
    that they are found. A Parameter assigned in two places is one to ``parameters()`` and
    ``backward()``, but two leaves of the tree.

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

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """A Module with empty tables, so that ``super().__init__()`` may be left out."""
        self = object.__new__(cls)
        self.__dict__.update({name: {} for name in _TABLES}, training=True)
        return self

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, x) yet: write one")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The result of ``forward``; under ``trace``, its nodes remember this Module's name."""
        names = trace.state.scope
        if names is None:
            return self.forward(*args, **kwargs)
        with trace.scope((*names, name_under(trace.state.module, self)), self):
            return self.forward(*args, **kwargs)

    # -- attributes

    def __setattr__(self, name: str, value: Any) -> None:
        value = _adopt(value)
        if isinstance(value, Parameter):
            self._put("_parameters", name, value)
        elif isinstance(value, Module):
            self._put("_modules", name, value)
        elif name in self._parameters and value is not None:
            self._parameters[name] = self._as_replacement(name, value)
        elif name in self._buffers:
            self._buffers[name] = self._settled(name, value)
        else:
            self._put(None, name, value)

    def _put(self, table: str | None, name: str, value: Any) -> None:
        """Into this table (None: among the plain attributes), and out of all others."""
        home = self.__dict__ if table is None else self.__dict__[table]
        if name not in home:
            self._forget(name)
        home[name] = value

    def _forget(self, name: str) -> bool:
        places = [self.__dict__[table] for table in _TABLES] + [self.__dict__]
        found = [place for place in places if name in place]
        for place in found:
            del place[name]
        return bool(found)

    def __delattr__(self, name: str) -> None:
        if not self._forget(name):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __getattr__(self, name: str) -> Any:
        for table in _TABLES:
            found = self.__dict__.get(table, {})
            if name in found:
                return found[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def _as_replacement(self, name: str, value: Any) -> Any:
        """What may take the place of a parameter: an array; inside a transformation, a tensor."""
        present = self._parameters[name]
        if not isinstance(present, Parameter):
            return value
        if isinstance(value, Tensor):
            raise TypeError(
                f"{type(self).__name__}.{name} is a Parameter, and this tensor has a history. "
                f"Change its value by `{name}.data = ...` with arrays (compute under "
                "chainrule.no_grad())."
            )
        return Parameter(value, present.requires_grad)

    def _settled(self, name: str, value: Any) -> Any:
        """A buffer's new value, without its history."""
        value = trace.resolve(value)
        if isinstance(value, Tensor) and not isinstance(self._buffers[name], Tensor):
            raise ConcreteValueError(
                f"{type(self).__name__} in training mode changes its buffer {name!r}, but the value"
                " is not known inside jit, vmap or scan, and the module came from outside. Pass it "
                "as an argument (under scan, in the carry and back), or call .eval() first."
            )
        return value

    def register_parameter(self, name: str, value: Any) -> None:
        """Add a parameter from an array, or None for "there is none"; also inside ``vmap``."""
        is_array = value is not None and not isinstance(value, Tensor)
        self._put("_parameters", name, Parameter(value) if is_array else value)

    def register_buffer(self, name: str, value: Any) -> None:
        """State that is no parameter (a running mean, a random key): saved, not trained.

        Assigning to it later stores the value as it is outside of any derivative.
        """
        array = value if isinstance(value, Tensor) else np.asarray(value)
        self._put("_buffers", name, array)

    # -- what is inside

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Pairs of name and Module, for the Modules assigned to this one."""
        self._adopt_late()
        return iter(self._modules.items())

    def children(self) -> Iterator[Module]:
        """The Modules assigned to this one."""
        return (child for _, child in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Pairs of dotted name and Module: this one (named ""), and all inside it, each once."""
        seen: set[int] = set()
        for name, module in self._walk(prefix):
            if id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def _walk(self, prefix: str) -> Iterator[tuple[str, Module]]:
        yield prefix, self
        for name, child in self.named_children():
            yield from child._walk(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[Module]:
        """This Module and all inside it, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Pairs of dotted name and Parameter, as ``("0.weight", Parameter(...))``, each once."""
        seen: set[int] = set()
        for path, module in self.named_modules(prefix):
            for name, parameter in module._parameters.items():
                if parameter is not None and id(parameter) not in seen:
                    seen.add(id(parameter))
                    yield (f"{path}.{name}" if path else name), parameter

    def parameters(self) -> Iterator[Any]:
        """All Parameters, in the order of ``named_parameters``."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Pairs of dotted name and buffer."""
        for path, module in self.named_modules(prefix):
            for name, buffer in module._buffers.items():
                yield (f"{path}.{name}" if path else name), buffer

    def _adopt_late(self) -> None:
        """Adopt the lists and dicts that were filled after they had been assigned."""
        plain = [
            k for k, v in self.__dict__.items() if type(v) in (list, dict) and k not in _TABLES
        ]
        for name in plain:
            setattr(self, name, self.__dict__[name])

    def own_buffers(self) -> dict[str, Any]:
        """This Module's buffers, without those of its children; changing it changes them."""
        return self._buffers

    # -- modes

    def train(self, mode: bool = True) -> Self:
        """Training mode, here and inside: dropout drops, batch norm uses the batch."""
        for module in self.modules():
            module.__dict__["training"] = mode
        return self

    def eval(self) -> Self:
        """Evaluation mode, here and inside."""
        return self.train(False)

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call a function with each Module inside and this one, to initialise them for instance."""
        for module in reversed(list(self.modules())):
            function(module)
        return self

    def to(self, dtype: Any) -> Self:
        """Parameters and floating-point buffers in another dtype; "cpu" is no change."""
        if isinstance(dtype, str) and dtype == "cpu":
            return self
        if np.dtype(dtype).kind != "f":
            raise DtypeError(f"parameters must be floating-point numbers, not {np.dtype(dtype)}")
        for parameter in self.parameters():
            parameter.data = parameter.data.astype(dtype)
        for module in self.modules():
            for name, buffer in module._buffers.items():
                if buffer.dtype.kind == "f":
                    module._buffers[name] = buffer.astype(dtype)
        return self

    def float(self) -> Self:
        """Parameters in float32."""
        return self.to(np.float32)

    def double(self) -> Self:
        """Parameters in float64."""
        return self.to(np.float64)

    def requires_grad_(self, flag: bool = True) -> Self:
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
                raise ShapeError(
                    f"load_state_dict: {name} has shape {value.shape}, "
                    f"the saved one {np.shape(state[name])}"
                )
        for name, parameter in self.named_parameters():
            parameter.data = np.asarray(state[name]).astype(parameter.dtype)
        for path, module in self.named_modules():
            for name, buffer in module._buffers.items():
                saved = state[f"{path}.{name}" if path else name]
                module._buffers[name] = np.asarray(saved).astype(buffer.dtype)

    # -- a tree

    def tree_flatten(self, buffers: bool) -> tuple[list[Any], _Form]:
        """Parameters, then Modules, then (if asked for) buffers; and everything else as a form."""
        self._adopt_late()
        values = [p.data if isinstance(p, Parameter) else p for p in self._parameters.values()]
        children = [*values, *self._modules.values()]
        if buffers:
            children += self._buffers.values()
        return children, _Form(self, buffers)

    @classmethod
    def tree_unflatten(cls, form: _Form, children: list[Any]) -> Module:
        """A Module like the one that was flattened, with other leaves.

        Without buffers among the leaves it shares those of the original, so that what a forward
        pass updates stays updated.
        """
        return form.rebuild(children)

    # -- repr

    def _repr_html_(self) -> str:
        return import_module("chainrule.draw").display(self)

    def extra_repr(self) -> str:
        """What to show of the module's own settings."""
        return ""

    def __repr__(self) -> str:
        count = sum(getattr(p, "size", 1) for p in self.parameters())
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

    __slots__ = ("buffers", "key", "kind", "modules")
    __slots__ += ("parameters", "settings", "shared", "trainable")

    def __init__(self, module: Module, with_buffers: bool) -> None:
        own = module.__dict__
        self.kind = type(module)
        self.parameters = tuple(own["_parameters"])
        self.trainable = [getattr(p, "requires_grad", True) for p in own["_parameters"].values()]
        self.modules = tuple(own["_modules"])
        self.shared = own["_buffers"]
        self.buffers = tuple(self.shared) if with_buffers else None
        self.settings = {name: value for name, value in own.items() if name not in _TABLES}
        settings = frozenset([(name, _hashable(value)) for name, value in self.settings.items()])
        self.key = (self.kind, self.parameters, self.modules, self.buffers, settings)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Form) and self.key == other.key

    def rebuild(self, children: list[Any]) -> Module:
        """A Module of this form with these leaves."""
        module = object.__new__(self.kind)
        own = module.__dict__
        own.update(self.settings)
        first, last = len(self.parameters), len(self.parameters) + len(self.modules)
        own["_parameters"] = {
            name: _as_parameter(value, free)
            for name, value, free in zip(
                self.parameters, children[:first], self.trainable, strict=True
            )
        }
        own["_modules"] = dict(zip(self.modules, children[first:last], strict=True))
        own["_buffers"] = self.shared
        if self.buffers is not None:
            own["_buffers"] = dict(zip(self.buffers, children[last:], strict=True))
        return module


def _as_parameter(value: Any, free: bool) -> Any:
    if isinstance(value, np.ndarray | np.generic | float):
        return Parameter(value, requires_grad=free and np.asarray(value).dtype.kind == "f")
    return value


def _hashable(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        if isinstance(value, np.ndarray):
            return value.shape, value.dtype, value.tobytes()
        if isinstance(value, list | tuple):
            return type(value), tuple([_hashable(item) for item in value])
        if isinstance(value, dict):
            return tuple([(key, _hashable(item)) for key, item in value.items()])
        return repr(value)
    return value


def _adopt(value: Any) -> Any:
    """A list, tuple or dict of Modules or Parameters as a Module; anything else as it is."""
    if type(value) not in (list, tuple, dict) or not _holds_modules(value):
        return value
    from .containers import ModuleDict, ModuleList

    return ModuleDict(value) if isinstance(value, dict) else ModuleList(value)


def _holds_modules(value: Any) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return any(_holds_modules(item) for item in value)
    return isinstance(value, Parameter | Module)
