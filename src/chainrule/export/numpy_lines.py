"""The lines of an exported function: NumPy text of a traced graph, for any number of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..engine.graph import Graph, Node, short_line
from ..engine.primitives.closures import pick
from ..engine.primitives.families import constant_row
from ..engine.tensor import Tensor
from ..engine.trace import placeholder
from ..engine.types import TensorType
from ..explain.code import Scope
from ..explain.code.numpy_text import Text, dtype_text, new_axes
from .batch_size import Counting, Filled, Quotient, Repeated, Sizes
from .traced import Traced, label_of


def freed(
    found: Traced, keep: Callable[[Any], str]
) -> tuple[Graph, dict[Node, str], dict[Node, Text]]:
    """The graph with n in its shapes and parameters; names of nodes; text of its constants.

    ``keep`` puts an array into the file, and returns the text that reads it.
    """
    graph, new = _freed(found.graph, found.sizes)
    names = {
        new[node]: found.names[node]
        for node in (*found.graph.inputs, *found.graph.nodes)
        if node.primitive is not constant_row
    }
    texts = {
        new[node]: Text(_constant_text(form, node.type.dtype, keep))
        for node, form in found.sizes.constants.items()
        if node in new and not _is_plain(form)
    }
    for node in found.graph.nodes:  # buffers
        if node.primitive is constant_row and node.shape and label_of(found.labels, node.known):
            texts[new[node]] = Text(keep(node.known))
    return graph, names, texts


def _freed(graph: Graph, sizes: Sizes) -> tuple[Graph, dict[Node, Any]]:
    """The graph, and those in its nodes, with n; and its nodes by the old ones."""
    new: dict[Node, Any] = {node: placeholder(_type(node, sizes)) for node in graph.inputs}
    for node in graph.nodes:
        operands = tuple([new[x] for x in node.inputs])
        params = {key: _inside(value, sizes) for key, value in sizes.params(node).items()}
        made = Tensor(node.primitive, operands, params, _type(node, sizes), node.place)
        made.known, made.source = node.known, node.source
        new[node] = made
    outputs = [new[node] for node in graph.outputs]
    return Graph([new[node] for node in graph.inputs], outputs), new


def _inside(value: Any, sizes: Sizes) -> Any:
    if isinstance(value, Graph):
        return _freed(value, sizes)[0]
    if isinstance(value, tuple) and value and isinstance(value[0], Graph):
        return tuple([_inside(item, sizes) for item in value])
    return value


def _type(node: Any, sizes: Sizes) -> Any:
    if node not in sizes.shapes:
        return node.type
    if isinstance(node.type, tuple):
        pairs = zip(sizes.shapes[node], node.type, strict=True)
        return tuple([_free(shape, kind) for shape, kind in pairs])
    return _free(sizes.shapes[node], node.type)


def _free(shape: tuple[int, ...], kind: TensorType) -> TensorType:
    """A type that is not interned, so that it prints lengths that depend on n."""
    free = object.__new__(TensorType)
    free.shape, free.dtype, free.is_float = shape, kind.dtype, kind.is_float
    return free


def _is_plain(form: Any) -> bool:
    return isinstance(form, Filled) and not isinstance(form.value, Quotient)


def _constant_text(form: Any, dtype: Any, keep: Callable[[Any], str]) -> str:
    if isinstance(form, Repeated):
        return f"np.broadcast_to({keep(form.base)}, {form.shape})"
    kind = dtype_text(np.dtype(dtype))
    if isinstance(form, Quotient):
        return f"{kind}({_ratio(form)})"
    if isinstance(form, Counting):
        line = [1] * len(form.shape)
        line[form.axis] = form.shape[form.axis]
        counted = f"np.arange({form.shape[form.axis]}).astype({kind})"
        if len(form.shape) == 1:
            return counted
        return f"np.broadcast_to({counted}.reshape({tuple(line)}), {form.shape})"
    return f"np.full({form.shape}, {_ratio(form.value)}, {kind})"


def _ratio(form: Quotient) -> str:
    text = f"{form.top}" if form.bottom == 1 else f"({form.top}) / ({form.bottom})"
    return text if form.factor == 1 else f"{form.factor!r} * ({text})"


def write_lines(
    scope: Scope, graph: Graph, names: Mapping[Node, str], with_lines: bool = True
) -> None:
    """A line for each node, under the Module or the user's line that it comes from."""
    repeats = _needless(graph)
    picks: dict[Any, list[Any]] = {}  # the results of a loop are named where it is written
    for node in graph.nodes:
        if node.primitive is pick:
            picks.setdefault(node.inputs[0], []).append(node)
    said = ""
    for node in graph.nodes:
        if node in repeats and node.inputs[0] not in scope.literals:
            scope.texts[node] = Text(_aligned(scope, node))
            continue
        lines = len(scope.lines)
        scope.write([node, *picks.get(node, ())], names)
        where = _where(node, with_lines)
        if len(scope.lines) > lines and where and where != said:
            scope.lines.insert(lines, f"# {' '.join(where.split())}"[:90])
            said = where


def _where(node: Any, with_lines: bool) -> str:
    scopes = node.place[2] if node.place else None
    if scopes:
        return " > ".join(scopes[1:] or scopes)
    return short_line(node) if with_lines else ""


def _needless(graph: Graph) -> set[Node]:
    """Broadcasts that NumPy's arithmetic does by itself, wherever they are read."""
    repeats = {
        n for n in graph.nodes if n.primitive is not None and n.primitive.name == "broadcast"
    }
    kept = set(graph.outputs)
    for node in graph.nodes:
        if node.primitive is None or node.primitive.family != "elementwise":
            kept |= set(node.inputs)
            continue
        shapes = [_spread_shape(x) if x in repeats else x.type.shape for x in node.inputs]
        if np.broadcast_shapes(*shapes) != tuple(node.type.shape):
            kept |= set(node.inputs)
    return repeats - kept


def _spread_shape(node: Any) -> tuple[int, ...]:
    """The shape of a broadcast's source, with axes of length 1."""
    lengths = dict(zip(node.params["axes"], node.inputs[0].type.shape, strict=True))
    return tuple([lengths.get(axis, 1) for axis in range(len(node.params["shape"]))])


def _aligned(scope: Scope, node: Any) -> str:
    (source,) = node.inputs
    shape = _spread_shape(node)
    axes = node.params["axes"]
    wanted = shape[min(axes, default=len(shape)) :]
    index = new_axes(source.type.shape, wanted) if axes else None
    text = scope.texts[source]
    return f"{text.within(10)}[{index}]" if index and "None" in index else text.text
