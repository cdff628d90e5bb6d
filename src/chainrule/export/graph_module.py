"""GraphModule: a graph with parameters of its own, as a Module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..engine.errors import DtypeError, ShapeError
from ..engine.graph import Graph
from ..engine.primitives import logic
from ..engine.primitives.reductions import as_operand
from ..engine.tensor import Tensor
from ..engine.trace import trace
from ..nn.module import Module


class GraphModule(Module):
    """A Module whose ``forward`` is a graph: call it, differentiate it, train it, save it.

    Parameters
    ----------
    graph
        Its inputs are the data first, then one for each entry of ``parameters``, in their order.
    parameters
        Arrays by name; names may hold dots, as ``"0.weight"``. Floating-point arrays become
        Parameters, others buffers: ``state_dict`` has them all.

    A graph has fixed shapes: the data must come in those of ``graph.inputs``; another dtype of the
    same kind (float64 data, a float32 graph) is converted. One output is returned as it is, several
    as a tuple.

    >>> import chainrule as cr, numpy as np
    >>> graph = cr.trace(lambda x, w, b: x @ w + b, np.ones((2, 3)), np.ones((3, 1)), np.ones(1))
    >>> model = GraphModule(graph, {"0.weight": np.ones((3, 1)), "0.bias": np.zeros(1)})
    >>> [name for name, _ in model.named_parameters()]
    ['0.weight', '0.bias']
    >>> model(np.ones((2, 3))).numpy().ravel()
    array([3., 3.])
    """

    def __init__(self, graph: Graph, parameters: Mapping[str, Any]) -> None:
        first = len(graph.inputs) - len(parameters)
        if first < 0:
            raise ValueError(
                f"GraphModule: {len(parameters)} parameters for a graph of {len(graph.inputs)} "
                "inputs; those of the parameters are the last ones"
            )
        self.graph = graph
        self.names = tuple(parameters)
        for node, (name, value) in zip(graph.inputs[first:], parameters.items(), strict=True):
            add_array(self, name, value)
            if np.shape(value) != node.type.shape:
                raise ShapeError(
                    f"GraphModule: the parameter {name!r} has shape {np.shape(value)}, its input "
                    f"of the graph {node.type.shape}"
                )

    def forward(self, *inputs: Any) -> Any:
        """The graph's outputs."""
        kinds = [node.type for node in self.graph.inputs[: -len(self.names) or None]]
        if len(inputs) != len(kinds):
            raise TypeError(f"GraphModule takes {len(kinds)} inputs, got {len(inputs)}")
        data = [fitted(x, kind, i) for i, (x, kind) in enumerate(zip(inputs, kinds, strict=True))]
        outputs = self.graph(*data, *[array_of(self, name) for name in self.names])
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def extra_repr(self) -> str:
        """Types of inputs and outputs."""
        kinds = [str(node.type) for node in self.graph.inputs[: -len(self.names) or None]]
        results = [str(node.type) for node in self.graph.outputs]
        return f"{', '.join(kinds)} -> {', '.join(results)}"


def as_graph_module(module: Module, *examples: Any) -> GraphModule:
    """Any Module as a GraphModule: traced in its present mode, for inputs like ``examples``.

    The Parameters that take part become parameters under their own names; buffers, and what else
    the Module holds, become constants of the graph.

    >>> import chainrule as cr, numpy as np
    >>> net = cr.nn.Sequential(cr.nn.Linear(3, 4), cr.nn.Tanh())
    >>> as_graph_module(net, np.ones((2, 3), np.float32))
    GraphModule(f32[2,3] -> f32[2,4])  # 16 parameters
    """
    graph = trace(module, *examples)
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    leaves = {names[id(n.source)]: n for n in graph.nodes if id(n.source) in names}
    whole = Graph((*graph.inputs, *leaves.values()), graph.outputs)
    return GraphModule(whole, {name: node.source.data for name, node in leaves.items()})


def add_array(module: Module, name: str, value: Any) -> None:
    """Into a Module under any name, dots included: a Parameter where it is float, else a buffer."""
    array = value if isinstance(value, Tensor) else np.asarray(value)
    if name in module.__dict__ or name in module._parameters or name in module._buffers:
        raise ValueError(f"{type(module).__name__}: there is a {name!r} already")
    if np.issubdtype(array.dtype, np.floating):
        module.register_parameter(name, array)
    else:
        module.register_buffer(name, array)


def array_of(module: Module, name: str) -> Any:
    """What stands under such a name now; a tensor inside of transformations."""
    found = module._parameters.get(name)
    return module._buffers[name] if found is None else found


def fitted(x: Any, kind: Any, place: int) -> Any:
    """Input number ``place`` in the dtype that a graph wants; ``ShapeError`` for another shape."""
    x = as_operand(x)
    if x.shape != kind.shape:
        raise ShapeError(
            f"GraphModule: input {place} has shape {x.shape}; this graph was traced for "
            f"{kind.shape}, and holds for that shape only"
        )
    if x.dtype == kind.dtype:
        return x
    if not np.can_cast(x.dtype, kind.dtype, "same_kind"):
        raise DtypeError(f"GraphModule: input {place} is {x.dtype}, the graph wants {kind.dtype}")
    return logic.astype(x, kind.dtype)
