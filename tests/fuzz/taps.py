"""What one looks at is what ran: an inner value as one more output changes no bit of anything."""

import numpy as np

from chainrule.engine.graph import Graph
from chainrule.engine.simplify import simplify

from .compare import compiled, same_bits

ALONE = 3  # of the values that were looked at are also compiled alone


def inner_values(graph):
    """The real-valued nodes of a graph, inputs and constants left out."""
    plain = [node for node in graph.nodes if not isinstance(node.type, tuple) and node.inputs]
    return [node for node in plain if node.type.is_float]


def check_taps(graph, values, rng, make=compiled):
    """What differs between the outputs alone, and with every inner real value as an output."""
    graph = simplify(graph)
    inner = inner_values(graph)
    alone = [np.array(x) for x in make(graph)(values)]
    count = len(alone)
    everything = make(Graph(graph.inputs, [*graph.outputs, *inner]))(values)
    problems = [
        f"output {i} has other bits when all inner values are looked at"
        for i in range(count)
        if not same_bits(alone[i], everything[i])
    ]
    for place in rng.permutation(len(inner))[:ALONE]:
        node = inner[place]
        (found,) = make(Graph(graph.inputs, [node]))(values)
        if not same_bits(found, everything[count + place]):
            problems.append(f"{node.primitive.name}, inner value {place}, has other bits alone")
    return problems
