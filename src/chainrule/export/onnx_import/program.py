"""An ONNX graph as a list of operations, and running it."""

from __future__ import annotations

import inspect
from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from ...engine import trace
from ...extras import require
from ..errors import ModelFileError
from .operators import find
from .reading import TensorReader, check_text

Values = MutableMapping[str, Any]


@dataclass(frozen=True, eq=False)
class Operation:
    """A node of an ONNX graph: ``outputs = function(*inputs, **attributes)``, by names.

    ``modules`` are the names of the exporter's modules around it, where the node's name has them
    ("/encoder/0/Gemm"): what it makes is drawn inside of those.
    """

    kind: str
    label: str
    modules: tuple[str, ...]
    function: Callable[..., Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def run(self, values: Values) -> None:
        """Put the results among the values."""
        inputs = [values[name] if name else None for name in self.inputs]
        inner = {k: _bound(v, values) for k, v in self.attributes.items() if isinstance(v, Program)}
        try:
            with self._scope():
                results = self.function(*inputs, **{**self.attributes, **inner})
        except Exception as error:
            error.add_note(f"in the ONNX node {self.label}")
            raise
        results = results if isinstance(results, tuple | list) else (results,)
        values.update((n, x) for n, x in zip(self.outputs, results, strict=False) if n)

    def _scope(self) -> AbstractContextManager[None]:
        around = trace.state.scope
        return nullcontext() if around is None else trace.scope((*around, *self.modules))


@dataclass(frozen=True, eq=False)
class Program:
    """A graph: operations in order, with the arrays that the file brings along."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, Any]
    operations: tuple[Operation, ...]

    def run(self, values: Values) -> list[Any]:
        """The outputs for these values of inputs (and of what lies around a subgraph)."""
        for operation in self.operations:
            operation.run(values)
        return [values[name] for name in self.outputs]


def _bound(program: Program, outer: Values) -> Callable[..., list[Any]]:
    """A subgraph as a function of its inputs; it also sees the names of the graph around it."""

    def call(*inputs: Any) -> list[Any]:
        own = {**program.constants, **dict(zip(program.inputs, inputs, strict=True))}
        return program.run(ChainMap(own, outer))

    return call


# -- from ONNX ---------------------------------------------------------------------------------


@dataclass
class Builder:
    """Turns graphs of one file into Programs, and collects what is wrong with all of them."""

    opsets: Mapping[str, int]
    tensors: TensorReader
    missing: dict[tuple[str, str, int], list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def program(self, graph: Any, around: Sequence[str] = ()) -> Program:
        """The Program of a ``GraphProto``; ``around``: names that it may use from outside."""
        arrays = [*graph.initializer, *[t.values for t in graph.sparse_initializer]]
        check_text(*[value.name for value in (*graph.input, *graph.output, *arrays)])
        constants = {t.name: self.tensors.array(t) for t in graph.initializer}
        constants |= {t.values.name: self.tensors.dense(t) for t in graph.sparse_initializer}
        inputs = [value.name for value in graph.input]
        known = {"", *around, *constants, *inputs}
        operations = []
        for place, node in enumerate(graph.node):
            check_text(node.name, node.domain, node.op_type, *node.input, *node.output)
            check_text(*[attribute.name for attribute in node.attribute])
            label = f"{node.name or place} ({node.op_type})"
            for name in node.input:
                if name not in known:
                    raise ModelFileError(
                        f"the ONNX node {label} reads {name!r}, made nowhere above"
                    )
            operations.append(self._operation(node, label, known))
            known.update(node.output)
        outputs = tuple(value.name for value in graph.output)
        for name in outputs:
            if name not in known:
                raise ModelFileError(f"the ONNX graph returns {name!r}, which no node makes")
        return Program(tuple(inputs), outputs, constants, tuple(operations))

    def _operation(self, node: Any, label: str, known: set[str]) -> Operation:
        domain = "" if node.domain == "ai.onnx" else node.domain
        version = self.opsets.get(domain, 0)
        attributes = {a.name: self._attribute(a, known) for a in node.attribute}
        function = find(domain, node.op_type, version)
        if function is None:
            self.missing.setdefault((domain, node.op_type, version), []).append(label)
            function = _absent
        else:
            parameters, takes_all = _parameters(function)
            names = [name for name in attributes if name not in parameters and not takes_all]
            self.unknown += [f"{name} of node {label}" for name in names]
            if "outputs" in parameters:
                attributes["outputs"] = len(node.output)
        modules = tuple(part for part in node.name.split("/")[:-1] if part)
        names = tuple(node.input), tuple(node.output)
        return Operation(node.op_type, label, modules, function, *names, attributes)

    def _attribute(self, attribute: Any, known: set[str]) -> Any:
        kinds = require("onnx", "onnx").AttributeProto
        match attribute.type:
            case kinds.FLOAT:
                return attribute.f
            case kinds.INT:
                return attribute.i
            case kinds.STRING:
                return attribute.s.decode("utf-8", "replace")
            case kinds.FLOATS:
                return list(attribute.floats)
            case kinds.INTS:
                return list(attribute.ints)
            case kinds.STRINGS:
                return [s.decode("utf-8", "replace") for s in attribute.strings]
            case kinds.TENSOR:
                return self.tensors.array(attribute.t)
            case kinds.SPARSE_TENSOR:
                return self.tensors.dense(attribute.sparse_tensor)
            case kinds.GRAPH:
                return self.program(attribute.g, tuple(known))
            case kinds.TYPE_PROTO:
                return None  # values bring their types along
        raise ModelFileError(f"the attribute {attribute.name!r} is of a kind that is not read")


def _parameters(function: Any) -> tuple[Mapping[str, Any], bool]:
    """The parameters of an operator's function, and whether it takes any others."""
    if not inspect.isfunction(function):  # a primitive: it has no attributes
        return {}, False
    parameters = inspect.signature(function).parameters
    kinds = [parameter.kind for parameter in parameters.values()]
    return parameters, inspect.Parameter.VAR_KEYWORD in kinds


def _absent(*inputs: Any, **attributes: Any) -> Any:
    raise NotImplementedError
