"""Writes the nodes of a graph as ONNX nodes: names, constants, shapes, subgraphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...engine.graph import Graph, Node, reachable, short_line
from ...engine.interpret import known_value
from ...engine.primitives.families import constant_row
from ...extras import require
from ..batch_size import Counting, Quotient, Repeated, Size, Sizes
from ..traced import label_of
from .kernels import computed_in

_SHARED = 64  # bytes of a constant that is looked for among those written before


class NotExportable(NotImplementedError):
    """A primitive that ONNX cannot express; the message names it, its node and the user's line."""


PARAMETERS = "chainrule.parameters"  # the model's property that lists its initializers to train


class File:
    """What all graphs of one file share: constants, and which names are taken."""

    def __init__(self, sizes: Sizes, labels: Mapping[int, str]) -> None:
        self.sizes, self.labels = sizes, labels
        self.constants: list[Any] = []
        self.parameters: list[str] = []
        self.taken: set[str] = set()
        self.known: dict[Any, str] = {}
        self.batch: tuple[str, int] | None = None  # the input and the axis whose length is n


class Writer:
    """Nodes of one graph, or of a subgraph: the body of a loop, a branch."""

    def __init__(
        self, file: File, prefix: str = "", names: Mapping[Any, str] | None = None
    ) -> None:
        self.file, self.prefix = file, prefix
        self.names: Mapping[Any, str] = names or {}
        self.nodes: list[Any] = []
        self.values: dict[Node, Any] = {}
        self.makers: dict[str, Any] = {}
        self.owner = ""
        self.line = ""
        self.helper = require("onnx", "onnx").helper
        self.kept: dict[Any, str] = {}

    # -- one ONNX node

    def op(self, kind: str, *inputs: str, outputs: int = 0, name: str = "", **settings: Any) -> Any:
        """Write a node; the name of its result, or of its several ``outputs``."""
        name = self.unique(name or f"{self.owner or self.prefix}.{kind.lower()}")
        results = [self.unique(f"{name}.{i}") for i in range(outputs)] or [name]
        made = self.helper.make_node(
            kind, inputs, results, name, doc_string=self.line or None, **settings
        )
        self.nodes.append(made)
        self.makers.update(dict.fromkeys(results, made))
        return results if outputs else name

    def unique(self, name: str) -> str:
        """This name, or one like it that nothing in the file has."""
        found, number = name, 1
        while found in self.file.taken:
            number += 1
            found = f"{name}.{number}"
        self.file.taken.add(found)
        return found

    def typed(
        self,
        kind: str,
        node: Any,
        *inputs: str,
        data: Sequence[int] | None = None,
        of: int = -1,
        **settings: Any,
    ) -> str:
        """An operator, computed in a wider dtype where runtimes have no kernel for this one.

        ``data`` are the places of the inputs that have this dtype (None: all have), which is that
        of the node's operand number ``of``.
        """
        given = node.inputs[of].type.dtype
        wide = computed_in(kind, given)
        if wide == given:
            return self.op(kind, *inputs, **settings)  # type: ignore[no-any-return]
        cast = range(len(inputs)) if data is None else data
        wider = [self.cast(x, wide) if i in cast else x for i, x in enumerate(inputs)]
        result: str = self.op(kind, *wider, **settings)
        is_test = node.dtype == np.bool_ and given != np.bool_
        return result if is_test else self.cast(result, node.dtype)

    def cast(self, value: str, dtype: Any) -> str:
        """A value in another dtype."""
        kind = self.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.op("Cast", value, to=kind)  # type: ignore[no-any-return]

    # -- constants and shapes

    def constant(
        self, value: Any, dtype: Any = None, name: str = "", otherwise: str = "constant"
    ) -> str:
        """An array of the file; small ones that are equal are one, but for those with a name."""
        array = np.asarray(value, dtype)
        is_small = array.nbytes <= _SHARED and array.dtype != object
        key = (array.dtype, array.shape, array.tobytes()) if is_small else None
        if key is not None and not name and key in self.file.known:
            return self.file.known[key]
        found = self.unique(name or otherwise)
        if key is not None and not name:
            self.file.known.setdefault(key, found)
        self.default(found, array)
        return found

    def parameter(self, value: Any, name: str) -> str:
        """An array that training changes, and so the file says which they are."""
        found = self.constant(value, name=name)
        self.file.parameters.append(found)
        return found

    def default(self, name: str, value: Any) -> None:
        """The value of a constant; of an input, what it is where none is given."""
        numpy_helper = require("onnx.numpy_helper", "onnx")
        array = np.asarray(value)
        dense = np.ascontiguousarray(array).reshape(array.shape)  # it makes vectors of scalars
        self.file.constants.append(numpy_helper.from_array(dense, name))

    def ints(self, *values: int) -> str:
        """An int64 vector, for the operators that take axes and bounds as inputs."""
        return self.constant(values, np.int64)

    def shape(self, lengths: Sequence[int]) -> str:
        """A shape as an int64 vector; parts that depend on the batch size are computed."""
        if not any(isinstance(n, Size) for n in lengths):
            return self.ints(*lengths)
        parts = [self.length(n) if isinstance(n, Size) else self.ints(n) for n in lengths]
        return parts[0] if len(parts) == 1 else self.once("Concat", *parts, axis=0)

    def length(self, size: int) -> str:
        """One length as an int64 vector of one element."""
        if not isinstance(size, Size):
            return self.ints(size)
        found = self.batch()
        if size.scale != 1:
            found = self.once("Mul", found, self.ints(size.scale))
        if size.offset:
            found = self.once("Add", found, self.ints(size.offset))
        return found

    def batch(self) -> str:
        """The batch size, as an int64 vector of one element."""
        assert self.file.batch is not None
        name, axis = self.file.batch
        return self.once("Shape", name, start=axis, end=axis + 1)

    def once(self, kind: str, *inputs: str, **settings: Any) -> str:
        """A node that is written once in a graph and found again."""
        key = (kind, *inputs)
        if key not in self.kept:
            self.kept[key] = self.op(
                kind, *inputs, name=f"{self.prefix}n.{kind.lower()}", **settings
            )
        return self.kept[key]

    def scalar(self, size: int) -> str:
        """A length as an int64 number."""
        if not isinstance(size, Size):
            return self.constant(size, np.int64)
        return self.once("Squeeze", self.length(size))

    # -- a graph of ours

    def write(self, graph: Graph) -> list[str]:
        """Nodes for all that the outputs of a graph need; the names of the outputs."""
        from .rows import ROWS

        before = self.owner, self.line
        operands = self._without_repeats(graph)
        for node in reachable(graph.outputs, graph.inputs, operands.__getitem__):
            row = node.primitive
            self.owner = self.prefix + (self.names.get(node) or "inner")
            self.line = short_line(node)
            if row is constant_row or not row:
                self.values[node] = self._leaf(node)
                continue
            if not isinstance(node.type, tuple) and 0 in node.type.shape:
                # Runtimes differ in what they make of nothing.
                nothing = self.constant(0, node.type.dtype)
                self.values[node] = self._named(self.expanded(nothing, self.file.sizes.shape(node)))
                continue
            rule = ROWS.get(row.name)
            if rule is None:
                raise NotExportable(why_not(node, self.owner))
            given = [
                self.values[x] if x is y else self.with_ones(self.values[x], y)
                for x, y in zip(operands[node], node.inputs, strict=True)
            ]
            found = rule(self, node, *given)
            self.values[node] = found if isinstance(found, list) else self._named(found)
        self.owner, self.line = before
        return [self.values[node] for node in graph.outputs]

    def _named(self, result: str) -> str:
        """The last node written for a node of ours gets its id."""
        wanted = self.owner
        maker = self.makers.get(result)
        is_own = maker is not None and self.nodes and self.nodes[-1] is maker
        if not is_own or len(maker.output) > 1:
            return self.op("Identity", result, name=wanted)  # type: ignore[no-any-return]
        name = self.unique(wanted)
        maker.output[0] = maker.name = name
        self.makers[name] = maker
        return name

    def _leaf(self, node: Any) -> str:
        form = self.file.sizes.constants.get(node)
        name = self.owner
        if form is None:
            value = known_value(node)
            label = label_of(self.file.labels, value) or ""
            return self.constant(value, name=label, otherwise=name)
        if isinstance(form, Quotient):
            return self._quotient(form, node.dtype)
        if isinstance(form, Counting):
            return self._counting(form, node.dtype)
        if isinstance(form, Repeated):
            return self.expanded(self.constant(form.base), form.shape)
        value = form.value
        is_quotient = isinstance(value, Quotient)
        number = self._quotient(value, node.dtype) if is_quotient else self.constant(value)
        return self.expanded(number, form.shape)

    def expanded(self, value: str, lengths: Sequence[int]) -> str:
        """A value repeated to this shape."""
        return self.op("Expand", value, self.shape(lengths))  # type: ignore[no-any-return]

    def _quotient(self, form: Quotient, dtype: Any) -> str:
        top, bottom = [self.cast(self.scalar(n), np.float64) for n in (form.top, form.bottom)]
        found = self.op("Div", top, bottom)
        if form.factor != 1:
            found = self.op("Mul", found, self.constant(form.factor, np.float64))
        return self.cast(found, dtype)

    def _counting(self, form: Counting, dtype: Any) -> str:
        zero, one = self.constant(0, np.int64), self.constant(1, np.int64)
        found = self.op("Range", zero, self.scalar(form.shape[form.axis]), one)
        after = tuple(range(1, len(form.shape) - form.axis))
        if after:
            found = self.op("Unsqueeze", found, self.ints(*after))
        return self.cast(self.op("Expand", found, self.shape(form.shape)), dtype)

    def _without_repeats(self, graph: Graph) -> dict[Node, tuple[Any, ...]]:
        """Operands of each node; ONNX's arithmetic repeats by itself what a ``broadcast`` would."""
        given = set(graph.inputs)
        operands = {}
        for node in graph.nodes:
            operands[node] = node.inputs
            if node.primitive is not None and node.primitive.family == "elementwise":
                sources = tuple([x if x in given else _before_repeat(x) for x in node.inputs])
                full = node.inputs[0].type.shape
                kept = set(sources) & set(node.inputs)
                if any(x.type.shape == full for x in kept):
                    operands[node] = sources
        return operands

    def with_ones(self, value: str, repeat: Any) -> str:
        """What a broadcast repeats, with axes of length 1 where it is to be repeated."""
        axes = repeat.params["axes"]
        missing = [a for a in range(min(axes, default=0), len(repeat.type.shape)) if a not in axes]
        if not axes or not missing:
            return value
        first = min(axes)
        places = self.ints(*[axis - first for axis in missing])
        return self.op("Unsqueeze", value, places)  # type: ignore[no-any-return]

    def body(self, kind: str) -> Writer:
        """A writer for a subgraph of the present node; its ids stand after that node's."""
        return Writer(self.file, f"{self.owner}/{kind}/", self.names)

    def info(self, name: str, node: Any) -> Any:
        """Type and shape of an input or output."""
        lengths = [size_text(n) for n in self.file.sizes.shape(node)]
        kind = self.helper.np_dtype_to_tensor_dtype(node.type.dtype)
        return self.helper.make_tensor_value_info(name, kind, lengths)


def size_text(length: int) -> int | str:
    """A length as ONNX spells it: a number, or an expression of N."""
    return repr(length).replace("n", "N") if isinstance(length, Size) else int(length)


def _before_repeat(node: Any) -> Any:
    if node.primitive is None or node.primitive.name != "broadcast":
        return node
    return node.inputs[0]


def why_not(node: Any, name: str) -> str:
    """The error for a primitive without a row."""
    from .rows import NOT_EXPORTABLE

    kind = node.primitive.name
    reason = NOT_EXPORTABLE.get(kind, "there is no row for it; say what it is with formulas=")
    where = short_line(node) or "a line that was not recorded"
    return f"to_onnx: {name} is {kind}, which ONNX cannot express: {reason}. At {where}"
