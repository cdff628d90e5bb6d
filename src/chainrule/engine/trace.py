"""From a Python function to a graph: run it once on tensors, which write down what happens."""

from __future__ import annotations

import contextlib
import functools
import opcode
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import tree
from .errors import ConcreteValueError
from .graph import Graph, Place, by_serial, describe_place, reachable, serials
from .primitives.families import Primitive, constant_row
from .tensor import Parameter, Tensor
from .types import TensorType, Type, is_array, type_of

# -- the user's line ---------------------------------------------------------------------------

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_USER_ROOMS = tuple(_PACKAGE + room + os.sep for room in ("demo", "lessons"))
_NUMPY = os.path.dirname(os.path.abspath(np.__file__)) + os.sep
_BETWEEN = (functools.__file__, contextlib.__file__)  # whose frames stand between ours
_is_ours: dict[str, bool] = {}


class _State(threading.local):
    place: Place | None = None  # overrides the caller's line, while a derived graph is built
    scope: tuple[str, ...] | None = None  # names of the Modules being called; None: not asked for
    module: Any = None  # the innermost of them
    recording: bool = True  # False inside no_grad()


state = _State()


def current_place(depth: int = 1) -> Place | None:
    """The innermost line of the running program that is not Chainrule's or NumPy's own.

    The ``depth`` innermost calls are ours for sure.
    """
    if state.place is not None:
        return state.place
    frame = sys._getframe(depth)
    while frame is not None:
        code = frame.f_code
        ours = _is_ours.get(code.co_filename)  # by name: to hash code is slow
        if ours is None:
            ours = _is_ours[code.co_filename] = _belongs_to_us(code.co_filename)
        if not ours:
            return code, frame.f_lasti, state.scope
        frame = frame.f_back  # type: ignore[assignment]  # None ends the loop
    return None


def _belongs_to_us(filename: str) -> bool:
    if filename.startswith(_NUMPY) or filename in _BETWEEN:
        return True
    return filename.startswith(_PACKAGE) and not filename.startswith(_USER_ROOMS)


@contextmanager
def at_place(place: Place | None) -> Iterator[None]:
    """Nodes made inside carry this place instead of the caller's."""
    before = state.place
    state.place = place or before
    try:
        yield
    finally:
        state.place = before


@contextmanager
def scope(names: tuple[str, ...], module: Any = None) -> Iterator[None]:
    """Nodes made inside remember that these Modules were being called, the last one innermost."""
    before = state.scope, state.module
    state.scope, state.module = names, module
    try:
        yield
    finally:
        state.scope, state.module = before


@contextmanager
def no_grad() -> Iterator[None]:
    """Inside, Parameters are plain arrays: nothing is recorded.

    >>> import chainrule as cr
    >>> w = cr.tensor([1.0, 2.0])
    >>> with cr.no_grad():
    ...     print(type(w * 2).__name__)
    ndarray
    """
    before = state.recording
    state.recording = False
    try:
        yield
    finally:
        state.recording = before


# -- making nodes ------------------------------------------------------------------------------


def apply(primitive: Primitive, *inputs: Any, **params: Any) -> Any:
    """The result of a primitive: a new Tensor if an input is one, else NumPy's answer now.

    Inputs must already have the shapes and dtypes that the primitive wants; calling the primitive
    itself (``add(x, y)``) brings them there first. Several results come as a tuple.
    """
    for operand in inputs:
        if isinstance(operand, Tensor):
            break
    else:
        return primitive.numpy(*inputs, **params)
    if not state.recording:
        arrays = [x.data if isinstance(x, Parameter) else x for x in inputs]
        if not any(isinstance(x, Tensor) for x in arrays):
            return primitive.numpy(*arrays, **params)
    operands = tuple([x if type(x) is Tensor else node_of(x) for x in inputs])
    kind = primitive.infer(*[operand.type for operand in operands], **params)
    return record(primitive, operands, params, kind)


def record(
    primitive: Primitive, operands: tuple[Tensor, ...], params: dict[str, Any], kind: Type
) -> Any:
    """A new node; for several results, a tuple of the nodes that pick them."""
    node = Tensor(primitive, operands, params, kind, current_place(2))
    if type(kind) is not tuple:
        return node
    from .primitives.closures import results_of

    return results_of(node)


def node_of(value: Any) -> Tensor:
    """The value as a node: tensors as they are, arrays and numbers as constants."""
    if type(value) is Tensor:
        return value
    if isinstance(value, Parameter):
        return value.snapshot()
    return constant(value)


def constant(value: Any, dtype: Any = None) -> Tensor:
    """A leaf that holds an array."""
    array = np.asarray(value, dtype)[()]
    return Tensor(constant_row, (), {}, TensorType.of(array.shape, array.dtype), None, array)


def placeholder(kind: Type, known: Any = None) -> Tensor:
    """A graph's input; ``known`` is what it stands for, where a value is there already."""
    return Tensor(None, (), {}, kind, None, known)


# -- tracing -----------------------------------------------------------------------------------


class Traced:
    """A traced call: its graph, and how to rebuild its result.

    ``captured`` holds what the function took from outside (arrays, parameters, tensors of an
    enclosing trace); the graph's inputs are the placeholders followed by one input for each.
    """

    def __init__(self, inputs: Sequence[Tensor], outputs: Sequence[Any], start: int) -> None:
        roots = [node_of(output) for output in outputs]
        nodes, outside = split_outside(roots, inputs, start)
        self.nodes, self.start = nodes, start
        self.captured = outside
        self.inputs = (*inputs, *outside)
        self.graph = Graph(self.inputs, roots, nodes)

    def values(self, parameters: bool = False) -> list[Any]:
        """What the captured inputs stand for now; ``parameters`` keeps those as nodes."""
        found: list[Any] = []
        for node in self.captured:
            if node.source is not None:
                found.append(node.source.snapshot() if parameters else node.source.data)
            elif node.primitive is constant_row and node.serial > self.start:
                found.append(node.known)
            else:  # a constant of the trace around this one stays an input there: see ``run``
                found.append(node)
        return found


def split_outside(
    roots: Sequence[Tensor], inputs: Sequence[Tensor], start: int
) -> tuple[list[Tensor], list[Tensor]]:
    """Nodes made by a trace that began at serial ``start``, and what they take from before it."""
    seen = set(inputs)
    inner: list[Tensor] = []
    outside: list[Tensor] = []
    pending = list(roots)
    while pending:
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            if node.primitive is constant_row or node.serial < start:
                outside.append(node)
            else:
                inner.append(node)
                pending.extend(node.inputs)
    inner.sort(key=by_serial)
    outside.sort(key=by_serial)
    return inner, outside


def begin() -> int:
    """A serial number that divides what exists already from what a trace will make."""
    return next(serials)


def trace(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Graph:
    """The graph of ``function(*args)``.

    Arrays and numbers among the arguments (in any nesting) become the graph's inputs, and only
    their types matter; a ``TensorType`` may stand for an array. Everything else passes through.
    What the function captures is a constant of the graph.

    >>> import numpy as np
    >>> def loss(w, x):
    ...     return np.sum(w * x)
    >>> graph = trace(loss, 2.0, np.ones(3))
    >>> [node.primitive.name for node in graph.nodes]
    ['broadcast', 'multiply', 'sum']
    """
    leaves, structure = tree.flatten((args, kwargs))
    inputs = []
    for position, leaf in enumerate(leaves):
        if isinstance(leaf, TensorType) or is_value(leaf):
            kind = leaf if isinstance(leaf, TensorType) else abstract(leaf)
            leaves[position] = placeholder(kind)
            inputs.append(leaves[position])
    args, kwargs = tree.unflatten(structure, leaves)
    with scope(state.scope or ()):
        results = tree.leaves(function(*args, **kwargs))
    return Graph(inputs, [node_of(leaf) for leaf in results if is_value(leaf)])


def is_value(leaf: Any) -> bool:
    """Whether a leaf takes part in a graph: a tensor, an array or a number."""
    return isinstance(leaf, Tensor) or is_array(leaf)


def abstract(value: Any) -> TensorType:
    """The type of an array, a number or a tensor."""
    return value.type if isinstance(value, Tensor) else type_of(value)


# -- values while tracing ----------------------------------------------------------------------


def resolve(value: Any) -> Any:
    """What a tensor stands for outside of all traces that know their inputs' values.

    An array, if every input is known; a tensor of the innermost ``jit``, ``vmap`` or ``scan`` whose
    inputs are not; derivatives do not flow through the answer.
    """
    while isinstance(value, Tensor):
        node = node_of(value)
        if node.known is None:
            _compute(node)
        if node.known is None:
            return node
        value = node.known
    return value


def _compute(root: Tensor) -> None:
    """Fill in ``known`` for a node and what it needs, where that is possible."""
    pending = []
    seen = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node.known is None and node not in seen:
            seen.add(node)
            pending.append(node)
            stack.extend(node.inputs)
    for node in sorted(pending, key=lambda n: n.serial):
        operands = [x if x.known is None else x.known for x in node.inputs]
        moved = [isinstance(x.known, Tensor) for x in node.inputs]
        if node.primitive not in (None, constant_row) and (
            any(moved) or not any(isinstance(x, Tensor) for x in operands)
        ):
            with np.errstate(all="ignore"), at_place(node.place):
                node.known = apply(node.primitive, *operands, **node.params)


def is_stored_by_numpy(value: Tensor) -> bool:
    """Whether ``array[i] = value`` asks for this number while it is being differentiated."""
    frame = sys._getframe(2)
    if frame.f_code.co_code[frame.f_lasti] != opcode.opmap["STORE_SUBSCR"]:
        return False
    return any(n.primitive is None and n.known is not None for n in reachable([value], ()))


def concrete(value: Any, asked: str) -> Any:
    """The array behind a tensor, or an error that explains why there is none."""
    found = resolve(value)
    if isinstance(found, Tensor):
        raise ConcreteValueError(
            f"{asked} needs the value of {found.type}, which is not known while the function is "
            "traced (by jit, vmap, scan, cond, while_loop): the graph must hold for every value.\n"
            f"  made at   {found.line or 'an argument of the traced function'}\n"
            f"  asked at  {describe_place(current_place())}\n"
            "Use np.where(condition, a, b) or chainrule.lax.cond instead of `if`, lax.scan or "
            "lax.fori_loop instead of a loop over values, and pass what must be a Python number "
            "with static_argnums=."
        )
    return found if isinstance(found, np.ndarray | np.generic) else np.asarray(found)
