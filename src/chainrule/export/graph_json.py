"""Any graph as JSON and arrays, and back, with nothing taken on trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..engine.graph import Graph, Node
from ..engine.primitives import closures, control, indexing
from ..engine.primitives.families import constant_row
from ..engine.tensor import Tensor
from ..engine.trace import at_place, placeholder
from ..engine.types import TensorType
from .batch_size import Counting, Filled, Quotient, Sizes
from .errors import ModelFileError
from .graph_rows import ROWS, WORDS, check_size, read_type, type_text, types_of, write_count
from .in_bounds import clipped

MOST_NODES = 1_000_000
_FIRST_INDEX = {indexing.gather: 1, indexing.scatter: 2, indexing.scatter_add: 2}

# -- to JSON -----------------------------------------------------------------------------------


def graph_to_dict(graph: Graph) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A graph as a dict that JSON can hold, and its constants by name.

    ``{"graphs": [...]}`` has the graph last, after those that its scans, branches and loops hold;
    each is ``{"inputs": types, "nodes": [...], "outputs": numbers}``. Inputs and then nodes are
    numbered from 0; a node is ``{"op", "inputs", "type"}`` and its parameters, or
    ``{"constant": name, "type"}``. Raises ``ModelFileError`` for what is Python code: a derivative
    of the user's own, or a primitive of the user's own.

    >>> import chainrule as cr, numpy as np
    >>> description, arrays = graph_to_dict(cr.trace(lambda x: np.sum(x * 3), np.ones(2)))
    >>> description["graphs"][0]["nodes"][-1]
    {'op': 'sum', 'inputs': [3], 'axes': [0], 'type': 'f64[]'}
    >>> arrays
    {'c0': array(3.)}
    """
    return sized_to_dict(graph, Sizes())


def sized_to_dict(graph: Graph, sizes: Sizes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The same, with texts such as ``2 * n + 1`` for the numbers that depend on the batch size."""
    writer = _Writer(sizes)
    writer.number_of(graph)
    return {"graphs": writer.graphs}, writer.arrays


class _Writer:
    """Graphs met so far, each once, those inside another before it."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.graphs: list[dict[str, Any]] = []
        self.arrays: dict[str, np.ndarray] = {}
        self._numbers: dict[int, int] = {}
        self._kept: list[Graph] = []  # so that no other graph gets an old one's id

    def number_of(self, graph: Graph) -> int:
        """The place of a graph in the list, where it is put now if it is not there."""
        if id(graph) not in self._numbers:
            written = self._written(graph)
            self._numbers[id(graph)] = len(self.graphs)
            self._kept.append(graph)
            self.graphs.append(written)
        return self._numbers[id(graph)]

    def _written(self, graph: Graph) -> dict[str, Any]:
        number = {node: i for i, node in enumerate(graph.inputs)}
        nodes = []
        for node in graph.nodes:
            number[node] = len(number)
            nodes.append(self._node(node, number))
        return {
            "inputs": [self._type(node) for node in graph.inputs],
            "nodes": nodes,
            "outputs": [number[node] for node in graph.outputs],
        }

    def _node(self, node: Node, number: Mapping[Node, int]) -> dict[str, Any]:
        if not node.inputs and isinstance(node.known, np.ndarray | np.generic):
            return {**self._constant(node), "type": self._type(node)}
        if node.primitive is None:
            raise ModelFileError(
                f"the graph needs {node.type}, which is neither an input nor a constant: make it "
                "an argument of the traced function"
            )
        name = node.primitive.name
        row = ROWS.get(name)
        if row is None or row.primitive is not node.primitive:
            why = "its derivative is Python code" if name == "custom_vjp" else "it is not our own"
            raise ModelFileError(
                f"the operation {name!r} ({node.line or 'its line is not known'}) cannot be saved: "
                f"{why}. Write it with operations of chainrule.numpy instead."
            )
        given = self.sizes.params(node).items()
        params = {key: row.params[key].write(value, self.number_of) for key, value in given}
        inputs = [number[operand] for operand in node.inputs]
        return {"op": name, "inputs": inputs, **params, "type": self._type(node)}

    def _type(self, node: Node) -> Any:
        kind, shape = node.type, self.sizes.shapes.get(node)
        if shape is None:
            return _text(kind)
        if isinstance(kind, tuple):
            return [type_text(part.dtype, own) for part, own in zip(kind, shape, strict=True)]
        return type_text(kind.dtype, shape)

    def _constant(self, node: Node) -> dict[str, Any]:
        sized = self.sizes.constants.get(node)
        if isinstance(sized, Counting):
            return {"counting": sized.axis}
        if sized is not None:
            value = sized.value if isinstance(sized, Filled) else sized
            if isinstance(value, Quotient):
                return {"filled": [write_count(value.top), write_count(value.bottom)]}
            return {"filled": np.asarray(value).item()}
        name = f"c{len(self.arrays)}"
        self.arrays[name] = np.asarray(node.known)
        return {"constant": name}


def _text(kind: Any) -> Any:
    if isinstance(kind, tuple):
        return [_text(part) for part in kind]
    return type_text(kind.dtype, kind.shape)


# -- from JSON ---------------------------------------------------------------------------------


def graph_from_dict(
    description: Mapping[str, Any], arrays: Mapping[str, np.ndarray], where: str = "the graph"
) -> Graph:
    """The graph that ``graph_to_dict`` wrote; ``ModelFileError`` where anything does not fit.

    Every operation must be one of ours, with sound parameters, and each type must be what the
    operation gives. An index that is not proved to be within its array's bounds is clipped to them:
    a graph from a file cannot read or write outside of its arrays.

    >>> import chainrule as cr, numpy as np
    >>> graph = cr.trace(lambda x: np.sum(x * 3), np.ones(2))
    >>> graph_from_dict(*graph_to_dict(graph)) == graph
    True
    """
    reader = _Reader(arrays)
    try:
        listed = description["graphs"]
        if not isinstance(listed, list) or not listed:
            raise ValueError("there is no list of graphs")
        for number, written in enumerate(listed):
            reader.where = f"graph {number}"
            reader.graphs.append(reader.graph(written))
    except ModelFileError:
        raise
    except Exception as error:  # a rule of types may fail in any way on parameters that it trusts
        what = f"{type(error).__name__}: {error}" if not str(error) else str(error)
        raise ModelFileError(f"{where} is damaged: {reader.where}: {what}"[:500]) from None
    return reader.graphs[-1]


class _Reader:
    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.arrays = arrays
        self.graphs: list[Graph] = []
        self.where = ""
        self._count = 0
        self._bounds: dict[Node, tuple[int, int]] = {}

    def graph(self, written: Any) -> Graph:
        """One graph of the list; those that it holds are there already."""
        _expect_keys(written, {"inputs", "nodes", "outputs"})
        inputs = [placeholder(read_type(text)) for text in _list(written["inputs"])]
        nodes = list(inputs)
        self._count += len(nodes) + len(_list(written["nodes"]))
        if self._count > MOST_NODES:
            raise ValueError(f"there are more than {MOST_NODES} nodes")
        start = self.where
        for place, node in enumerate(written["nodes"]):
            self.where = f"{start}, node {place}"
            nodes.append(self._node(node, nodes))
        self.where = start
        outputs = _operands(written["outputs"], nodes)
        if any(isinstance(node.type, tuple) for node in outputs):
            raise ValueError("an output is several results")
        return Graph(inputs, outputs)

    def _node(self, written: Any, nodes: Sequence[Tensor]) -> Tensor:
        if not isinstance(written, dict):
            raise ValueError("it is no object")
        if "constant" in written:
            return self._constant(written)
        name = written.get("op")
        row = ROWS.get(name) if isinstance(name, str) else None
        if row is None:
            raise ValueError(f"there is no operation {str(name)[:40]!r}")
        _expect_keys(written, {"op", "inputs", "type", *row.params})
        operands = _operands(written["inputs"], nodes)
        params = {key: kind.read(written[key], self.graphs) for key, kind in row.params.items()}
        types = types_of(operands)
        severals = [isinstance(kind, tuple) for kind in types]
        if severals != [row.primitive is closures.pick] * len(severals) or not severals:
            raise ValueError(f"{name} cannot take {types}")
        if not row.fits(*types, **params):
            raise ValueError(f"{name} of {types} cannot have {params}"[:300])
        return self._made(row.primitive, operands, params, written["type"])

    def _made(self, primitive: Any, operands: Any, params: Any, text: Any) -> Tensor:
        """The node, its type compared with what the file says, its indices within bounds."""
        kind = primitive.infer(*types_of(operands), **params)
        _expect_type(primitive, kind, text)
        first = _FIRST_INDEX.get(primitive)
        if first is not None:
            lengths = [operands[0].shape[axis] for axis in params["axes"]]
            indices = self._clipped(operands[first:], lengths)
            operands = (*operands[:first], *indices)
        elif primitive is control.cond_row:
            index = self._clipped(operands[:1], [len(params["branches"])])
            operands = (*index, *operands[1:])
        return Tensor(primitive, operands, params, kind)

    def _clipped(self, indices: Sequence[Tensor], lengths: Sequence[int]) -> list[Tensor]:
        with at_place(None):
            return clipped(indices, lengths, self._bounds)

    def _constant(self, written: dict[str, Any]) -> Tensor:
        _expect_keys(written, {"constant", "type"})
        array = self.arrays.get(written["constant"])
        if array is None:
            raise ValueError(f"there is no array {str(written['constant'])[:40]!r}")
        kind = TensorType.of(array.shape, array.dtype)
        if array.dtype not in WORDS or _text(kind) != written["type"]:
            raise ValueError(f"the array is {kind}, not {str(written['type'])[:40]}")
        return Tensor(constant_row, (), {}, kind, None, array[()])


def _expect_type(primitive: Any, kind: Any, text: Any) -> None:
    for part in kind if isinstance(kind, tuple) else (kind,):
        check_size(part.shape)
    if _text(kind) != text:
        raise ValueError(f"{primitive.name} gives {_text(kind)}, not {str(text)[:60]}")


def _operands(numbers: Any, nodes: Sequence[Tensor]) -> tuple[Tensor, ...]:
    for number in _list(numbers):
        if type(number) is not int or not 0 <= number < len(nodes):
            raise ValueError(f"there is no node {str(number)[:40]} before it")
    return tuple([nodes[number] for number in numbers])


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{str(value)[:40]!r} is no list")
    return value


def _expect_keys(written: Any, wanted: set[str]) -> None:
    if not isinstance(written, dict) or written.keys() != wanted:
        given = sorted(written) if isinstance(written, dict) else written
        raise ValueError(f"it needs {sorted(wanted)}, and has {given}"[:300])
