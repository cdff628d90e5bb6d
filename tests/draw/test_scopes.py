"""Folding: layers, functions and calls become boxes, and no edge ever leads back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import draw, nn, trace
from chainrule.draw.boxes import Box
from chainrule.draw.scopes import fold


@st.composite
def scoped_graphs(draw):
    count = draw(st.integers(1, 16))
    scopes = st.sampled_from([(), ("a",), ("b",), ("a", "p"), ("a", "q"), ("b", "p", "r")])
    boxes = [Box(f"v{i}", "operation", "", "", [i], [i], draw(scopes)) for i in range(count)]
    edges = {}
    for end in range(1, count):
        for start in draw(st.sets(st.integers(0, end - 1), max_size=3)):
            edges[boxes[start], boxes[end]] = [start]
    return boxes, edges


@given(scoped_graphs(), st.integers(0, 2))
@settings(max_examples=100, deadline=None)
def test_folding_keeps_every_node_and_every_edge_and_makes_no_cycle(graph, depth):
    boxes, edges = graph
    folded, joined = fold(boxes, edges, depth)
    inside = [node for box in folded for node in box.nodes]
    assert sorted(inside) == list(range(len(boxes)))
    place = {box: i for i, box in enumerate(folded)}
    assert all(place[start] < place[end] for start, end in joined)
    home = {node: box for box in folded for node in box.nodes}
    wanted = {(home[a.nodes[0]], home[b.nodes[0]]) for a, b in edges}
    assert set(joined) == {(a, b) for a, b in wanted if a is not b}
    for box in folded:
        if box.kind == "scope":
            parts = [boxes[node].scope for node in box.nodes]
            assert len(parts) > 1 and len({scope[: depth + 1] for scope in parts}) == 1


class Block(nn.Module):
    def __init__(self):
        self.inner = nn.Linear(3, 3)
        self.tail = [nn.Tanh(), nn.Linear(3, 3)]

    def forward(self, x):
        y = self.inner(x)
        for part in self.tail:
            y = part(y)
        return x + y


def ids(graph, **options):
    return [node["id"] for node in draw.placed(graph, **options)["nodes"]]


def test_layers_have_the_names_that_their_network_gives_them():
    net = nn.Sequential(Block(), nn.ReLU(), Block())
    graph = trace(lambda x: net(x), np.ones((2, 3), "f"))
    assert ids(graph, fold=0) == ["x0", "Sequential"]
    assert [n for n in ids(graph, fold=1) if "/" in n] == [
        "Sequential/0: Block",
        "Sequential/2: Block",
    ]
    found = ids(graph, fold=2)
    assert "Sequential/0: Block/inner: Linear" in found
    assert "Sequential/2: Block/tail.1: Linear" in found
    opened = ids(graph, fold=0, opened=["Sequential", "Sequential/2: Block"])
    assert "Sequential/0: Block" in opened and "Sequential/2: Block/inner: Linear" in opened


def test_the_backward_half_of_a_layer_is_a_box_of_its_own():
    net = nn.Linear(3, 3)
    graph = trace(cr.grad(lambda net, x: np.sum(net(x) ** 2)), net, np.ones((2, 3), "f"))
    assert {"Linear #1", "Linear #2"} <= set(ids(graph, fold=0))


def test_functions_and_calls_are_scopes():
    def gate(x):
        return np.exp(x) / (1 + np.exp(x))

    def model(x):
        return gate(x) * np.mean(x)

    graph = trace(model, np.ones(3))
    assert ids(graph, fold=0) == ["x0", "gate()", "np.mean(x)", "v9"]


def test_what_has_few_boxes_is_not_folded_by_itself():
    net = nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    few = trace(lambda x: net(x), np.ones((2, 3), "f"))
    assert ids(few, fold="auto") == ids(few, fold=None)
    deep = nn.Sequential(*[nn.LayerNorm(3) for _ in range(20)])
    many = trace(lambda x: deep(x), np.ones((2, 3), "f"))
    assert len(ids(many, fold="auto")) == 21 and len(ids(many, fold=None)) > 200


def test_graphs_that_are_only_run_have_no_scopes():
    net = nn.Linear(3, 3)
    loss = net(np.ones((2, 3), "f")).sum()
    assert cr.engine.trace.node_of(loss).place[2] is None


def test_scopes_end_with_their_call_even_if_it_fails():
    class Wrong(nn.Module):
        def forward(self, x):
            raise KeyError("no")

    def function(x):
        with pytest.raises(KeyError):
            Wrong()(x)
        return nn.Tanh()(x) + 1

    first, *_, last = trace(function, 1.0).nodes
    assert first.place[2] == ("Tanh",) and last.place[2] == ()
    assert cr.engine.trace.state.scope is None


def test_a_compiled_function_has_scopes_of_its_own_wherever_it_is_used():
    inner = nn.Linear(3, 3)
    compiled = cr.jit(lambda x: inner(x))

    class User(nn.Module):
        def forward(self, x):
            return compiled(x)

    class Other(User):
        pass

    for module in (User(), Other()):
        graph = trace(lambda x, module=module: module(x), np.ones((2, 3), "f"))
        assert {node.place[2] for node in graph.nodes if node.inputs} == {("Linear",)}
