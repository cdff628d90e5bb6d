"""Export: a function or a network as an ONNX model that any runtime of the standard runs."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ... import __version__
from ...engine.graph import Graph
from ...extras import require
from ...files import write_whole
from ..batch_size import warn_if_fixed
from ..traced import Traced, traced
from .expand import expand
from .writer import PARAMETERS, File, Writer

OPSET = 20
IR_VERSION = 10  # onnx's newest is refused by onnxruntime


def to_onnx(
    fn: Callable[..., Any],
    *examples: Any,
    path: str | Path | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    batch: bool | Sequence[int] = True,
    formulas: Mapping[str, Callable[..., Any]] = MappingProxyType({}),
) -> Any:
    """A function of arrays, or a Module in evaluation mode, as an ``onnx.ModelProto``.

    The ids of nodes are those of ``print(chainrule.trace(fn, *examples))`` and of the drawing; each
    node's ``doc_string`` is the line of the program that made it. Parameters are initializers under
    their dotted names. The model has passed onnx's full check.

    Parameters
    ----------
    fn, examples
        What to export, and arguments it is called with: only their shapes and dtypes matter.
    path
        Where to write the model, if anywhere.
    input_names, output_names
        What arrays are called, in the order of the arguments' and the result's leaves; where None,
        by their ids, x0, x1, ...
    batch
        Whether the first axis of the examples may have any length, ``N``: of all arrays as long as
        the first; or the places of the arguments that have such an axis, ``batch=(0,)``. Where the
        function does not allow that, a ``FixedBatchWarning`` says why, and the model takes the
        examples' length.

    formulas
        For primitives of your own: by name, a function of tensors that computes the same from the
        operands and parameters, ``{"double": lambda x: x + x}``.

    Raises
    ------
    NotExportable
        For a primitive that ONNX cannot express; it names node, primitive and line.
    MissingExtra
        Without onnx: ``pip install 'chainrule[onnx]'``.

    >>> import chainrule as cr, numpy as np
    >>> from chainrule.export import to_onnx
    >>> net = cr.nn.Sequential(cr.nn.Linear(3, 4), cr.nn.Tanh(), cr.nn.Linear(4, 1))
    >>> model = to_onnx(net, np.zeros((8, 3), np.float32))
    >>> [node.op_type for node in model.graph.node]
    ['Gemm', 'Add', 'Tanh', 'Gemm', 'Add']
    >>> [tensor.name for tensor in model.graph.initializer]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """
    require("onnx", "onnx")
    found = traced(fn, examples, batch, functools.partial(expand, own=formulas))
    warn_if_fixed(found.fixed)
    model = write_model(found, _called(fn), input_names, output_names)
    return finished(model, path)


def _called(fn: Any) -> str:
    return getattr(fn, "__name__", type(fn).__name__).strip("<>")


def write_model(
    found: Traced,
    name: str,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    defaults: Mapping[str, Any] = MappingProxyType({}),
) -> Any:
    """The model of a traced function, not checked yet; ``defaults`` are values of inputs."""
    file = File(found.sizes, found.labels)
    w = Writer(file, names=found.names)
    inputs = checked_names("input_names", input_names, [found.names[n] for n in found.inputs])
    if both := set(inputs) & set(output_names or ()):
        raise ValueError(f"to_onnx: {sorted(both)} are names of inputs and of outputs")
    file.taken.update(output_names or ())
    given = []
    for node, label in zip(found.inputs, inputs, strict=True):
        w.values[node] = w.unique(label)
        given.append(w.info(label, node))
    for label, value in defaults.items():
        w.default(label, value)
    for node, (label, array) in zip(
        found.graph.inputs[len(inputs) :], found.parameters, strict=True
    ):
        w.values[node] = w.parameter(array, label)
    file.batch = batch_place(found, inputs)
    results = w.write(found.graph)
    wanted = output_names
    if wanted is None:
        wanted = [_free(w, r, i, results) for i, r in enumerate(results)]
    outputs = named_outputs(w, found.graph, results, checked_names("output_names", wanted, results))
    return assemble(w, name, given, outputs, found.fixed)


def _free(w: Writer, result: str, place: int, results: list[str]) -> str:
    """A result's own id; another name where it is no node's own, or is returned twice."""
    if result in w.makers and result not in results[:place]:
        return result
    return f"output{place}"


def checked_names(setting: str, names: Sequence[str] | None, ids: Sequence[str]) -> list[str]:
    """As many names as there are arrays, all different; the ids where none are given."""
    if names is None:
        return list(ids)
    found = [names] if isinstance(names, str) else list(names)
    if len(found) != len(ids) or len(set(found)) != len(found):
        raise ValueError(
            f"to_onnx: {setting} must be {len(ids)} different names, one for each array, "
            f"not {names!r}"
        )
    return found


def batch_place(found: Traced, inputs: Sequence[str]) -> tuple[str, int] | None:
    """The input whose first axis is as long as the batch."""
    for node, label in zip(found.inputs, inputs, strict=True):
        if node in found.sizes.shapes:
            return label, 0
    return None


def named_outputs(w: Writer, graph: Graph, results: list[str], wanted: Sequence[str]) -> list[Any]:
    """The outputs' types, after giving them the names that are wanted."""
    infos = []
    for node, result, name in zip(graph.outputs, results, wanted, strict=True):
        if name != result:
            w.file.taken.discard(name)  # which was kept for it
            w.op("Identity", result, name=name)
        infos.append(w.info(name, node))
    return infos


def assemble(
    w: Writer,
    name: str,
    inputs: list[Any],
    outputs: list[Any],
    doc: str = "",
    domains: Mapping[str, int] = MappingProxyType({}),
) -> Any:
    """A model of the nodes written so far; ``domains`` are further sets of operators."""
    helper = w.helper
    graph = helper.make_graph(
        w.nodes, name, inputs, outputs, w.file.constants, doc_string=doc or None
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid(*pair) for pair in {"": OPSET, **domains}.items()],
        ir_version=IR_VERSION,
        producer_name="chainrule",
        producer_version=__version__,
    )
    # So that ``from_onnx`` trains the same ones again.
    helper.set_model_props(model, {PARAMETERS: json.dumps(w.file.parameters)})
    return model


def finished(model: Any, path: str | Path | None) -> Any:
    """The model after onnx's full check, and written where a path is given."""
    require("onnx.checker", "onnx").check_model(model, full_check=True)
    if path is not None:
        write_whole(model.SerializeToString(), path)
    return model
