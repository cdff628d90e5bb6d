"""What the inputs and parameters of a traced function are called, as its author calls them."""

from __future__ import annotations

import inspect
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ..engine import tree
from ..engine.graph import Graph, Node
from ..engine.tensor import Parameter
from ..engine.trace import is_value
from ..engine.types import TensorType
from ..nn import Module


def names_in(graph: Graph, function: Callable[..., Any], args: tuple[Any, ...]) -> dict[Node, str]:
    """Names of a graph's inputs and Parameters: those of the function's arguments and Modules.

    >>> from chainrule import trace
    >>> def line(theta, x):
    ...     return theta["w"] * x + theta["b"]
    >>> args = {"b": 1.0, "w": 2.0}, 3.0
    >>> list(names_in(trace(line, *args), line, args).values())
    ['b', 'w', 'x']
    """
    found: dict[Any, str] = dict(zip(graph.inputs, input_names(function, args), strict=True))
    known = {id(value): name for name, value in _parameters(function)}
    for node in graph.nodes:
        if id(node.source) in known:
            found[node] = known[id(node.source)]
    return dict(zip(found, shortened(found.values()), strict=True))


def input_names(function: Callable[..., Any], args: tuple[Any, ...]) -> list[str]:
    """A dotted name for each array among the arguments."""
    called = function.forward if isinstance(function, Module) else function
    try:
        taken = inspect.signature(called).parameters.values()
    except (TypeError, ValueError):  # of a built-in function
        taken = []
    names = [p.name for p in taken if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    names += [f"x{i}" for i in range(len(names), len(args))]
    found = []
    for name, value in zip(names, args, strict=False):
        leaves, structure = tree.flatten(value)
        pairs = zip(_paths(structure, name), leaves, strict=True)
        found += [path for path, leaf in pairs if isinstance(leaf, TensorType) or is_value(leaf)]
    return found


def _paths(structure: tree.Structure, path: str) -> Iterator[str]:
    """The dotted path to each leaf of a tree."""
    if structure == tree.LEAF:
        yield path
    meta = structure.meta
    if hasattr(meta, "parameters"):  # a Module's
        meta = (*meta.parameters, *meta.modules)
    for key, child in zip(meta or itertools.count(), structure.children, strict=False):
        yield from _paths(child, f"{path}.{key}")


def _parameters(function: Callable[..., Any]) -> Iterator[tuple[str, Parameter]]:
    """The Parameters that a function can see, with the names that it sees them by."""
    for name, value in _seen_by(function):
        if isinstance(value, Parameter):
            yield name, value
        elif isinstance(value, Module):
            yield from value.named_parameters(name)


def _seen_by(function: Callable[..., Any]) -> list[tuple[str, Any]]:
    """The variables from outside that a function uses; of a Module, itself."""
    if isinstance(function, Module):
        return [("", function)]
    function = inspect.unwrap(function)
    if not inspect.isfunction(function):
        return []
    seen = inspect.getclosurevars(function)
    return [*seen.nonlocals.items(), *seen.globals.items()]


@contextmanager
def unchanged(function: Callable[..., Any]) -> Iterator[None]:
    """Keep the buffers of the Modules that a function can see: running means, random keys."""
    seen = [value for _, value in _seen_by(function) if isinstance(value, Module)]
    parts = {part for module in seen for part in module.modules()}
    before = [(part, dict(part.own_buffers())) for part in parts]
    try:
        yield
    finally:
        for part, buffers in before:
            part.own_buffers().update(buffers)


def shortened(paths: Iterable[str]) -> list[str]:
    """Each path without the beginning that it can do without.

    >>> shortened(["theta.w", "theta.b", "x"])
    ['w', 'b', 'x']
    >>> shortened(["net.0.weight", "net.2.weight", "a.0", "b.0"])
    ['0.weight', '2.weight', 'a.0', 'b.0']
    """
    parts = [path.split(".") for path in paths]
    ends = Counter(tuple(p[i:]) for p in parts for i in range(len(p)))
    found = []
    for p in parts:
        lengths = range(1, len(p) + 1)
        enough = (n for n in lengths if ends[tuple(p[-n:])] == 1 and not p[-n:][-1].isdigit())
        found.append(".".join(p[-next(enough, len(p)) :]))
    return found
