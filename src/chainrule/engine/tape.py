"""PyTorch's way: what is done to Parameters is recorded; ``loss.backward()`` fills ``grad``."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np

from . import trace
from .compile.automatic import Automatic
from .differentiate import pull_back
from .errors import DifferentiationError, NonFiniteError
from .graph import Graph
from .interpret import Cache, origin_of_nonfinite
from .primitives import logic as lg
from .simplify import tidy
from .tensor import IN_PLACE, Parameter, Tensor

_tapes = Cache(512)
_MANY = 1_000_000  # numbers, above which the values of a call are not kept for the next one


class _Listener(threading.local):
    on_backward: Callable[[Tensor], None] | None = None  # told of each loss first
    last: Any = None  # the program and the values of the call before


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
        size = sum(node.size for node in traced.captured)
        return Automatic(tidy(Graph(traced.inputs, [root, *found]))), size < _MANY

    program, is_small = _tapes.get((tuple(leaves), traced.graph.key), make)
    values = [node.known for node in traced.captured]
    value, *gradients = program(values)
    root.known = value
    if not isfinite(value):
        raise NonFiniteError(_explain(value, traced, values))
    listener.last = (program.graph, values) if is_small else None
    for i, gradient in zip(leaves, gradients, strict=True):
        parameter = traced.captured[i].source
        before = parameter.grad
        parameter.grad = gradient if before is None else before + gradient


def _explain(value: Any, traced: trace.Traced, values: list[Any]) -> str:
    """Which operation made the loss NaN or Inf; of this call, or of the gradients before it."""
    parameters = [node.source.data for node in traced.captured if node.source is not None]
    found = ""
    if listener.last is not None and not all(np.isfinite(data).all() for data in parameters):
        graph, before = listener.last
        found = origin_of_nonfinite(graph, *before)
    when = "In the gradients of the backward() before, " if found else ""
    found = found or origin_of_nonfinite(traced.graph, *values)
    return f"backward(): the loss is {value}. {when}{found}"


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
