"""A Module's graph for any batch size: lengths such as ``2 * n + 1`` instead of numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..engine.errors import ShapeError
from ..engine.graph import Graph
from ..engine.primitives.reductions import as_operand
from ..engine.trace import abstract
from ..engine.types import TensorType
from ..nn.module import Module
from .batch_size import compare, trial_sizes
from .errors import ModelFileError
from .graph_json import graph_from_dict, graph_to_dict, sized_to_dict
from .graph_module import add_array, array_of, as_graph_module, fitted
from .graph_rows import read_type

_SIZE = re.compile(r"(?:(\d{1,12}) \* )?n(?: ([+-]) (\d{1,12}))?")
_KEPT = 16  # graphs of the batch sizes met last
_LONGEST = 2**24  # elements of 0, 1, 2, ...
_TRIED = 67  # rows, to see whether a graph is sound


class SizedGraph:
    """A graph's description with lengths that depend on the batch size, and its constants."""

    def __init__(
        self, description: Mapping[str, Any], constants: Mapping[str, np.ndarray], batched: Any
    ) -> None:
        self.description, self.constants = description, constants
        self.batched: tuple[bool, ...] = tuple(batched)  # which inputs have the batch as axis 0
        self._graphs: dict[int, Graph] = {}

    def at(self, n: int) -> Graph:
        """The graph for batches of n."""
        if n not in self._graphs:
            while len(self._graphs) >= _KEPT:
                del self._graphs[next(iter(self._graphs))]
            arrays = dict(self.constants)
            graphs = [_graph_at(graph, n, arrays) for graph in self.description["graphs"]]
            self._graphs[n] = graph_from_dict({"graphs": graphs}, arrays, f"the graph for {n} rows")
        return self._graphs[n]


class BatchModule(Module):
    """A Module of somebody's own as a graph, for any batch size: called, trained, saved.

    It is what ``load`` makes of a file that ``save`` wrote with an ``example``. One output is
    returned as it is, several as a tuple.
    """

    def __init__(self, sized: SizedGraph, parameters: Mapping[str, Any]) -> None:
        self.sized = sized
        self.names = tuple(parameters)
        for name, value in parameters.items():
            add_array(self, name, value)

    def forward(self, *inputs: Any) -> Any:
        """The graph's outputs for a batch of this size."""
        batched = self.sized.batched
        if len(inputs) != len(batched):
            raise TypeError(f"the model takes {len(batched)} inputs, got {len(inputs)}")
        data = [as_operand(x) for x in inputs]
        leading = {x.shape[:1] for x, is_batch in zip(data, batched, strict=True) if is_batch}
        if len(leading) != 1 or () in leading:
            shapes = [x.shape for x in data]
            raise ShapeError(f"the model wants batches of one size, got the shapes {shapes}")
        graph = self._graph_for(leading.pop()[0])
        kinds = [node.type for node in graph.inputs]
        data = [fitted(x, kind, i) for i, (x, kind) in enumerate(zip(data, kinds, strict=False))]
        outputs = graph(*data, *[array_of(self, name) for name in self.names])
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def _graph_for(self, n: int) -> Graph:
        try:
            return self.sized.at(n)
        except ModelFileError as error:
            raise ShapeError(f"the model cannot take a batch of {n} rows: {error}") from None

    def extra_repr(self) -> str:
        """Types of inputs and outputs."""
        whole = self.sized.description["graphs"][-1]
        types = [*whole["inputs"], *[node.get("type") for node in whole["nodes"]]]
        results = [types[number] for number in whole["outputs"]]
        return f"{', '.join(types[: len(self.sized.batched)])} -> {', '.join(results)}"


def as_batch_module(module: Module, *examples: Any) -> BatchModule:
    """Any Module as a BatchModule: traced in its present mode, for four batch sizes.

    The batch is the first axis of each example that is as long as that of the first one. Raises
    ``ValueError`` where the Module is not the same for each size.

    >>> import chainrule as cr
    >>> net = cr.nn.Sequential(cr.nn.Linear(3, 4), cr.nn.Tanh())
    >>> model = as_batch_module(net, np.ones((2, 3), np.float32))
    >>> model
    BatchModule(f32[n,3] -> f32[n,4])  # 16 parameters
    >>> model(np.ones((7, 3), np.float32)).shape
    (7, 4)
    """
    kinds = [abstract(as_operand(x)) for x in examples]
    if not kinds or not kinds[0].shape:
        raise ValueError("there is no batch: the first example is a number")
    n = kinds[0].shape[0]
    batched = [kind.shape[:1] == (n,) for kind in kinds]
    plain = as_graph_module(module, *kinds)
    sizes = trial_sizes([length for kind in kinds for length in kind.shape])
    traced = [as_graph_module(module, *_resized(kinds, batched, size)) for size in sizes]
    graphs = [one.graph for one in traced]
    sized = SizedGraph(*sized_to_dict(graphs[0], compare(graphs, sizes)), batched)
    if _written(sized.at(n)) != _written(plain.graph):
        raise ValueError(f"the graph for {n} rows is not that for {sizes[0]} in other lengths")
    state = plain.state_dict()
    return BatchModule(sized, {name: state[name] for name in plain.names})


def check_batch_module(module: BatchModule) -> None:
    """``ValueError`` unless the graph for some batch size is sound and takes the parameters."""
    sized = module.sized
    if not all(type(flag) is bool for flag in sized.batched) or not any(sized.batched):
        raise ValueError("no input has a batch")
    kinds = [node.type for node in sized.at(_TRIED).inputs]
    first = len(sized.batched)
    arrays = [abstract(array_of(module, name)) for name in module.names]
    leading = [kind.shape[:1] for kind, flag in zip(kinds, sized.batched, strict=False) if flag]
    if kinds[first:] != arrays or set(leading) != {(_TRIED,)}:
        raise ValueError(f"the graph wants {kinds}")


def _resized(kinds: Sequence[TensorType], batched: Sequence[bool], n: int) -> list[TensorType]:
    return [
        TensorType.of((n, *kind.shape[1:]), kind.dtype) if is_batch else kind
        for kind, is_batch in zip(kinds, batched, strict=True)
    ]


def _written(graph: Graph) -> Any:
    """What a file would say of it: the same for graphs that do the same, bit for bit."""
    description, arrays = graph_to_dict(graph)
    return description, {name: array.tobytes() for name, array in arrays.items()}


# -- for one size ------------------------------------------------------------------------------


def _graph_at(written: Any, n: int, arrays: dict[str, np.ndarray]) -> Any:
    """The description of a graph with numbers in place of lengths; constants go to ``arrays``."""
    try:
        return {
            **written,
            "inputs": [_type_at(text, n) for text in written["inputs"]],
            "nodes": [_node_at(node, n, arrays) for node in written["nodes"]],
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"the graph for {n} rows is damaged: {error!r}"[:500]) from None


def _node_at(written: Any, n: int, arrays: dict[str, np.ndarray]) -> Any:
    node = {key: _number_at(value, n) for key, value in written.items()}
    node["type"] = _type_at(written["type"], n)
    if "filled" not in node and "counting" not in node:
        return node
    name = f"n{len(arrays)}"
    arrays[name] = _constant_at(node, read_type(node["type"]))
    return {"constant": name, "type": node["type"]}


def _constant_at(node: Mapping[str, Any], kind: TensorType) -> np.ndarray:
    """A repeated number, or the places along an axis; neither takes memory for each element."""
    if "filled" in node:
        value = node["filled"]
        if isinstance(value, list):
            top, bottom = value
            value = top if bottom == 1 else top / bottom
        return np.broadcast_to(np.asarray(value, kind.dtype), kind.shape)
    shape = [1] * kind.ndim
    shape[node["counting"]] = length = kind.shape[node["counting"]]
    if length > _LONGEST:
        raise ValueError(f"counting to {length} is too far")
    return np.broadcast_to(np.arange(length, dtype=kind.dtype).reshape(shape), kind.shape)


def _number_at(value: Any, n: int) -> Any:
    """The value with each length that depends on n replaced by a number."""
    if isinstance(value, list):
        return [_number_at(item, n) for item in value]
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    scale, sign, offset = found.groups()
    return int(scale or 1) * n + int(f"{sign or '+'}{offset or 0}")


def _type_at(text: Any, n: int) -> Any:
    if isinstance(text, list):
        return [_type_at(part, n) for part in text]
    word, _, inside = text.removesuffix("]").partition("[")
    lengths = [str(_number_at(length, n)) for length in inside.split(",")]
    return f"{word}[{','.join(lengths)}]"
