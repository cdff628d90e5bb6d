"""Primitives that call a graph: checkpoint, custom derivatives, and the gradient's full stop."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import trace, tree
from ..errors import DifferentiationError, StructureError
from ..graph import Graph
from ..tensor import Tensor
from . import elementwise as ew
from .closures import Closure, types_of
from .families import Cotangents, Primitive, batch_elementwise, stack_same

stop_gradient_row = Primitive(
    "stop_gradient",
    "view",
    lambda x: x,
    lambda x: x,
    None,
    batch_elementwise,
    latex=r"\mathrm{{stop}}({})",
    flat=True,
)


def stop_gradient(x: Any) -> Any:
    """A tree's own value, through which no derivative flows.

    >>> import chainrule as cr
    >>> float(cr.grad(lambda x: x * cr.stop_gradient(x))(3.0))
    3.0
    """
    return tree.map(
        lambda leaf: trace.apply(stop_gradient_row, leaf) if _is_real(leaf) else leaf, x
    )


def _is_real(leaf: Any) -> bool:
    return isinstance(leaf, Tensor) and leaf.type.is_float


def _infer_call(*types: Any, body: Graph, **rest: Any) -> Any:
    return tuple([node.type for node in body.outputs])


def _numpy_call(*arrays: Any, body: Graph, **rest: Any) -> Any:
    from ..interpret import program

    return tuple(program(body)(list(arrays)))


def _batched_body(body: Graph, size: int, batched: Sequence[bool]) -> Graph:
    from ..vectorize import batch_graph

    graph, flags = batch_graph(body, size, batched)
    outputs = [x if s else stack_same(x, size) for x, s in zip(graph.outputs, flags, strict=True)]
    return Graph(graph.inputs, outputs)


def _batch_call(
    primitive: Primitive, size: int, batched: Sequence[bool], inputs: Any, params: Any
) -> tuple[Any, bool]:
    body = _batched_body(params["body"], size, batched)
    return trace.apply(primitive, *inputs, **{**params, "body": body}), True


# -- checkpoint --------------------------------------------------------------------------------


def _checkpoint_vjp(cotangents: Any, y: Any, *inputs: Any, body: Graph) -> Cotangents:
    """The derivative is one node too, so that nothing is kept: it computes the values again."""
    from ..differentiate import backward

    return list(trace.apply(checkpoint_row, *inputs, *cotangents, body=backward(body)))


checkpoint_row = Primitive(
    "checkpoint", "control", _infer_call, _numpy_call, _checkpoint_vjp, _batch_call
)


def checkpoint(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The same function; its inner values are computed again for the derivative instead of kept.

    Trades time for memory (Griewank 1992; Chen et al. 2016).

    >>> import chainrule as cr
    >>> float(cr.grad(checkpoint(lambda x: x * x * x))(2.0))
    12.0
    """

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        closure, operands = _close(fn, args, kwargs)
        results = trace.apply(checkpoint_row, *operands, body=closure.graph)
        return tree.unflatten(closure.structure, results)

    return wrapped


def _close(fn: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Closure, list[Any]]:
    leaves, _ = tree.flatten(args, buffers=True)
    closure = Closure(lambda given: fn(*given, **kwargs), types_of(args))
    arrays = [leaf if isinstance(leaf, Tensor) else np.asarray(leaf) for leaf in leaves]
    return closure, [*closure.captured, *arrays]


# -- custom derivatives ------------------------------------------------------------------------


def _custom_vjp(
    cotangents: Any, y: Any, *inputs: Any, body: Graph, rule: CustomRule, captured: int, sizes: Any
) -> Cotangents:
    pulled = _pull_stacked(rule, inputs[captured:], cotangents, [s[captured:] for s in sizes])
    return [*[None] * captured, *pulled]


def _pull_stacked(
    rule: CustomRule, operands: Sequence[Any], cotangents: Sequence[Any], sizes: Sequence[Any]
) -> list[Any]:
    """The user's rule, for each of the stacks: the last of ``sizes`` is the outermost one."""
    if not sizes:
        return rule.pull_back(operands, cotangents)
    from ..vectorize import vmap

    *inner, flags = sizes
    shared = tuple([0 if stacked else None for stacked in flags])

    def one(*values: Any) -> Any:
        few = len(operands)
        return tuple(_pull_stacked(rule, values[:few], values[few:], inner))

    pulled = vmap(one, in_axes=(*shared, *[0] * len(cotangents)))(*operands, *cotangents)
    return [
        g if g is None or axis == 0 else ew.add(0.0, g).sum(axis=0)
        for g, axis in zip(pulled, shared, strict=True)
    ]


def _batch_custom(
    primitive: Primitive, size: int, batched: Sequence[bool], inputs: Any, params: Any
) -> tuple[Any, bool]:
    body = _batched_body(params["body"], size, batched)
    sizes = (*params["sizes"], tuple(batched))
    return trace.apply(primitive, *inputs, **{**params, "body": body, "sizes": sizes}), True


custom_row = Primitive(
    "custom_vjp", "control", _infer_call, _numpy_call, _custom_vjp, _batch_custom
)


class CustomRule:
    """The two functions of a custom derivative, between flat values and the user's trees."""

    def __init__(self, fwd: Any, bwd: Any, structure: tree.Structure, out: tree.Structure) -> None:
        self.fwd, self.bwd, self.structure, self.out = fwd, bwd, structure, out

    def _key(self) -> Any:
        return self.fwd, self.bwd, self.structure, self.out

    def __hash__(self) -> int:
        return hash(self._key())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CustomRule) and self._key() == other._key()

    def pull_back(self, operands: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
        """Cotangents of the operands."""
        _, kept = self.fwd(*tree.unflatten(self.structure, operands))
        pulled = self.bwd(kept, tree.unflatten(self.out, cotangents))
        given = tree.unflatten(self.structure, operands)
        if not isinstance(pulled, tuple) or len(pulled) != len(given):
            raise StructureError(
                f"custom_vjp: bwd must return a tuple of {len(given)} cotangents, one for each "
                f"argument, got {pulled!r}"
            )
        found: list[Any] = []
        for argument, cotangent in zip(given, pulled, strict=True):
            count = tree.structure(argument).count
            found += [None] * count if cotangent is None else tree.leaves(cotangent)
        return found


class custom_vjp:
    """A function whose derivative is written by hand.

    >>> import chainrule as cr
    >>> @cr.custom_vjp
    ... def clip_gradient(x):
    ...     return x * 1.0
    >>> clip_gradient.defvjp(lambda x: (x, None), lambda kept, ct: (ct.clip(-1.0, 1.0),))
    >>> float(cr.grad(lambda x: 100.0 * clip_gradient(x))(2.0))
    1.0
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        functools.update_wrapper(self, fn)
        self._fn = fn
        self._fwd: Callable[..., Any] | None = None
        self._bwd: Callable[..., Any] | None = None

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """``fwd(*args) -> (value, kept)`` and ``bwd(kept, cotangent) -> cotangents of args``."""
        self._fwd, self._bwd = fwd, bwd

    def __call__(self, *args: Any) -> Any:
        """The function's value; its derivative is the one given by ``defvjp``."""
        if self._fwd is None or self._bwd is None:
            raise TypeError(f"give {self._fn.__name__} its derivative first, by .defvjp(fwd, bwd)")
        leaves, structure = tree.flatten(args)
        if not any(isinstance(leaf, Tensor) for leaf in leaves):
            return self._fn(*args)
        closure, operands = _close(self._fn, args, {})
        for value in closure.captured:
            if isinstance(value, Tensor) and value.type.is_float:
                raise DifferentiationError(
                    f"custom_vjp: {self._fn.__name__} uses {value.type} from outside, whose "
                    "derivative its rule cannot give: make it an argument"
                )
        results = trace.apply(
            custom_row,
            *operands,
            body=closure.graph,
            rule=CustomRule(self._fwd, self._bwd, structure, closure.structure),
            captured=len(closure.captured),
            sizes=(),
        )
        return tree.unflatten(closure.structure, results)
