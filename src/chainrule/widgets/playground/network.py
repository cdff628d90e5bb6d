"""The network of the settings, as calls that can be made and printed; and a look inside of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

from ... import nn, optim, random
from . import options
from .settings import Settings


class Call(NamedTuple):
    """A layer, loss or optimiser of the library: ``nn.Linear(2, 4)`` as data."""

    name: str
    arguments: tuple[Any, ...] = ()
    named: tuple[tuple[str, Any], ...] = ()

    def text(self, room: str, *first: str) -> str:
        """As Python.

        >>> Call("Linear", (2, 4)).text("nn")
        'nn.Linear(2, 4)'
        """
        parts = [*first, *map(repr, self.arguments)]
        parts += [f"{name}={_text(value)}" for name, value in self.named]
        return f"{room}.{self.name}({', '.join(parts)})"

    def make(self, room: Any, *first: Any, **more: Any) -> Any:
        """The object."""
        return getattr(room, self.name)(*first, *self.arguments, **dict(self.named), **more)


def _text(value: Any) -> str:
    return f"nn.init.{value.__name__}" if callable(value) else repr(value)


def layers(settings: Settings, inputs: int, outputs: int, task: str) -> list[Call]:
    """The layers of the network, in order."""
    init = ()
    if settings.init != "default":
        init = (("init", getattr(nn.init, settings.init)),)
    sizes = [inputs, *settings.hidden, outputs]
    found: list[Call] = []
    for before, after in pairwise(sizes):
        if found:
            found.append(Call(settings.activation))
            if settings.dropout:
                found.append(Call("Dropout", (settings.dropout,)))
        found.append(Call("Linear", (before, after), init))
    tail = options.LOSSES[settings.loss].tails[task]
    return [*found, Call(tail)] if tail else found


def make_network(calls: list[Call], seed: int) -> Any:
    """The network after ``random.seed(seed)``, in float64; the default stream stays as it is."""
    made, drawn = [], 0
    for call in calls:
        keys = {}
        if call.name in ("Linear", "Dropout"):  # these take the next key of the stream
            keys = {"key": random.fold_in(random.key(seed), drawn)}
            drawn += 1
        made.append(call.make(nn, **keys))
    return nn.Sequential(*made).double()


def criterion(settings: Settings) -> Call:
    """The loss."""
    return Call(settings.loss, (), options.LOSSES[settings.loss].named)


def optimizer(settings: Settings) -> Call:
    """The optimiser, without the parameters."""
    named: tuple[tuple[str, Any], ...] = (("lr", settings.lr),)
    if settings.momentum and options.takes(settings.optimizer, "momentum"):
        named += (("momentum", settings.momentum),)
    if settings.optimizer == "LBFGS":
        named += (("max_iter", 1),)  # so that a step is a step
    return Call(settings.optimizer, (), named)


def make_optimizer(settings: Settings, net: Any) -> Any:
    """The optimiser of the network's parameters."""
    return optimizer(settings).make(optim, net.parameters())


# -- inside --------------------------------------------------------------------------------------


def linear_layers(net: Any) -> list[tuple[str, Any]]:
    """The Linear layers by their names."""
    return [(name, part) for name, part in net.named_modules() if isinstance(part, nn.Linear)]


class Pass(NamedTuple):
    """What went into a Linear layer and came out, in a forward pass."""

    name: str
    layer: Any
    before: Any
    after: Any


@contextmanager
def recorded(net: Any) -> Iterator[list[Pass]]:
    """Within it, every call of a Linear layer of the network is noted."""
    passes: list[Pass] = []
    parts = linear_layers(net)
    for name, part in parts:
        part.__dict__["forward"] = _noting(name, part, passes)
    try:
        yield passes
    finally:
        for _, part in parts:
            del part.__dict__["forward"]


def _noting(name: str, layer: Any, passes: list[Pass]) -> Callable[[Any], Any]:
    def forward(x: Any) -> Any:
        y = type(layer).forward(layer, x)
        passes.append(Pass(name, layer, x, y))
        return y

    return forward
