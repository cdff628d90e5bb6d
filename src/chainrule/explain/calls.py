"""A call of a function as one graph, with its arguments and the Parameters behind it as inputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine import trace, tree
from ..engine.errors import DifferentiationError
from ..engine.graph import Graph, Node, node_names
from ..engine.tensor import Parameter, Tensor
from ..engine.types import TensorType, type_of


@dataclass(frozen=True)
class Call:
    """What was called, as data.

    Attributes
    ----------
    graph, values
        What it computed, and the values of the graph's inputs.
    names
        Of each node, as in the printed graph and the drawing: x0, v3.
    labels
        What the user calls each input: ``w``, ``params['b']``, ``bias``.
    wanted
        The inputs by which one differentiates.
    gradient_like
        From the gradients of the wanted inputs, the gradient as ``grad`` gives it.
    """

    graph: Graph
    values: list[Any]
    names: dict[Any, str]
    labels: dict[Node, str]
    wanted: list[Tensor]
    gradient_like: Callable[[Sequence[Any]], Any]


def record(
    function: Callable[..., Any],
    args: Sequence[Any],
    argnums: int | Sequence[int] = 0,
    every: bool = False,
    names: Sequence[str] = (),
) -> Call:
    """Run a function once and keep what it computed.

    Arrays of real numbers among the arguments become inputs, and so do the Parameters that the
    function uses. ``argnums`` names the arguments to differentiate by, as for ``grad``; Parameters
    that require a gradient are differentiated by as well. With ``every``, whole numbers and their
    arrays become inputs too, and the function may return any tree. ``names`` are those of the
    arguments, where the function's signature does not tell.
    """
    chosen = [argnums] if isinstance(argnums, int) else list(argnums)
    if args and not all(-len(args) <= number < len(args) for number in chosen):
        raise TypeError(f"argnums={argnums} of a call with {len(args)}: they are counted from 0")
    chosen = [number % len(args) for number in chosen if args]
    start = trace.begin()
    fresh = [_Argument(arg, every, i in chosen) for i, arg in enumerate(args)]
    with trace.scope(trace.state.scope or ()):  # layers are known by name, to fold them
        result = function(*[argument.traced for argument in fresh])
    results = [x for x in tree.leaves(result) if trace.is_value(x)] if every else [_scalar(result)]
    inputs = [node for argument in fresh for node in argument.inputs]
    captured = trace.Traced(inputs, results, start).captured
    parameters = [node for node in captured if isinstance(node.source, Parameter)]
    graph = Graph((*inputs, *parameters), map(trace.node_of, results))
    wanted = [node for i in chosen for node in fresh[i].inputs]
    wanted += [node for node in parameters if node.source.requires_grad]
    if chosen and not wanted and not every:
        raise DifferentiationError(
            f"there is nothing to differentiate by: argument {chosen[0]} holds no real numbers "
            "(integers: x.astype(float)), and no Parameter is used. Choose others with argnums="
        )

    def gradient_like(found: Sequence[Any]) -> Any:
        if not chosen:
            return tuple(found)
        by_node = dict(zip(wanted, found, strict=True))
        trees = [fresh[i].filled([by_node[n] for n in fresh[i].inputs]) for i in chosen]
        return trees[0] if isinstance(argnums, int) else tuple(trees)

    return Call(
        graph,
        [np.asarray(node.known)[()] for node in graph.inputs],
        node_names(graph),
        _labels(function, names or _argument_names(function, len(args)), fresh, parameters),
        wanted,
        gradient_like,
    )


class _Argument:
    """One argument: its tree with placeholders in the places of arrays."""

    def __init__(self, value: Any, every: bool, is_wanted: bool) -> None:
        self.value = value
        self.leaves, self.structure = tree.flatten(value)
        self.inputs: list[Tensor] = []
        self.places: list[int] = []
        leaves = list(self.leaves)
        for place, leaf in enumerate(leaves):
            array = leaf.data if isinstance(leaf, Parameter) else leaf
            if isinstance(array, Tensor):
                array = trace.concrete(array, "backprop, tape or numpy_code")
            is_number = isinstance(array, int | float) and not isinstance(array, np.generic)
            if not trace.is_value(array) or (is_number and not (every or is_wanted)):
                continue
            if is_wanted and is_number:
                array = np.float64(array)
            if every or type_of(array).is_float:
                node = trace.placeholder(type_of(array), np.asarray(array)[()])
                node.source = leaf if isinstance(leaf, Parameter) else None
                leaves[place] = node
                self.inputs.append(node)
                self.places.append(place)
        self.traced = tree.unflatten(self.structure, leaves)

    def filled(self, found: Sequence[Any]) -> Any:
        """The argument with other arrays in their places."""
        leaves = list(self.leaves)
        for place, value in zip(self.places, found, strict=True):
            leaves[place] = value
        return tree.unflatten(self.structure, leaves)


def _scalar(result: Any) -> Any:
    if not trace.is_value(result):
        raise DifferentiationError(
            f"the function must return a number to be differentiated, not {type(result).__name__}"
        )
    kind = trace.abstract(result)
    if kind.shape or not kind.is_float:
        advice = "take the mean or the sum" if kind.shape else "nothing can flow through integers"
        raise DifferentiationError(f"derivatives start at a real scalar, not at {kind}: {advice}")
    return result


# -- what the user calls things ----------------------------------------------------------------


def _labels(
    function: Callable[..., Any],
    names: Sequence[str],
    arguments: Sequence[_Argument],
    parameters: Sequence[Tensor],
) -> dict[Node, str]:
    labels: dict[Node, str] = {}
    for name, argument in zip(names, arguments, strict=True):
        called = _parameter_names(name, argument.value)
        paths = list(_paths(argument.structure, name))
        for node, place in zip(argument.inputs, argument.places, strict=True):
            labels[node] = called.get(id(argument.leaves[place]), paths[place])
    called = {}
    if parameters:
        for name, value in _captured(function).items():
            called |= _parameter_names(name, value)
    for i, node in enumerate(parameters):
        labels[node] = called.get(id(node.source), f"parameter {i}")
    return labels


def _parameter_names(name: str, value: Any) -> dict[int, str]:
    """What the Parameters of a variable are called, by the identity of them and of their arrays."""
    if isinstance(value, Parameter):
        return {id(value): name}
    inner = getattr(value, "named_parameters", None)
    pairs = [(f"{name}.{path}", p) for path, p in inner()] if callable(inner) else []
    return {id(x): path for path, p in pairs for x in (p, p.data)}


def _captured(function: Callable[..., Any]) -> dict[str, Any]:
    """The variables from outside that a function uses, by name."""
    try:
        found = inspect.getclosurevars(getattr(function, "func", function))
    except TypeError:
        return {}
    return {**found.globals, **found.nonlocals}


def _argument_names(function: Callable[..., Any], count: int) -> list[str]:
    try:
        known = [
            p.name
            for p in inspect.signature(function).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        known = []
    return [known[i] if i < len(known) else f"argument {i}" for i in range(count)]


def _paths(structure: tree.Structure, path: str) -> Any:
    """Where each leaf stands: ``params['w']``, ``layers[0].weight``."""
    if not structure.children:
        if structure.count:
            yield path
        return
    named = isinstance(structure.meta, tuple)
    for i, child in enumerate(structure.children):
        if structure.kind is dict:
            step = f"[{structure.meta[i]!r}]"
        elif named and i < len(structure.meta) and isinstance(structure.meta[i], str):
            step = f".{structure.meta[i]}"
        else:
            step = f"[{i}]"
        yield from _paths(child, path + step)


def type_text(kind: Any) -> str:
    """A type, or those of several results."""
    return str(kind) if isinstance(kind, TensorType) else f"({', '.join(map(str, kind))})"
