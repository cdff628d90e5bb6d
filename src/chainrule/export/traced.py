"""A function as the one graph that is exported: with the ids that people see elsewhere."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine import trace, tree
from ..engine.graph import Graph, Node, node_names
from ..engine.prune import drop_unused_results
from ..engine.rewrite import tracked
from ..engine.simplify import tidy
from ..engine.tensor import Parameter
from ..engine.types import TensorType
from ..nn import Module
from .batch_size import Fixed, Sizes, compare, trial_sizes

Rewriting = Callable[[Graph, dict[Node, str]], Graph]


@dataclass(frozen=True)
class Traced:
    """A graph to write.

    Attributes
    ----------
    graph
        Its inputs are those of the function, then its parameters.
    names
        The id of each node, as in ``print(trace(fn, ...))`` and the drawing.
    parameters
        Name and array of each parameter, in the order of the graph's last inputs.
    labels
        What the user calls the arrays that are constants (buffers), by memory address.
    sizes
        What depends on the batch size.
    fixed
        Why the batch size is fixed; empty where it is free, or was not asked to be.
    """

    graph: Graph
    names: dict[Node, str]
    parameters: list[tuple[str, Any]]
    labels: dict[int, str]
    sizes: Sizes
    fixed: str = ""

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The inputs that are no parameters."""
        return self.graph.inputs[: len(self.graph.inputs) - len(self.parameters)]


def traced(
    function: Callable[..., Any],
    examples: Sequence[Any],
    batch: bool | Sequence[int] = True,
    rewriting: Rewriting = lambda graph, names: graph,
    named_after: Any = None,
) -> Traced:
    """Trace a function or a Module (in evaluation mode), simplified, for any batch size if it can.

    The batch axis is the first one of each array that is as long as the first array's; ``batch``
    says whether there is one, or which examples have it. ``rewriting`` may change the graph before
    it is simplified, and name what it makes. Parameters are called as in ``named_after``, a Module
    or a function; if None, as in the function itself.
    """
    labels = _labels(named_after or function)
    places = range(len(examples)) if batch is True else batch or ()
    with evaluating(function):
        kinds = tree.map(_kind, tuple(examples))
        plain = _once(function, kinds, labels, rewriting)
        leaves = tree.leaves([kinds[place] for place in places])
        leading = [k.shape[:1] for k in leaves if isinstance(k, TensorType) and k.shape]
        if not leading:
            return plain
        taken = [length for node in plain.graph.nodes for length in _lengths(node)]
        sizes = trial_sizes(taken)
        several = []
        try:
            for n in sizes:
                resized = list(kinds)
                for place in places:
                    resized[place] = tree.map(_resized(leading[0], n), kinds[place])
                several.append(_once(function, tuple(resized), labels, rewriting))
            found = compare([one.graph for one in several], sizes, every=True)
        except (ValueError, TypeError, IndexError) as error:
            reason = str(error) if isinstance(error, Fixed) else _first_line(error)
            return Traced(**{**vars(plain), "fixed": reason})
    return Traced(**{**vars(several[0]), "sizes": found})


def _first_line(error: Exception) -> str:
    return f"it does not work for other sizes: {str(error).splitlines()[0]}"


def _kind(leaf: Any) -> Any:
    return trace.abstract(leaf) if trace.is_value(leaf) else leaf


def _resized(old: tuple[int, ...], n: int) -> Callable[[Any], Any]:
    def resize(kind: Any) -> Any:
        if isinstance(kind, TensorType) and kind.shape[:1] == old:
            return TensorType.of((n, *kind.shape[1:]), kind.dtype)
        return kind

    return resize


def _lengths(node: Any) -> tuple[int, ...]:
    return () if isinstance(node.type, tuple) else node.type.shape


def _once(
    function: Callable[..., Any],
    kinds: tuple[Any, ...],
    labels: dict[int, str],
    rewriting: Rewriting,
) -> Traced:
    first = trace.trace(function, *kinds)
    names = node_names(first)
    held = [node for node in first.nodes if isinstance(node.source, Parameter)]
    graph = Graph((*first.inputs, *held), first.outputs)
    with tracked() as origins:

        def name(nodes: Iterable[Any]) -> None:
            for node in nodes:
                names.setdefault(node, names.get(origins.get(node, node), ""))

        pruned = drop_unused_results(graph)
        name(pruned.nodes)
        small = tidy(rewriting(pruned, names))
    names.update({b: names[a] for a, b in zip(graph.inputs, small.inputs, strict=True)})
    name(_every(small))
    parameters = [
        (labels.get(_address(node.known), names[node]), np.asarray(node.known)) for node in held
    ]
    return Traced(small, names, parameters, labels, Sizes())


def _every(graph: Graph) -> Iterator[Any]:
    """All nodes, those of the graphs inside of nodes as well."""
    for node in graph.nodes:
        yield node
        for value in node.params.values():
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, Graph):
                    yield from _every(item)


@contextmanager
def evaluating(function: Any) -> Iterator[None]:
    """Inside, a Module is in evaluation mode."""
    modules = list(function.modules()) if isinstance(function, Module) else []
    before = [module.training for module in modules]
    for module in modules:
        module.__dict__["training"] = False
    try:
        yield
    finally:
        for module, mode in zip(modules, before, strict=True):
            module.__dict__["training"] = mode


# -- what parameters are called ----------------------------------------------------------------


def _address(array: Any) -> int:
    return np.asarray(array).__array_interface__["data"][0]  # type: ignore[no-any-return]


def label_of(labels: dict[int, str], array: Any) -> str | None:
    """What the user calls a whole array, where that is known."""
    return labels.get(_address(array)) if np.asarray(array).size else None


def _labels(function: Any) -> dict[int, str]:
    if isinstance(function, Module):
        return _held_by("", function)
    home = getattr(function, "__self__", None)
    if isinstance(home, Module):
        return _held_by("", home)
    labels: dict[int, str] = {}
    for name, value in {**_captured(function), **getattr(home, "__dict__", {})}.items():
        if isinstance(value, Module):
            labels |= _held_by(f"{name}.", value)
        elif isinstance(value, Parameter | np.ndarray):
            labels[_address(value.data if isinstance(value, Parameter) else value)] = name
    return labels


def _captured(function: Any) -> dict[str, Any]:
    """The variables from outside that a function uses, by name."""
    try:
        found = inspect.getclosurevars(getattr(function, "func", function))
    except TypeError:
        return {}
    return {**found.globals, **found.nonlocals}


def _held_by(prefix: str, module: Module) -> dict[int, str]:
    pairs = [(name, p.data) for name, p in module.named_parameters()]
    for path, part in module.named_modules():
        for slot, buffer in part.own_buffers().items():
            pairs.append((f"{path}.{slot}" if path else slot, buffer))
    return {_address(array): prefix + name for name, array in pairs}
