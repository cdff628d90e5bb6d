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


def named(text):
    """The operation behind each name of a printed graph."""
    return dict(re.findall(r"^ *([vt]\d+): .* = (\w+)\(", text, re.MULTILINE))


def test_what_is_left_of_the_traced_graph_keeps_its_names():
    target = np.arange(5.0)  # captured, and so an input of what is compiled

    def loss(w, b, v, x):
        once_more = np.tanh(x @ w * 1.0 + b)  # the product with 1 is left out
        return np.mean((np.tanh(x @ w + b) @ v + 2 * once_more @ v - target) ** 2)

    arrays = np.eye(4), np.ones(4), np.ones(4), np.ones((5, 4))
    lowered = cr.jit(loss).lower(*arrays)
    drawn = named(str(cr.trace(loss, *arrays)))
    for text in (lowered.graph, lowered.simplified):
        found = named(text)
        kept = {name: op for name, op in found.items() if name[0] == "v"}
        assert len(kept) > 10 and kept.items() <= drawn.items()
    assert "transpose" in {op for name, op in found.items() if name[0] == "t"}
    stored = set(re.findall(r"([vt]\d+) f64", lowered.kernels))
    assert stored and stored <= found.keys()


def test_each_graph_that_a_loop_holds_has_names_of_its_own():
    def last(w, x):
        return np.sum(cr.lax.scan(lambda c, t: (np.tanh(c @ w + t), None), x[0], x)[0])

    lowered = cr.jit(cr.grad(last)).lower(np.eye(4), np.ones((5, 4)))
    for text in (lowered.graph, lowered.simplified):
        for lines in re.split(r"body:|^v|^t", text, flags=re.MULTILINE):
            made = re.findall(r"^ +([vt]\d+):", lines, re.MULTILINE)
            assert len(made) == len(set(made))


def test_the_line_is_whole_and_without_its_folder():
    first = cr.trace(function, np.ones(3), np.ones(3)).nodes[0]
    assert short_line(first).startswith("test_names.py:")
    assert short_line(first).endswith('ratio = x / y  # a slash in the line, like "a/b"')
    assert short_line(cr.trace(lambda x: x, 1.0).inputs[0]) == ""
