"""What one looks at is what ran: an inner value as one more output changes no bit of anything."""

import numpy as np

from chainrule.engine.graph import Graph
from chainrule.engine.simplify import simplify

from .compare import compiled, on_threads, same_bits

ALONE = 1  # of the values that were looked at is also compiled alone


def inner_values(graph):
    """The real-valued nodes of a graph, inputs and constants left out."""
    plain = [node for node in graph.nodes if not isinstance(node.type, tuple) and node.inputs]
    return [node for node in plain if node.type.is_float]


def check_taps(graph, values, rng, make=compiled):
    """What differs between the outputs alone, with inner values, and on one thread or two."""
    graph = simplify(graph)
    inner = inner_values(graph)
    problems, results = [], []
    for threads in (1, 2):
        with on_threads(threads):
            alone, everything = _look(graph, inner, values, make)
            problems += _differences(alone, everything, f"looked into on {threads} threads, ")
            for place in rng.permutation(len(inner))[:ALONE]:
                tap = make(Graph(graph.inputs, [inner[place]]))(values)
                name = f"{inner[place].primitive.name} alone on {threads} threads, "
                problems += _differences(tap, everything[len(alone) + place :], name)
        results.append([*alone, *everything])
    return problems + _differences(*results, "on two threads, ")


def _look(graph, inner, values, make):
    """The outputs alone, and the outputs followed by every inner value."""
    alone = [np.array(x) for x in make(graph)(values)]
    everything = make(Graph(graph.inputs, [*graph.outputs, *inner]))(values)
    return alone, [np.array(x) for x in everything]


def _differences(some, others, when):
    """A NaN is a NaN: which of two operands it takes its sign from, no standard says."""
    some, others = [_plain(x) for x in some], [_plain(x) for x in others]
    pairs = enumerate(zip(some, others, strict=False))
    return [f"{when}result {i} has other bits" for i, pair in pairs if not same_bits(*pair)]


def _plain(x):
    x = np.asarray(x)
    return np.where(np.isnan(x), np.array(np.nan, x.dtype), x) if x.dtype.kind == "f" else x
