"""PyTorch's way: what is done to Parameters is recorded; ``loss.backward()`` fills ``grad``."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable
from typing import Any

from . import trace
from .compile.automatic import Automatic
from .differentiate import pull_back
from .errors import DifferentiationError
from .graph import Graph
from .interpret import Cache
from .primitives import logic as lg
from .simplify import tidy
from .tensor import IN_PLACE, Parameter, Tensor

_tapes = Cache(512)


class _Listener(threading.local):
    on_backward: Callable[[Tensor], None] | None = None  # told of each loss first


listener = _Listener()


def backward(loss: Tensor) -> None:
    """Add d loss / d parameter to ``grad`` of each Parameter that ``loss`` was computed from."""
    if loss.shape != ():
        raise DifferentiationError(
            f"backward() starts at a scalar, not at shape {loss.shape}: take the mean or sum"
        )
    root = trace.node_of(loss)
    if listener.on_backward is not None:
        listener.on_backward(root)
    traced = trace.Traced([], [root], 0)
    leaves = [i for i, node in enumerate(traced.captured) if _wants_gradient(node)]
    if not leaves:
        raise DifferentiationError(
            "backward() found no Parameter that requires a gradient behind this value: was it made "
            "under no_grad(), from detached values, or are all parameters frozen?"
        )

    def make() -> object:
        unknown = [n for n in traced.nodes if n.primitive is None and n.known is None]
        if unknown:
            raise DifferentiationError(
                f"backward() inside a transformation: {unknown[0].type} has no value yet. "
                "Return the loss and use chainrule.grad of the function instead."
            )
        wanted = [traced.captured[i] for i in leaves]
        one = trace.constant(1, root.dtype)
        pulled = pull_back(traced.nodes, [root], [one], wanted)
        found = [
            lg.zeros_like(node) if ct is None else trace.node_of(ct)
            for node, ct in zip(wanted, pulled, strict=True)
        ]
        return Automatic(tidy(Graph(traced.inputs, [root, *found])))

    program = _tapes.get((tuple(leaves), traced.graph.key), make)
    value, *gradients = program([node.known for node in traced.captured])
    root.known = value
    for i, gradient in zip(leaves, gradients, strict=True):
        parameter = traced.captured[i].source
        before = parameter.grad
        parameter.grad = gradient if before is None else before + gradient


def _wants_gradient(node: Tensor) -> bool:
    return isinstance(node.source, Parameter) and node.source.requires_grad


def tensor(data: object, requires_grad: bool = True) -> Parameter:
    """A tensor with a value, whose derivative ``backward()`` finds.

    >>> x = tensor(3.0)
    >>> (x * x).backward()
    >>> float(x.grad)
    6.0
    """
    return Parameter(data, requires_grad)


def _in_place(name: str) -> Any:
    """A Parameter's ``w += x``: inside no_grad its data is replaced, as PyTorch changes leaves."""

    def update(self: Parameter, other: Any) -> Parameter:
        if trace.state.recording:
            raise TypeError("a Parameter changes in place only `with no_grad():`, not in a graph")
        value = other.data if isinstance(other, Parameter) else other
        self.data = getattr(operator, name)(self.data.copy(), value)
        return self

    return update


for _name in IN_PLACE:
    setattr(Parameter, f"__i{_name}__", _in_place(f"i{_name}"))
