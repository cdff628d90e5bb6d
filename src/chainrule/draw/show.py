"""``chainrule.draw(...)``: the picture of a graph, of a function or of a network."""

from __future__ import annotations

from collections.abc import Callable, Collection
from html import escape
from typing import Any

import numpy as np

from ..engine import tree
from ..engine.graph import Graph, node_names
from ..engine.tensor import Tensor
from ..engine.trace import abstract, is_value, node_of, placeholder, scope
from ..engine.types import TensorType
from ..nn import Module
from .both import forward_and_backward
from .graphs import graph as draw_graph
from .layers import layers_of
from .matrices import matrices
from .naming import names_in, unchanged
from .neurons import neurons
from .placing import COMFORTABLE, Names, arranged
from .svg import Picture


def draw(
    what: Any,
    *examples: Any,
    kind: str = "",
    values: bool | None = None,
    gradients: bool = True,
    time: bool = False,
    lines: bool = False,
    backward: bool = False,
    inside: bool = True,
    fold: int | str | None = "auto",
    opened: Collection[str] = (),
    names: Names | None = None,
    title: str = "",
) -> Picture:
    """The picture of a graph, of a function called with examples, or of a network.

    Parameters
    ----------
    what
        A ``Graph``; or a function or Module, which is called with ``examples`` (its buffers stay as
        they are); or a tensor, such as a loss on which ``backward()`` can be called.
    examples
        Arguments, or ``TensorType`` in place of arrays. For a graph, the values of its inputs.
    kind
        ``graph``; or for a Module of linear layers ``matrices`` or ``neurons``, through which an
        example flows. A Module without an example is drawn as neurons.
    values, gradients
        Each box shows its value and, where the result is one number, the derivative of that by it.
        By itself so for a graph with examples.
    time
        How long NumPy takes for each box.
    lines
        The line of the program that made a box stands in it; it is always its tooltip.
    backward
        The graph of the derivative stands beside it, with what that reads of it.
    inside
        Under the picture stand the graphs that loops and branches hold.
    fold, opened
        Which layers, functions and calls are one box each, see ``placed``.
    names
        What to call the inputs; by itself what the function and its Modules call them.

    >>> import numpy as np
    >>> def loss(w, x, y):
    ...     return np.mean((w * x - y) ** 2)
    >>> x = np.arange(4.0)
    >>> draw(loss, 2.0, x, 3 * x, values=True)
    Picture(... x ...: loss)
    """
    if kind not in ("", "graph", "matrices", "neurons"):
        raise ValueError(f"draw: kind is 'graph', 'matrices' or 'neurons', not {kind!r}")
    if kind in ("matrices", "neurons") or (isinstance(what, Module) and not examples):
        chosen = matrices if kind == "matrices" else neurons
        return chosen(_layers(what), title=title or _title(what), x=(*examples, None)[0])
    if isinstance(what, Tensor):
        what = Graph((), (node_of(what),))
    is_graph = isinstance(what, Graph)
    graph = what if is_graph else _called(what, examples)
    if names is None:
        names = () if is_graph else names_in(graph, what, examples)
    if values is None:
        values = is_graph and bool(examples)
    wanted = {"value": values, "grad": values and gradients, "time": time, "line": lines}
    options = {
        "show": [kind for kind, is_wanted in wanted.items() if is_wanted],
        "fold": fold,
        "opened": opened,
        "title": title or ("computational graph" if is_graph else _title(what)),
    }
    arrays = _arrays(graph, examples) if values or time else None
    picture = (forward_and_backward if backward else draw_graph)(graph, arrays, names, **options)
    for caption, inner in held_in(graph) if inside else ():
        picture = picture.below(draw_graph(inner, show=options["show"], fold=fold), caption)
    return picture


def _called(function: Callable[..., Any], examples: tuple[Any, ...]) -> Graph:
    """The graph of a call. Where the values are known, `if`, dropout and batch norm work too."""
    if not callable(function):
        raise TypeError(
            "draw takes a function and its arguments, a Module, a Graph or a tensor; got "
            f"{type(function).__name__}"
        )
    leaves, structure = tree.flatten(examples)
    inputs = []
    for place, leaf in enumerate(leaves):
        if isinstance(leaf, TensorType):
            leaves[place] = placeholder(leaf)
        elif is_value(leaf):
            known = None if isinstance(leaf, Tensor) else np.asarray(leaf)[()]
            leaves[place] = placeholder(abstract(leaf), known)
        else:
            continue
        inputs.append(leaves[place])
    with scope(()), unchanged(function):
        results = tree.leaves(function(*tree.unflatten(structure, leaves)))
    return Graph(inputs, [node_of(leaf) for leaf in results if is_value(leaf)])


def held_in(graph: Graph) -> list[tuple[str, Graph]]:
    """The graphs that the loops, branches and calls of a graph hold, with what to call each."""
    names = node_names(graph)
    found = []
    for node in graph.nodes:
        for key, value in node.params.items():
            held = value if isinstance(value, tuple | list) else [value]
            graphs = [part for part in held if isinstance(part, Graph)]
            for number, part in enumerate(graphs):
                which = f"{key}[{number}]" if len(graphs) > 1 else key
                found.append((f"in {names[node]} ({node.primitive.name}): {which}", part))
    return found


def _arrays(graph: Graph, examples: Any) -> list[Any]:
    found = [np.asarray(x)[()] if isinstance(x, int | float) else x for x in tree.leaves(examples)]
    found = [leaf for leaf in found if is_value(leaf)]
    if len(found) != len(graph.inputs):
        raise TypeError(
            f"values and times need an array for each of the {len(graph.inputs)} inputs of the "
            f"graph, got {len(found)}: pass arrays as examples"
        )
    return found


def _title(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _layers(network: Module) -> list[Any]:
    found = layers_of(network) if isinstance(network, Module) else []
    if not found:
        raise TypeError(
            f"{type(network).__name__} has no linear layers to draw as neurons: pass an example "
            "input to draw its graph, chainrule.draw(network, x)"
        )
    return found


def display(what: Graph | Module) -> str:
    """What a notebook shows of a graph or a network, as HTML: a picture where that reads well."""
    text = f"<pre>{escape(repr(what))}</pre>"
    if isinstance(what, Graph):
        boxes, _ = arranged(what, fold="auto")
        return str(draw_graph(what)) if 0 < len(boxes) <= 2 * COMFORTABLE else text
    layers = layers_of(what)
    drawn = sum(np.size(part) for layer in layers for part in layer.parts)
    is_whole = bool(layers) and drawn == sum(p.size for p in what.parameters())
    return text + str(neurons(layers, title=type(what).__name__)) if is_whole else text
