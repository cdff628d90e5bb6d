"""Loop: a step traced once and made many times, its numbers kept inside: what ``fit`` runs on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import interpret, trace, tree
from ..config import config
from ..errors import ConcreteValueError, ShapeError, StructureError
from ..graph import Graph
from ..primitives.closures import Closure, close_over_carry, types_of
from ..primitives.views import broadcast_in_dim
from ..rewrite import rewrite
from ..tensor import Tensor
from ..types import TensorType
from .automatic import attempt, measured

# ``run(buffers, constants, xs, ys, count)`` makes ``count`` steps: it replaces the carry in
# ``buffers``, reads one row of each of ``xs`` a step and writes one row of each of ``ys``.
Run = Callable[[list[Any], Sequence[Any], Sequence[Any], Sequence[Any], int], None]

FEW = 20_000  # nodes to evaluate in all, below which compiling takes longer than it saves
_compiled = interpret.Cache(64)


def runner(body: Graph, constants: int, carries: int, steps: int | None = None) -> Run:
    """The loop around a body: constants, carry, one row of xs -> carry, one row of ys.

    It is compiled unless there are few ``steps`` to come in all (None: not known, so perhaps many).
    """
    by_numpy = evaluated(body, constants, carries)
    is_short = steps is not None and steps * len(body) < FEW
    compiled: dict[Any, Run] = {}

    def run(
        buffers: list[Any], fixed: Sequence[Any], xs: Sequence[Any], ys: Sequence[Any], count: int
    ) -> None:
        if (is_short and config.compile == "auto") or interpret.watch.on or config.why_not:
            measured(by_numpy, buffers, fixed, xs, ys, count)
            return
        key = config.for_code
        if key not in compiled:
            compiled[key] = _compile(body, constants, carries) or by_numpy
        compiled[key](buffers, fixed, xs, ys, count)

    return run


def _compile(body: Graph, constants: int, carries: int) -> Run | None:
    """The loop as machine code, which bodies of equal structure share; None where it cannot be."""
    from .program import CompiledLoop

    key = (body.key, constants, carries, config.for_code)
    machine: Run | None
    machine, _ = attempt(
        lambda: _compiled.get(key, lambda: CompiledLoop(body, constants, carries)), body
    )
    if machine is None:
        return None

    def run(
        buffers: list[Any], fixed: Sequence[Any], xs: Sequence[Any], ys: Sequence[Any], count: int
    ) -> None:
        whole = [np.ascontiguousarray(x) for x in (*fixed, *xs)]
        measured(machine, buffers, whole[: len(fixed)], whole[len(fixed) :], ys, count)

    return run


def evaluated(body: Graph, constants: int, carries: int) -> Run:
    """The loop in Python, around the body run by NumPy."""
    step: interpret.Program | None = None

    def run(
        buffers: list[Any], fixed: Sequence[Any], xs: Sequence[Any], ys: Sequence[Any], count: int
    ) -> None:
        nonlocal step
        if step is None:
            step = interpret.program(body)
        carry = list(buffers)
        for turn in range(count):
            results = step([*fixed, *carry, *[x[turn] for x in xs]])
            carry = results[:carries]
            for column, y in zip(ys, results[carries:], strict=True):
                column[turn] = y
        # Arrays of their own, for another loop may write into them; and all at once, so that
        # whatever ends the loop early leaves the old carry.
        buffers[:] = [np.array(each, order="C") for each in carry]

    return run


class Loop:
    """``carry, y = step(constants, carry, x)``, over and over; the carry stays inside.

    The step is traced once. Constants, carry, x and y are trees of arrays; the carry keeps its
    structure and its types, and is widened to the dtype that the step returns.

    Parameters
    ----------
    step
        The function ``(constants, carry, x) -> (carry, y)``. Parameters that it captures are read
        at each ``advance``.
    constants, carry
        What every step reads, and the first carry.
    xs
        Like what ``advance`` will be given: arrays with one row a step. Only types matter.
    steps
        How many steps are to come in all, where that is known: few are not worth much preparation.

    An error or Ctrl-C in ``advance`` leaves an undefined carry, so take a copy where that matters.

    >>> def step(rate, w, x):
    ...     return w - rate * 2 * (w - x), (w - x) ** 2
    >>> loop = Loop(step, 0.25, 0.0, np.zeros(1))
    >>> loop.advance(np.array([1.0, 1.0, 1.0]), 3)
    array([1.    , 0.25  , 0.0625])
    >>> loop.carry
    np.float64(0.875)
    """

    def __init__(
        self,
        step: Callable[[Any, Any, Any], Any],
        constants: Any,
        carry: Any,
        xs: Any,
        steps: int | None = None,
    ) -> None:
        leaves, self._structure = tree.flatten(carry, buffers=True)
        rows, x_structure = types_of(xs)
        rows = [TensorType.of(kind.shape[1:], kind.dtype) for kind in rows]
        closure, first = close_over_carry(
            lambda carry, constants, x: step(constants, carry, x),
            leaves,
            self._structure,
            types_of(constants),
            (rows, x_structure),
        )
        # Owned, for a run may write into them.
        self.buffers = [np.array(leaf, order="C") for leaf in first]
        self._y_structure = closure.structure.children[1]
        self._y_types = closure.types[len(first) :]
        body, self._captured = _body(closure, len(first), len(rows))
        self._x_types = rows
        self._fixed_types = [node.type for node in body.inputs[: -len(first) - len(rows)]]
        self.constants = constants
        self._run = runner(body, len(self._fixed_types), len(first), steps)

    @property
    def constants(self) -> Any:
        """What every step reads; others of the same types may be put in its place."""
        return tree.unflatten(self._constants_structure, self._constants)

    @constants.setter
    def constants(self, value: Any) -> None:
        leaves, self._constants_structure = tree.flatten(value, buffers=True)
        self._constants = _arrays(leaves, self._fixed_types[len(self._captured) :])

    @property
    def carry(self) -> Any:
        """A copy of the carry; assign one of the same structure to go on from there."""
        return tree.unflatten(self._structure, self.save())

    @carry.setter
    def carry(self, value: Any) -> None:
        leaves, structure = tree.flatten(value, buffers=True)
        if structure != self._structure:
            raise StructureError(f"Loop: the carry is {self._structure}, not {structure}")
        self.restore(leaves)

    def save(self) -> list[Any]:
        """Copies of the carry's leaves, for ``restore``."""
        return [buffer.copy()[()] for buffer in self.buffers]

    def restore(self, leaves: Sequence[Any]) -> None:
        """Go on from these leaves of a carry."""
        news = [np.array(x, b.dtype, order="C") for x, b in zip(leaves, self.buffers, strict=True)]
        self.buffers[:] = _arrays(news, [TensorType.of(b.shape, b.dtype) for b in self.buffers])

    def advance(self, xs: Any, count: int) -> Any:
        """``count`` steps on the first rows of ``xs``: their y, stacked along axis 0."""
        columns = [np.asarray(leaf, order="C") for leaf in tree.flatten(xs, buffers=True)[0]]
        for column, kind in zip(columns, self._x_types, strict=True):
            _arrays([column[:count]], [TensorType.of((count, *kind.shape), kind.dtype)])
        ys = [np.empty((count, *kind.shape), kind.dtype) for kind in self._y_types]
        captured = [x.source.data if isinstance(x, Tensor) else x for x in self._captured]
        fixed = [*_arrays(captured, self._fixed_types[: len(captured)]), *self._constants]
        if count:
            self._run(self.buffers, fixed, columns, ys, count)
        return tree.unflatten(self._y_structure, ys)


def _arrays(leaves: Sequence[Any], types: Sequence[Any]) -> list[Any]:
    """Leaves as arrays in rows. Machine code trusts that they have the types it was made for."""
    arrays = [np.asarray(leaf, order="C") for leaf in leaves]
    for array, kind in zip(arrays, types, strict=True):
        if array.shape != kind.shape or array.dtype != kind.dtype:
            found = TensorType.of(array.shape, array.dtype)
            raise ShapeError(f"Loop: the step was traced with {kind}, and is now given {found}")
    return arrays


def _body(closure: Closure, carries: int, rows: int) -> tuple[Graph, list[Any]]:
    """The step as a graph of constants, carry and x, and what it captured, its first constants.

    Numbers that were written in the function, and repetitions of them, are part of the graph.
    """
    count = len(closure.captured)
    inputs = list(closure.graph.inputs)
    kept = []
    for place, value in enumerate(closure.captured):
        source = inputs[place].source
        if source is None and isinstance(value, Tensor):
            raise ConcreteValueError(
                "a training run cannot be part of a traced function: its step uses "
                f"{value.type} of the function around it, made at {value.line or 'its arguments'}"
            )
        if source is None and _is_one_number(value):
            number = trace.constant(value[(0,) * value.ndim])
            inputs[place] = broadcast_in_dim(number, value.shape, ()) if value.ndim else number
        else:
            kept.append(place)
    outputs = rewrite(closure.graph, lambda node: None, inputs).outputs
    carry = inputs[count : count + carries]
    stop = len(inputs) - rows
    constants = [*[inputs[place] for place in kept], *inputs[count + carries : stop]]
    graph = Graph([*constants, *carry, *inputs[stop:]], outputs)
    return graph, [closure.captured[place] for place in kept]


def _is_one_number(value: Any) -> bool:
    """Whether an array is a number, or repeats one without storing it again."""
    return value.size > 0 and all(
        step == 0 or length == 1 for step, length in zip(value.strides, value.shape, strict=True)
    )
