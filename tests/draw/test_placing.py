"""Drawings of whole graphs: nothing overlaps, whatever their size, and they are made quickly."""

import itertools
import json
import time

import numpy as np
import pytest

import chainrule as cr
from chainrule import draw, lax, nn, trace
from tests.draw.pictures import check, elements, texts

RNG = np.random.default_rng(0)


def mlp():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    x, y = RNG.normal(size=(5, 3)).astype("f"), np.zeros(5, int)
    loss = lambda net, x, y: nn.functional.cross_entropy(net(x), y)  # noqa: E731
    return trace(cr.value_and_grad(loss), net, x, y)


def gated():
    def step(h, x):
        r, z, n = np.split(np.tanh(h @ w + x), 3)
        h = (1 - z) * n * r + z * h
        return h, h

    w = RNG.normal(size=(4, 12))
    return trace(lambda h, xs: lax.scan(step, h, xs)[1].sum(), np.zeros(4), np.ones((5, 12)))


def convolution():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    return trace(lambda x: net(x).sum(), np.ones((2, 1, 8, 8), "f"))


def body():
    return next(n for n in gated().nodes if n.primitive.name == "scan").params["body"]


def tangle(count):
    """So many operations, each of the last result and of an earlier one."""

    def function(x):
        values = [x]
        for i, back in enumerate(backs):
            last = values[-1]
            values.append(np.sin(last) if i % 4 == 0 else last * values[max(0, i - back)])
        return values[-1]

    backs = np.random.default_rng(1).integers(1, 12, count)
    return trace(function, 1.0)


MAKERS = [mlp, gated, body, lambda: tangle(5), lambda: tangle(30)]
MAKERS += [convolution] if hasattr(nn, "Conv2d") else []


def overlaps(a, b):
    across = abs(a["x"] - b["x"]) < (a["width"] + b["width"]) / 2 - 0.1
    return across and abs(a["y"] - b["y"]) < (a["height"] + b["height"]) / 2 - 0.1


def covers(node, point):
    x, y = point
    across = abs(node["x"] - x) < node["width"] / 2 - 0.1
    return across and abs(node["y"] - y) < node["height"] / 2 - 0.1


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("fold", [None, 0, 1, "auto"])
def test_boxes_do_not_overlap_and_edges_go_around_them(make, fold):
    drawing = draw.placed(make(), lines=2, fold=fold)
    nodes, edges = drawing["nodes"], drawing["edges"]
    assert not any(overlaps(a, b) for a, b in itertools.combinations(nodes, 2))
    for node in nodes:
        assert node["x"] - node["width"] / 2 >= 0
        assert node["x"] + node["width"] / 2 <= drawing["width"]
        assert node["y"] + node["height"] / 2 <= drawing["height"]
    for edge in edges:
        assert not any(covers(node, point) for node in nodes for point in edge["points"])
        heights = [y for _, y in edge["points"]]
        assert heights == sorted(heights)
    assert json.loads(json.dumps(drawing)) == drawing


@pytest.mark.parametrize("make", MAKERS)
def test_every_edge_joins_boxes_that_are_there_and_every_node_is_in_one_box(make):
    graph = make()
    for fold in (None, 0):
        drawing = draw.placed(graph, fold=fold)
        ids = [node["id"] for node in drawing["nodes"]]
        inside = [name for node in drawing["nodes"] for name in node["ids"]]
        assert len(set(ids)) == len(ids) and len(set(inside)) == len(inside)
        assert {e[k] for e in drawing["edges"] for k in ("from", "to")} <= set(ids)
        left_out = {"broadcast", "pick", "constant"}
        wanted = sum(node.primitive.name not in left_out for node in graph.nodes)
        assert sum(name[0] == "v" for name in inside) == wanted


def test_ids_are_those_of_the_printed_graph():
    graph = mlp()
    text = str(graph)
    for node in draw.placed(graph)["nodes"]:
        if node["kind"] == "operation":
            assert f"{node['id']}: {node['type']} = {node['label']}(" in text


def test_three_hundred_operations_are_drawn_in_half_a_second():
    graph = tangle(290)
    begin = time.process_time()
    picture = draw.graph(graph, fold=None)
    assert time.process_time() - begin < 0.5
    assert picture.width < 4000


def test_a_chain_with_parameters_at_its_side_goes_straight_down():
    net = nn.Sequential(*[nn.Linear(4, 4) for _ in range(20)])
    drawing = draw.placed(trace(lambda x: net(x), np.ones((2, 4), "f")))
    assert drawing["width"] < 500


def edges_of(rect):
    x, y, width, height = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def test_a_frame_holds_a_layer_and_cuts_through_nothing():
    net = nn.Sequential(nn.Linear(3, 8), nn.LayerNorm(8), nn.GELU(), nn.LayerNorm(8))
    graph = trace(lambda x: net(x), np.ones((2, 3), "f"))
    picture = check(draw.graph(graph, fold=None))
    assert {"1: LayerNorm", "3: LayerNorm"} <= set(texts(picture))
    rectangles = elements(picture, "rect")
    frames = [edges_of(r) for r in rectangles if r.get("stroke-dasharray")]
    boxes = [edges_of(r) for r in rectangles if not r.get("stroke-dasharray")]
    assert len(frames) >= 2
    for (a, b, c, d), (left, top, right, bottom) in itertools.product(frames, boxes):
        is_inside = a < left and b < top and right < c and bottom < d
        assert is_inside or right < a or c < left or bottom < b or d < top
