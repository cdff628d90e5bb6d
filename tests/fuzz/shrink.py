"""A graph that fails, made smaller: fewer outputs, and inputs in the place of what came before."""

import os

import numpy as np

from chainrule.engine.graph import Graph
from chainrule.engine.interpret import values_of

from .compare import check


def survives(check_it):
    """Whether a check ends well, in a process of its own, so that a crash is only an answer."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    failed = True
    try:
        failed = check_it()
    finally:
        os._exit(int(failed))


def fails(graph, values):
    """Whether a graph crashes or mismatches on these values."""
    return not survives(lambda: bool(check(graph, [values]).problems))


def shrink(graph, values):
    """A graph and values that still fail, with as few outputs and nodes as was easy to find."""
    for node in graph.outputs:
        alone = Graph(graph.inputs, [node])
        if fails(alone, values):
            graph = alone
            break
    for node in reversed(graph.nodes):
        smaller = _ending_in(graph, node)
        if smaller is not None and len(smaller) < len(graph) and fails(smaller, values):
            graph = smaller
    return _begin_later(graph, values)


def _ending_in(graph, node):
    """The graph of one inner node, if that is an array."""
    if isinstance(node.type, tuple) or not node.inputs:
        return None
    return Graph(graph.inputs, [node])


def _begin_later(graph, values):
    """Nodes become inputs that hold the evaluated value, last ones first."""
    ends = set(graph.outputs)
    for node in reversed(graph.nodes):
        if isinstance(node.type, tuple) or node in ends or not node.inputs:
            continue
        known = values_of(graph, *values)
        if node not in known:  # an earlier cut left it out
            continue
        inputs, given = (*graph.inputs, node), [*values, np.asarray(known[node])]
        used = Graph(inputs, graph.outputs)
        if fails(used, given):
            graph, values = used, given
    return _without_unused(graph, values)


def _without_unused(graph, values):
    read = {operand for node in graph.nodes for operand in node.inputs} | set(graph.outputs)
    kept = [i for i, node in enumerate(graph.inputs) if node in read]
    smaller = Graph([graph.inputs[i] for i in kept], graph.outputs)
    given = [values[i] for i in kept]
    return (smaller, given) if fails(smaller, given) else (graph, values)
