"""What is examined: the model really run on its data, once forwards and backwards, and kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...draw import Flow, flow
from ...engine import trace, tree
from ...engine.graph import Graph, Node
from ...nn import Module
from .criterion import Criterion, Judge, expected_loss, kind_of
from .layers import Activation, Layer, find_activations, find_layers
from .replica import Replica, replica_of

PROBE = 256  # examples that are looked at: a share of 1/2 is then known to within 0.06


@dataclass(frozen=True)
class Pass:
    """One run through model and loss in training mode, with every value and gradient."""

    graph: Graph
    parameters: tuple[Node, ...]
    data: tuple[Node, ...]
    prediction: Node
    flow: Flow
    layers: list[Layer]
    activations: list[Activation]

    @property
    def loss(self) -> float:
        """The loss."""
        return float(self.flow.value[self.graph.outputs[0]])

    def value(self, node: Node) -> Any:
        """The value of a node."""
        return self.flow.value[node]

    def gradient(self, node: Node) -> Any:
        """d loss / d node; zeros where nothing flows."""
        found = self.flow.gradient.get(node)
        return np.zeros(node.shape) if found is None else found


class Subject:
    """Model, loss and data as the checks see them. Everything is computed when first asked for.

    All runs are of a copy; arrays are only read.
    """

    def __init__(
        self,
        model: Any,
        loss: Callable[..., Any],
        data: Any,
        validation: Any = None,
        optimizer: Any = None,
        history: Any = None,
        batch_size: int | None = 32,
        weights: Any = None,
        step: Callable[..., Any] | None = None,
        predict: Callable[..., Any] | None = None,
    ) -> None:
        self.model, self.loss = model, loss
        self.replica: Replica = replica_of(model)
        self.criterion = Criterion(loss)
        self._dtype = _common_dtype(self.replica.arrays)
        self.x, self.y = self._pair(data, "data")
        self.rows = len(tree.leaves(self.x)[0])
        has_validation = validation is not None
        self.validation = self._pair(validation, "validation") if has_validation else None
        self.optimizer = optimizer
        is_list = history is not None and not hasattr(history, "losses")
        self.history = SimpleNamespace(losses=history) if is_list else history
        self.batch_size = min(batch_size or self.rows, self.rows)
        self.weights = None if weights is None else np.asarray(weights)
        self.step, self.predict = step, predict
        self.quick = False  # whether to look at what is there, and train nothing
        self.notes: dict[str, Any] = {}  # what several checks need, made once

    def _pair(self, data: Any, name: str) -> tuple[Any, Any]:
        if not isinstance(data, tuple | list) or len(data) != 2:
            raise TypeError(f"diagnose: {name} is a pair (x, y)")
        x, y = map(self._as_arrays, data)
        lengths = {len(leaf) if leaf.ndim else 0 for leaf in tree.leaves((x, y))}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError(
                f"diagnose: {name} has one example a row, at least one; lengths {sorted(lengths)}"
            )
        return x, y

    def _as_arrays(self, value: Any) -> Any:
        """As ``fit`` does it: floating-point data in the dtype of the parameters."""
        if isinstance(value, dict):
            return {name: self._as_arrays(part) for name, part in value.items()}
        if isinstance(value, tuple):
            return tuple([self._as_arrays(part) for part in value])
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise TypeError(
                f"diagnose: data must be numbers, got an array of dtype {array.dtype}; "
                "labels in words: np.unique(y, return_inverse=True)[1]"
            )
        is_real = array.dtype.kind == "f" and self._dtype is not None
        return array.astype(self._dtype, copy=False) if is_real else array

    # -- portions of the data

    @property
    def probe(self) -> Any:
        """Numbers of the examples that are looked at, spread evenly over the data."""
        return spread(self.rows, PROBE)

    def batch(self, rows: Any) -> tuple[Any, Any, Any]:
        """x, y and weights of these rows."""
        x, y = (tree.map(lambda leaf: leaf[rows], part) for part in (self.x, self.y))
        return x, y, None if self.weights is None else self.weights[rows]

    @cached_property
    def table(self) -> Any:
        """The inputs as a matrix of floats, one example a row; None where they are no array."""
        return as_table(self.x)

    # -- runs

    def trace(self, rows: Any, training: bool = True) -> tuple[Graph, list[Node], Node]:
        """The graph of parameters and a batch to the loss; its inputs; the prediction's node."""
        x, y, weight = self.batch(rows)
        given, structure = tree.flatten((x, y, weight))
        inputs = [_stand_in(array) for array in [*self.replica.arrays, *given]]
        count = len(self.replica.arrays)
        x, y, weight = tree.unflatten(structure, inputs[count:])
        answers: list[Any] = []

        def use(model: Callable[..., Any]) -> Any:
            return self.criterion(_noting(model, answers), x, y, weight)

        loss = self.replica.run(inputs[:count], training, use)
        found = trace.node_of(_first(answers) if answers else loss)
        return Graph(inputs, [trace.node_of(loss)]), inputs, found

    @cached_property
    def seen(self) -> Pass:
        """The probe in training mode, forwards and backwards."""
        graph, inputs, prediction = self.trace(self.probe)
        count = len(self.replica.arrays)
        x_count = len(tree.leaves(self.x))
        parameters, data = tuple(inputs[:count]), tuple(inputs[count:])
        found = flow(graph, *[node.known for node in inputs])
        layers = find_layers(graph, parameters, data[:x_count], self.layer_name)
        activations = find_activations(graph, layers)
        return Pass(graph, parameters, data, prediction, found, layers, activations)

    def layer_name(self, number: int) -> str:
        """The name of the layer of a parameter."""
        return self.replica.layer(self.replica.names[number])

    def predictions(self, x: Any) -> Any:
        """What the model answers in evaluation mode."""

        def use(model: Callable[..., Any]) -> Any:
            return model(x)

        with trace.no_grad():
            answer = self.replica.run(self.replica.arrays, False, use)
        return np.asarray(trace.resolve(_first(answer)))

    @cached_property
    def prediction(self) -> Any:
        """The answers to the probe, in evaluation mode."""
        return self.predictions(self.batch(self.probe)[0])

    @cached_property
    def targets(self) -> Any:
        """The targets of the probe."""
        return self.batch(self.probe)[1]

    # -- the loss

    @cached_property
    def judge(self) -> Judge:
        """The loss of the probe as a function of the prediction."""
        return self.criterion.judge(*self.batch(self.probe))

    @cached_property
    def kind(self) -> str | None:
        """What the loss takes predictions for."""
        if isinstance(self.targets, np.ndarray):
            return kind_of(self.judge, self.prediction, self.targets)
        return None

    @cached_property
    def expected(self) -> tuple[float, str]:
        """The loss of knowing nothing, and how it is called; NaN where it cannot be told."""
        if not isinstance(self.targets, np.ndarray):
            return math.nan, ""
        return expected_loss(self.judge, self.kind, self.prediction, self.targets)

    @property
    def labels(self) -> Any:
        """The class of each example of the data, for classification; else None."""
        return labels_of(self.y, self.kind)

    def modules(self) -> list[Module]:
        """The user's own Modules, to look at."""
        return list(self.model.modules()) if isinstance(self.model, Module) else []


def labels_of(y: Any, kind: str | None) -> Any:
    """Labels as whole numbers, from labels, one-hot rows or 0 and 1; None for anything else."""
    if kind in ("logit", "probability"):
        return np.ravel(y).astype(int) if len(y) == np.size(y) else None
    if kind in ("logits", "probabilities", "log-probabilities"):
        labels = y.argmax(axis=1) if y.dtype.kind == "f" else y
        return labels if labels.ndim == 1 else None
    return None


def spread(rows: int, most: int) -> Any:
    """At most so many numbers of rows, evenly over all."""
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(int))


def as_table(x: Any) -> Any:
    """An array as a matrix of float64, one example a row; None for what is no array of floats."""
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "fiub" or x.ndim < 1:
        return None
    return x.reshape(len(x), -1).astype(np.float64)


def _stand_in(array: Any) -> Node:
    return trace.placeholder(trace.abstract(array), np.asarray(array))


def _first(answer: Any) -> Any:
    """The answer, or the first array of it where it is a tuple or a dict."""
    return tree.leaves(answer)[0]


def _noting(model: Callable[..., Any], answers: list[Any]) -> Callable[..., Any]:
    """The model, whose answers are noted down."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        found = model(*args, **kwargs)
        answers.append(found)
        return found

    return answer


def _common_dtype(arrays: list[Any]) -> Any:
    found = {array.dtype for array in arrays if array.dtype.kind == "f"}
    return found.pop() if len(found) == 1 else None
