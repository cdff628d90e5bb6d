"""Names of nodes, and the line that made them, as every text about a graph shows them."""

import re

import numpy as np

import chainrule as cr
from chainrule.engine.graph import node_names, short_line


def function(x, y):
    ratio = x / y  # a slash in the line, like "a/b"
    return np.sum(ratio * 2)


def test_names_are_those_of_the_printed_graph():
    graph = cr.trace(function, np.ones(3), np.ones(3))
    names = node_names(graph)
    assert list(names) == [*graph.inputs, *graph.nodes]
    printed = re.findall(r"^(v\d+):", str(graph), re.MULTILINE)
    assert printed == [name for name in names.values() if name[0] == "v"]
    constants = [node for node in graph.nodes if not node.inputs]
    assert [names[node] for node in constants] == [f"c{i}" for i in range(len(constants))]


def test_the_compiled_text_has_the_names_of_its_graph():
    lowered = cr.jit(function).lower(np.ones(3), np.ones(3))
    stored = set(re.findall(r"([xv]\d+) f64", lowered.kernels))
    assert stored == {"x0", "x1", "v5"}
    assert "outputs  v5" in lowered.simplified


def test_the_line_is_whole_and_without_its_folder():
    first = cr.trace(function, np.ones(3), np.ones(3)).nodes[0]
    assert short_line(first).startswith("test_names.py:")
    assert short_line(first).endswith('ratio = x / y  # a slash in the line, like "a/b"')
    assert short_line(cr.trace(lambda x: x, 1.0).inputs[0]) == ""
