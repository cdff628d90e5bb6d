"""OnnxModule: an ONNX model as a Module, to evaluate, differentiate, fine-tune and save."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...engine.errors import DtypeError, ShapeError
from ...engine.primitives import logic
from ...engine.primitives.reductions import as_operand
from ...nn.module import Module
from ..errors import ModelFileError
from ..graph_module import GraphModule, as_graph_module
from ..onnx.writer import PARAMETERS
from .expansion import expanded, opsets
from .operators import NUMBERS, STATISTICS
from .program import Builder, Program
from .reading import TensorReader, dtype_of, read_model


def from_onnx(
    source: Any, *, trainable: Iterable[str] | Callable[[str], bool] | None = None
) -> OnnxModule:
    """An ONNX model as a Module.

    Parameters
    ----------
    source
        The path of a file, its content as bytes, or an ``onnx.ModelProto``.
    trainable
        Names of the initializers that become Parameters, or a function that tells by the name.
        None takes those that ``to_onnx`` has listed in its file; of other files all floating-point
        arrays with at least one axis, apart from the running statistics of batch normalisation
        (which become buffers) and settings of an operator (the scales of Resize).

    Operators and attributes that are missing here are reported all at once, before anything runs;
    what ONNX itself defines by simpler operators is replaced by those. Files are not trusted:
    ``ModelFileError`` says what is wrong with one, and tensors in other files are read from the
    model's own folder only.

    >>> import numpy as np, onnx.parser
    >>> model = from_onnx(onnx.parser.parse_model('''
    ...     <ir_version: 10, opset_import: ["": 21]>
    ...     double (float[N, 2] x) => (float[N, 2] y) <float[1] two = {2.0}> { y = Mul(x, two) }
    ... '''))
    >>> model
    OnnxModule(x: f32[N,2] -> y)  # 1 parameter
    >>> model(np.ones((3, 2))).shape
    (3, 2)
    """
    proto, folder = read_model(source)
    proto = expanded(proto)
    builder = Builder(opsets(proto), TensorReader(folder))
    program = builder.program(proto.graph)
    if builder.missing or builder.unknown:
        raise ModelFileError(_report(builder))
    trainable = _listed(proto, program) if trainable is None else trainable
    given = {value.name: _input_of(value) for value in proto.graph.input}
    inputs = [entry for name, entry in given.items() if name not in program.constants]
    return OnnxModule(program, inputs, trainable)


@dataclass(frozen=True)
class Input:
    """An input of the model: its name, dtype (None: no array), and shape (None: any rank)."""

    name: str
    dtype: np.dtype[Any] | None
    shape: tuple[int | str, ...] | None

    def __str__(self) -> str:
        kind = "?" if self.dtype is None else _short(self.dtype)
        axes = "..." if self.shape is None else ",".join(map(str, self.shape))
        return f"{self.name}: {kind}[{axes}]"


def _short(dtype: np.dtype[Any]) -> str:
    return "str" if dtype.hasobject else f"{dtype.kind}{8 * dtype.itemsize}"


class OnnxModule(Module):
    """What ``from_onnx`` returns: the operations of an ONNX graph, run by Chainrule's functions.

    Graphs here have fixed shapes, ONNX's axes may be open. So this Module keeps the file's list of
    operations and goes through it at each call: whatever batch comes in is traced as it is, under
    ``grad``, ``vmap``, ``jit`` or ``fit``, which compile once for each shape. What computes shapes
    (Shape, Gather, Concat, Reshape, ...) is done by NumPy on the way, and leaves no trace. For one
    fixed shape ``graph_module(*examples)`` has it as a graph.

    One output is returned as it is, several as a tuple. It computes what the file says, so a model
    that was exported for inference has no dropout, and its batch norm keeps its statistics.
    """

    def __init__(
        self,
        program: Program,
        inputs: Iterable[Input],
        trainable: Iterable[str] | Callable[[str], bool] | None = None,
    ) -> None:
        self.inputs = tuple(inputs)
        self.held, self.program = (), program
        is_trainable, statistics = _chooser(program, trainable), _read_as(program, STATISTICS)
        held, constants = [], {}
        for name, array in program.constants.items():
            is_float = np.issubdtype(array.dtype, np.floating)
            if is_float and (is_trainable(name) or name in statistics):
                own = _free_name(self, name)
                add = self.register_parameter if is_trainable(name) else self.register_buffer
                add(own, array)
                held.append((name, own))
            else:
                constants[name] = array
        self.held = tuple(held)
        self.program = replace(program, constants=constants)

    def forward(self, *inputs: Any) -> Any:
        """The outputs of the graph."""
        if len(inputs) != len(self.inputs):
            listed = ", ".join(map(str, self.inputs))
            raise TypeError(
                f"the model takes {listed}: {len(self.inputs)} inputs, not {len(inputs)}"
            )
        values = dict(self.program.constants)
        for name, own in self.held:
            held = self._parameters.get(own)
            values[name] = self._buffers[own] if held is None else held
        for wanted, x in zip(self.inputs, inputs, strict=True):
            values[wanted.name] = _fitted(x, wanted)
        with np.errstate(all="ignore"):
            outputs = self.program.run(values)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def graph_module(self, *examples: Any) -> GraphModule:
        """The same for inputs of the shapes of these examples only, as one graph."""
        return as_graph_module(self, *examples)

    def extra_repr(self) -> str:
        """Inputs and outputs."""
        return f"{', '.join(map(str, self.inputs))} -> {', '.join(self.program.outputs)}"


# -- what is trained ---------------------------------------------------------------------------


def _chooser(program: Program, trainable: Any) -> Callable[[str], bool]:
    if callable(trainable):
        return trainable
    if trainable is None:
        settings = _read_as(program, NUMBERS) | _read_as(program, STATISTICS)
        return lambda name: program.constants[name].ndim > 0 and name not in settings
    names = set(trainable)
    unknown = sorted(names - program.constants.keys())
    if unknown:
        raise ValueError(f"from_onnx: the file has no initializers {', '.join(unknown)}")
    return names.__contains__


def _listed(proto: Any, program: Program) -> list[str] | None:
    """The Parameters of a model that ``to_onnx`` wrote; None where the file has no such list."""
    for entry in proto.metadata_props:
        if entry.key == PARAMETERS:
            try:
                names = json.loads(entry.value)
                return [name for name in program.constants if name in names]
            except (ValueError, TypeError, RecursionError):
                return None
    return None


def _read_as(program: Program, places: dict[str, tuple[int, ...]]) -> set[str]:
    """Names that stand at these places of these operators' inputs."""
    return {
        operation.inputs[place]
        for operation in program.operations
        for place in places.get(operation.kind, ())
        if place < len(operation.inputs)
    }


def _free_name(module: Module, name: str) -> str:
    """The name, or a longer one where the Module needs it itself."""
    while not name or name in module.__dict__ or name in module._parameters:
        name += "_"
    return name


# -- inputs ------------------------------------------------------------------------------------


def _input_of(value: Any) -> Input:
    kind = value.type.tensor_type
    if not value.type.HasField("tensor_type"):
        return Input(value.name, None, None)
    dtype = dtype_of(kind.elem_type, f"the input {value.name!r}") if kind.elem_type else None
    if not kind.HasField("shape"):
        return Input(value.name, dtype, None)
    shape = [d.dim_value if d.HasField("dim_value") else d.dim_param or "?" for d in kind.shape.dim]
    return Input(value.name, dtype, tuple(shape))


def _fitted(x: Any, wanted: Input) -> Any:
    """An input in the file's dtype, if its shape is one that the file allows."""
    if wanted.dtype is None:
        return x
    x = as_operand(x)
    if wanted.shape is not None:
        same = [isinstance(n, str) or n == m for n, m in zip(wanted.shape, x.shape, strict=False)]
        if len(x.shape) != len(wanted.shape) or not all(same):
            raise ShapeError(f"the model wants {wanted}, got an array of shape {x.shape}")
    if x.dtype == wanted.dtype:
        return x
    if wanted.dtype.hasobject and x.dtype.kind in "UT":
        return np.asarray(x, object)
    if not np.can_cast(x.dtype, wanted.dtype, "same_kind"):
        raise DtypeError(f"the model wants {wanted}, got {x.dtype}")
    return logic.astype(x, wanted.dtype)


# -- what is missing ---------------------------------------------------------------------------


def _report(builder: Builder) -> str:
    lines = []
    for (domain, kind, version), labels in sorted(builder.missing.items()):
        where = ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")
        lines.append(f"  {domain or 'ai.onnx'}.{kind}, opset {version}: nodes {where}")
    if lines:
        lines.insert(0, "the ONNX file uses operators that are missing here:")
    if builder.unknown:
        lines.append("the ONNX file uses attributes that are not known here:")
        lines += [f"  {text}" for text in builder.unknown]
    return "\n".join(lines)
