"""Run a graph with NumPy, node by node: the reference for every other way of running it."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..hints.source import operand_names
from ..hints.values import describe_bad, has_nan, is_bad, is_finite
from . import trace
from .errors import ConcreteValueError, NonFiniteError
from .graph import Graph, Node, reachable
from .tensor import Tensor

Program = Callable[[Sequence[Any]], list[Any]]

# -- evaluate ----------------------------------------------------------------------------------


def evaluate(graph: Graph, *values: Any) -> list[Any]:
    """Output values for these input values, in order.

    If a value is a tensor, the graph is inlined into that tensor's trace.

    >>> import numpy as np
    >>> graph = trace.trace(lambda x: np.tanh(x) + 1, 0.0)
    >>> [float(v) for v in evaluate(graph, 0.0)]
    [1.0]
    """
    known = values_of(graph, *values)
    return [known[node] for node in graph.outputs]


def values_of(graph: Graph, *values: Any) -> dict[Node, Any]:
    """The value of every node, for a picture, a table or a debugger."""
    if len(values) != len(graph.inputs):
        raise TypeError(f"the graph has {len(graph.inputs)} inputs, got {len(values)} values")
    known: dict[Node, Any] = dict(zip(graph.inputs, values, strict=True))
    for node in graph.nodes:
        if node.primitive is None or (not node.inputs and node.known is not None):
            known[node] = node if node.known is None else node.known
        else:
            with trace.at_place(node.place), np.errstate(all="ignore"):
                operands = [known[operand] for operand in node.inputs]
                known[node] = trace.apply(node.primitive, *operands, **node.params)
    return known


# -- programs ----------------------------------------------------------------------------------


Step = tuple[Callable[..., Any], tuple[int, ...], Node]


def assemble(graph: Graph, owned: bool = False) -> Program:
    """A graph as a list of NumPy calls over numbered slots, ready to run many times.

    With ``owned``, results share no memory with the inputs or with each other: they are the
    caller's, to change in place as he likes.
    """
    leaves = [node for node in graph.nodes if _is_leaf(node)]
    constants = [known_value(node) for node in leaves]
    slot = {node: index for index, node in enumerate([*graph.inputs, *leaves])}
    operands = _without_repeats(graph)
    steps: list[Step] = []
    for node in reachable(graph.outputs, slot, operands.__getitem__):
        steps.append((call_of(node), tuple([slot[i] for i in operands[node]]), node))
        slot[node] = len(slot)
    results = [slot[node] for node in graph.outputs]
    lent = _lent(graph) if owned else []

    def run(values: Sequence[Any]) -> list[Any]:
        held = [*values, *constants]
        put = held.append
        for function, places, _ in steps:
            if len(places) == 2:
                put(function(held[places[0]], held[places[1]]))
            elif len(places) == 1:
                put(function(held[places[0]]))
            else:
                put(function(*[held[i] for i in places]))
        return [held[i] for i in results]

    def run_watched(values: Sequence[Any]) -> list[Any]:
        held = [*values, *constants]
        for function, places, node in steps:
            inputs = [held[i] for i in places]
            held.append(function(*inputs))
            _check(node, inputs, held[-1])
        return [held[i] for i in results]

    def choose(values: Sequence[Any]) -> list[Any]:
        values, kind = _plain(values)
        with np.errstate(all="ignore"):
            found = run_watched(values) if watch.on else run(values)
        for i in lent:
            found[i] = np.array(found[i])[()]
        return found if kind is None else [_viewed(value, kind) for value in found]

    return choose


def known_value(leaf: Node) -> Any:
    """The value of a leaf that is no input of its graph."""
    if leaf.known is None:
        raise ConcreteValueError(
            f"a tensor {leaf.type} is used outside of the function it was traced in: return it "
            "from that function instead of storing it. (A network that changes its buffers "
            "under jit, vmap or scan must be an argument of the function.)"
        )
    return leaf.known


def _lent(graph: Graph) -> list[int]:
    """Places of outputs that may be an input, a view, or the same array as an earlier output."""
    places = []
    seen = set(graph.inputs)
    lending = ("leaf", "view", "control", "random")
    for place, node in enumerate(graph.outputs):
        if node in seen or node.primitive is None or node.primitive.family in lending:
            places.append(place)
        seen.add(node)
    return places


def _plain(values: Sequence[Any]) -> tuple[Sequence[Any], Any]:
    """Values as NumPy's own arrays, and the subclass of it that was among them: each call is slower
    on a subclass, so it is taken off before the program and put on its results."""
    for value in values:
        if isinstance(value, np.ndarray) and type(value) is not np.ndarray:
            return [_viewed(v, np.ndarray) for v in values], type(value)
    return values, None


def _viewed(value: Any, kind: Any) -> Any:
    return value.view(kind) if isinstance(value, np.ndarray) else value


def _is_leaf(node: Node) -> bool:
    return not node.inputs and (node.known is not None or node.primitive is None)


def _without_repeats(graph: Graph) -> dict[Node, tuple[Tensor, ...]]:
    """Operands of each node; NumPy's arithmetic repeats by itself what a ``broadcast`` would."""
    given = set(graph.inputs)
    operands: dict[Node, tuple[Tensor, ...]] = {}
    for node in graph.nodes:
        operands[node] = node.inputs
        if node.primitive is not None and node.primitive.family == "elementwise":
            sources = tuple([x if x in given else _before_repeat(x) for x in node.inputs])
            if any(x.type.shape == node.inputs[0].type.shape for x in sources):
                operands[node] = sources
    return operands


def _before_repeat(node: Tensor) -> Tensor:
    if node.primitive is None or node.primitive.name != "broadcast":
        return node
    (source,) = node.inputs
    shape, axes = node.params["shape"], node.params["axes"]
    meets_from_right = axes == tuple(range(len(shape) - len(axes), len(shape)))
    return source if meets_from_right else node


def call_of(node: Node) -> Callable[..., Any]:
    """The NumPy function of a node, its parameters bound."""
    row = node.primitive
    assert row is not None
    if row.bind is not None:
        return row.bind([x.type for x in node.inputs], **node.params)
    return functools.partial(row.numpy, **node.params) if node.params else row.numpy


class Cache:
    """Things made once and found again by key; the oldest fall out."""

    def __init__(self, size: int, by_structure: bool = True) -> None:
        self._size = size
        # Made for the same structure, perhaps on other lines of the program than the present ones.
        self._by_structure = by_structure
        self._entries: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The entry for this key, made now if it is not there."""
        if watch.on and self._by_structure:
            return make()
        found = self._entries.get(key)
        if found is None:
            found = make()
            with self._lock:
                self._entries[key] = found
                while len(self._entries) > self._size:
                    self._entries.popitem(last=False)
        return found


_programs = Cache(512)


def program(graph: Graph) -> Program:
    """The program of a graph, simplified; graphs of equal structure share one."""
    from .simplify import simplify

    found: Program = _programs.get(graph.key, lambda: assemble(simplify(graph)))
    return found


# -- where a NaN comes from --------------------------------------------------------------------


class _Watch(threading.local):
    on = False


watch = _Watch()


@contextmanager
def debug_nans() -> Iterator[None]:
    """Inside, the first NaN or Inf that an operation makes is an error that names the user's line.

    Inputs that hold a NaN or Inf already are not blamed; what turns a finite input into one is.

    >>> import chainrule as cr, numpy as np
    >>> with cr.debug_nans():
    ...     cr.grad(lambda x: np.log(x - 1.0))(1.0)
    Traceback (most recent call last):
    ...
    chainrule.engine.errors.NonFiniteError: ...
    """
    before = watch.on
    watch.on = True
    try:
        yield
    finally:
        watch.on = before


def _check(node: Node, inputs: Sequence[Any], value: Any) -> None:
    if not is_finite(value) and all(is_finite(x) for x in inputs):
        raise NonFiniteError(_report(node, inputs, value))


def origin_of_nonfinite(graph: Graph, *values: Any) -> str:
    """Which operation made the first output of a graph that is NaN or Inf, in words; "" if none.

    Only what leads to that output counts: an Inf that a select leaves aside is no mistake.
    """
    known = values_of(graph, *values)
    bad = [node for node in graph.outputs if not is_finite(known[node])]
    if not bad:
        return ""
    node = _follow(bad[0], known, has_nan)
    causes = [_follow(x, known, is_bad) for x in node.inputs if is_bad(known[x])]
    node = min([x for x in causes if x.inputs], key=lambda x: x.serial, default=node)
    if not node.inputs:
        return f"{node.type} holds NaN or Inf already, before any operation"
    return _report(node, [known[x] for x in node.inputs], known[node])


def _follow(node: Node, known: dict[Node, Any], wanted: Callable[[Any], bool]) -> Node:
    """Back along operands for which ``wanted`` holds, to the first such node."""
    while found := [x for x in node.inputs if wanted(known[x])]:
        node = found[0]
    return node


def _report(node: Node, inputs: Sequence[Any], value: Any) -> str:
    row = node.primitive
    assert row is not None
    if row.family == "control":
        try:
            with debug_nans():
                call_of(node)(*inputs)
        except NonFiniteError as error:
            return str(error)
    names = operand_names(node.place, row.name, node.inputs)
    where = node.line or "a line that was not recorded"
    return f"{row.name} {describe_bad(value, inputs, names, where)}"
