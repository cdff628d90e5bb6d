"""Modules made of Modules: Sequential, ModuleList, ModuleDict; and what reshapes between layers."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..engine.errors import ShapeError
from ..engine.primitives.views import reshape
from ..engine.tensor import Parameter, Tensor
from .module import Module


class ModuleList(Module):
    """A list of Modules, Parameters or functions, whose parameters are found.

    >>> import chainrule as cr
    >>> layers = cr.nn.ModuleList([cr.nn.Linear(2, 3), cr.nn.Linear(3, 1)])
    >>> len(layers), layers[-1].in_features, len(list(layers.parameters()))
    (2, 3, 4)
    """

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self.extend(items)

    def append(self, item: Any) -> ModuleList:
        """Add one at the end."""
        setattr(self, str(len(self)), _as_part(item))
        return self

    def extend(self, items: Iterable[Any]) -> ModuleList:
        """Add several at the end."""
        for item in items:
            self.append(item)
        return self

    def __len__(self) -> int:
        return len(self._parameters) + len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter([getattr(self, str(i)) for i in range(len(self))])

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return getattr(self, self._name_at(index))

    def __setitem__(self, index: int, item: Any) -> None:
        setattr(self, self._name_at(index), _as_part(item))

    def _name_at(self, index: Any) -> str:
        number, count = operator.index(index), len(self)
        if not -count <= number < count:
            raise IndexError(f"there is no layer {number}: {type(self).__name__} has {count}")
        return str(number % count)


class ParameterList(ModuleList):
    """A list of Parameters (arrays become Parameters), which are found.

    >>> import chainrule as cr, numpy as np
    >>> weights = cr.nn.ParameterList([np.ones(2), np.zeros(3)])
    >>> [p.shape for p in weights.parameters()]
    [(2,), (3,)]
    """

    def append(self, item: Any) -> ModuleList:
        """Add one at the end."""
        return super().append(item if isinstance(item, Tensor) else Parameter(item))


class ModuleDict(Module):
    """A dict of Modules, Parameters or functions, whose parameters are found.

    >>> import chainrule as cr
    >>> heads = cr.nn.ModuleDict({"mean": cr.nn.Linear(4, 1), "spread": cr.nn.Linear(4, 1)})
    >>> list(heads), heads["mean"].in_features
    (['mean', 'spread'], 4)
    """

    def __init__(self, items: Mapping[str, Any] | None = None) -> None:
        self._names: tuple[str, ...] = ()
        for name, item in (items or {}).items():
            self[name] = item

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return getattr(self, name)

    def __setitem__(self, name: str, item: Any) -> None:
        if name not in self._names:
            if not isinstance(name, str) or hasattr(self, name):
                raise KeyError(f"ModuleDict: {name!r} cannot be a name here; choose another")
            self._names = (*self._names, name)
        setattr(self, name, _as_part(item))

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._names

    def values(self) -> list[Any]:
        """What is under the names."""
        return [self[name] for name in self._names]

    def items(self) -> list[tuple[str, Any]]:
        """Pairs of both."""
        return [(name, self[name]) for name in self._names]


class Sequential(ModuleList):
    """Layers one after another: f_n(... f_2(f_1(x))).

    A layer may be a Module or any function of an array, such as ``np.tanh``.

    >>> import chainrule as cr, numpy as np
    >>> net = cr.nn.Sequential(cr.nn.Linear(2, 16), cr.nn.ReLU(), cr.nn.Linear(16, 1))
    >>> net
    Sequential(
      (0): Linear(in_features=2, out_features=16, bias=True)  # 48 parameters
      (1): ReLU()
      (2): Linear(in_features=16, out_features=1, bias=True)  # 17 parameters
    )  # 65 parameters
    >>> net(np.ones((5, 2))).shape
    (5, 1)
    """

    def __init__(self, *layers: Any) -> None:
        if len(layers) == 1 and isinstance(layers[0], list | tuple):
            layers = tuple(layers[0])
        super().__init__(layers)

    def forward(self, x: Any) -> Any:
        """The layers in turn."""
        for layer in self._modules.values():
            x = layer(x)
        return x


class Lambda(Module):
    """A function as a layer, without parameters."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The function's result."""
        return self.function(*args, **kwargs)

    def extra_repr(self) -> str:
        """The function's name."""
        return getattr(self.function, "__name__", repr(self.function))


class Identity(Module):
    """y = x."""

    def forward(self, x: Any) -> Any:
        """The input."""
        return x


class Flatten(Module):
    """All axes from ``start_dim`` to ``end_dim`` as one; (N, C, L) becomes (N, C·L).

    >>> import numpy as np
    >>> Flatten()(np.zeros((8, 3, 5))).shape
    (8, 15)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Any:
        """The input in its new shape."""
        x = x if isinstance(x, Tensor) else np.asarray(x)
        first, last = self._axis(self.start_dim, x.ndim), self._axis(self.end_dim, x.ndim)
        if first > last:
            raise ShapeError(f"Flatten: axis {first} comes after axis {last} of {x.shape}")
        length = int(np.prod(x.shape[first : last + 1]))
        return reshape(x, (*x.shape[:first], length, *x.shape[last + 1 :]))

    def _axis(self, axis: int, ndim: int) -> int:
        if not -ndim <= axis < ndim:
            raise ShapeError(f"Flatten: there is no axis {axis} in an array of {ndim} axes")
        return axis % ndim

    def extra_repr(self) -> str:
        """Which axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


def _as_part(item: Any) -> Any:
    """What a container holds: Modules and Parameters; nested lists and functions become Modules."""
    if isinstance(item, Module | Tensor):
        return item
    if isinstance(item, list | tuple):
        return ModuleList(item)
    if isinstance(item, dict):
        return ModuleDict(item)
    if isinstance(item, type):
        raise TypeError(
            f"a layer must be made first: {item.__name__}(...) instead of {item.__name__}"
        )
    if not callable(item):
        raise TypeError(f"a layer must be a Module or a function, not {type(item).__name__}")
    return Lambda(item)
