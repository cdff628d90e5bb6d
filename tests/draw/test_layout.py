"""Layered drawing: what must hold for every graph."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.draw.layout import SWEEPS, crossings, layout


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 14))
    pairs = list(itertools.combinations(range(count), 2))
    edges = draw(st.lists(st.sampled_from(pairs), max_size=25)) if pairs else []
    widths = {node: draw(st.sampled_from([1.0, 1.5, 3.0])) for node in range(count)}
    return list(range(count)), edges, widths


@given(graphs())
@settings(max_examples=150, deadline=None)
def test_edges_go_down_boxes_do_not_overlap_and_the_drawing_is_the_same_each_time(graph):
    nodes, edges, widths = graph
    placed = layout(nodes, edges, widths)
    for start, end in edges:
        assert placed.layer[start] < placed.layer[end]
        layers = [layer for layer, _ in placed.path[start, end]]
        assert layers == list(range(placed.layer[start], placed.layer[end] + 1))
    for a, b in itertools.combinations(nodes, 2):
        if placed.layer[a] == placed.layer[b]:
            apart = abs(placed.position[a] - placed.position[b])
            assert apart >= (widths[a] + widths[b]) / 2 - 1e-9
    assert all(placed.position[n] - widths[n] / 2 >= -1e-9 for n in nodes)
    assert layout(nodes, edges, widths) == placed


def test_a_chain_is_straight():
    edges = [(i, i + 1) for i in range(6)]
    placed = layout(range(7), edges, dict.fromkeys(range(7), 1.0))
    assert len(set(placed.position.values())) == 1


def test_crossings_that_can_be_avoided_are():
    nodes = ["a", "b", "c", "x", "y", "z"]
    edges = [("a", "z"), ("b", "y"), ("c", "x")]
    placed = layout(nodes, edges, dict.fromkeys(nodes, 1.0))
    at = placed.position
    pairs = itertools.combinations(edges, 2)
    assert SWEEPS > 0
    assert all((at[p] < at[r]) == (at[q] < at[s]) for (p, q), (r, s) in pairs)


def test_crossings_are_counted():
    below = {"a": ["y"], "b": ["x"]}
    assert crossings([["a", "b"], ["x", "y"]], below) == 1
    assert crossings([["b", "a"], ["x", "y"]], below) == 0
