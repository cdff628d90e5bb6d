"""A function as data: nodes, and graphs of nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from operator import attrgetter
from types import CodeType
from typing import TYPE_CHECKING, Any

import numpy as np

from .types import TensorType, Type

if TYPE_CHECKING:
    from .primitives.families import Primitive
    from .tensor import Tensor

Place = tuple[CodeType, int, tuple[str, ...] | None]
serials = count()
by_serial = attrgetter("serial")


class Node:
    """A value in a graph: the result of a primitive, or an input (``primitive`` is None).

    Frozen, and compared by identity. A node's serial number is larger than those of its inputs, so
    sorting by it is a topological order.

    Attributes
    ----------
    primitive, inputs, params
        What made it. ``params`` are static: numbers, shapes, inner graphs.
    type
        Its ``TensorType``; a tuple of types when the primitive has several results.
    place
        The user's line that made it (code object and instruction) and, in a graph made by
        ``trace``, the names of the Modules that were being called, outermost first; or None.
    known
        Its value where that is known: an array, or a tensor of an enclosing trace; else None.
    """

    __slots__ = (
        "inputs",
        "known",
        "params",
        "place",
        "primitive",
        "risky",
        "serial",
        "source",
        "type",
    )

    def __init__(
        self,
        primitive: Primitive | None,
        inputs: tuple[Tensor, ...],
        params: dict[str, Any],
        type: Type,
        place: Place | None = None,
        known: Any = None,
    ) -> None:
        self.primitive = primitive
        self.inputs = inputs
        self.params = params
        self.type = type
        self.place = place
        self.known = known
        self.source: Any = None
        self.risky: bool | None = None
        self.serial = next(serials)

    @property
    def line(self) -> str:
        """The user's line that made it, as ``file.py:12: the source text``."""
        return describe_place(self.place)


def describe_place(place: Place | None) -> str:
    """A recorded place as ``file.py:12: the source text``; empty where there is none."""
    if place is None:
        return ""
    import linecache

    code, instruction, _ = place
    number = next(
        (line for start, end, line in code.co_lines() if start <= instruction < end and line),
        code.co_firstlineno,
    )
    text = linecache.getline(code.co_filename, number).strip()
    return f"{code.co_filename}:{number}: {text}" if text else f"{code.co_filename}:{number}"


def short_line(node: Node) -> str:
    """The user's line, without the folder of the file."""
    if node.place is None:
        return ""
    path = node.place[0].co_filename
    return path.replace("\\", "/").rpartition("/")[2] + node.line.removeprefix(path)


class Graph:
    """A function as data: ``outputs`` computed from ``inputs``.

    ``nodes`` are all nodes that the outputs need, in topological order, inputs left out. A leaf
    that is not among the inputs is a constant.
    """

    def __init__(
        self,
        inputs: Iterable[Tensor],
        outputs: Iterable[Tensor],
        nodes: list[Tensor] | None = None,
    ) -> None:
        self.inputs: tuple[Tensor, ...] = tuple(inputs)
        self.outputs: tuple[Tensor, ...] = tuple(outputs)
        self._nodes = nodes
        self._key: tuple[Any, ...] | None = None

    @property
    def nodes(self) -> list[Tensor]:
        """Nodes in topological order, without the inputs."""
        if self._nodes is None:
            self._nodes = reachable(self.outputs, self.inputs)
        return self._nodes

    @property
    def key(self) -> tuple[Any, ...]:
        """Structure as a hashable value; equal for graphs that do the same with their inputs."""
        if self._key is None:
            self._key = structure_key(self.inputs, self.nodes, self.outputs)
        return self._key

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Graph) and self.key == other.key)

    def __len__(self) -> int:
        return len(self.nodes)

    def __call__(self, *arrays: Any) -> list[Any]:
        """Evaluate: the list of output values. On tensors, inline into their trace."""
        from .interpret import evaluate

        return evaluate(self, *arrays)

    def __str__(self) -> str:
        return print_graph(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Its picture, for notebooks. (By name: the engine knows nothing of drawing.)"""
        from importlib import import_module

        found: str = import_module("chainrule.draw").display(self)
        return found


def reachable(
    outputs: Sequence[Tensor],
    stop: Iterable[Tensor],
    inputs_of: Callable[[Tensor], tuple[Tensor, ...]] = attrgetter("inputs"),
) -> list[Tensor]:
    """All nodes that ``outputs`` need, ``stop`` and what only leads to it left out; in order."""
    seen = set(stop)
    found = []
    pending = list(outputs)
    while pending:
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            found.append(node)
            pending.extend(inputs_of(node))
    found.sort(key=by_serial)
    return found


def structure_key(
    inputs: Sequence[Tensor], nodes: Sequence[Tensor], outputs: Sequence[Tensor]
) -> tuple[Any, ...]:
    """What a computation is, apart from the identity of its nodes."""
    number: dict[Tensor, int] = {}
    key: list[Any] = []
    for node in inputs:
        number[node] = len(number)
        key.append(node.type)
    for node in nodes:  # a primitive, then pairs of a name and a value, then numbers of operands
        number[node] = len(number)
        key.append(node.primitive)
        if node.params:
            key.extend(node.params.items())
        if node.inputs:
            for operand in node.inputs:
                key.append(number[operand])
        elif node.known is not None:
            key.append((node.type, node.known.tobytes()))
    key.append(tuple([number[node] for node in outputs]))
    return tuple(key)


def node_names(graph: Graph) -> dict[Tensor, str]:
    """The name of each node wherever the graph is shown: x0 an input, v3 a result, c0 a constant.

    >>> from chainrule import trace
    >>> list(node_names(trace(lambda x: 2 * x + 1, 3.0)).values())
    ['x0', 'c0', 'v1', 'c1', 'v2']
    """
    names = {node: f"x{index}" for index, node in enumerate(graph.inputs)}
    result = count(sum(node.source is None for node in graph.inputs))
    constant = count()
    for node in graph.nodes:
        is_leaf = node.primitive is None or (not node.inputs and node.known is not None)
        names[node] = f"c{next(constant)}" if is_leaf else f"v{next(result)}"
    return names


def print_graph(graph: Graph, indent: str = "", names: Mapping[Tensor, str] | None = None) -> str:
    """The graph as text, a line a node, with the user's line at the right."""
    name = names or node_names(graph)

    def show(node: Tensor) -> str:
        return _short(node.known) if name[node][0] == "c" else name[node]

    lines = [f"inputs   {', '.join(f'{name[n]}: {n.type}' for n in graph.inputs)}"]
    for node in graph.nodes:
        if node.primitive is not None and name[node][0] != "c":
            inner = [
                f"{key}={_short(value)}"
                for key, value in node.params.items()
                if not isinstance(value, Graph | Callable)
            ]
            arguments = ", ".join([show(operand) for operand in node.inputs] + inner)
            text = f"{name[node]}: {_type_text(node.type)} = {node.primitive.name}({arguments})"
            where = short_line(node)
            lines.append(f"{text:<58} # {where}"[:110] if where else text)
            for key, value in node.params.items():
                if isinstance(value, Graph):
                    lines += [f"  {key}:", print_graph(value, indent + "    ", names)]
    lines.append(f"outputs  {', '.join(show(node) for node in graph.outputs)}")
    return "\n".join(
        indent + line if not line.startswith(indent + " " * 4) else line for line in lines
    )


def _type_text(kind: Type) -> str:
    return str(kind) if isinstance(kind, TensorType) else f"({', '.join(map(str, kind))})"


def _short(value: Any) -> str:
    is_number = isinstance(value, float | np.floating)
    text = " ".join((f"{value:.6g}" if is_number else str(value)).split())
    return text if len(text) <= 40 else text[:37] + "..."
