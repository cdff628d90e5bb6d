"""The perceptron's page without a page: the rule, its failure, and what a hidden layer adds."""

import time

import numpy as np
import pytest

from chainrule.widgets import Perceptron, UserError
from chainrule.widgets.perceptron_layer import MOST, Layer
from chainrule.widgets.perceptron_rule import Rule, points


@pytest.mark.parametrize("name", ["separable", "and", "or"])
def test_the_rule_stops_where_a_line_separates(name):
    rule = Rule(*points(name))
    while not rule.settled and len(rule.passes) < 50:
        rule.step()
    assert rule.settled
    assert (rule.neuron(rule.x).numpy().ravel() == rule.y).all()
    assert rule.bound is not None and sum(rule.passes) <= rule.bound


def test_xor_goes_round_in_a_circle():
    page = Perceptron("xor")
    for _ in range(5):
        page.do_pass()
    assert page.state["cycle"] == (1, 1)
    assert 0 not in page.state["passes"] and not page.state["settled"]


def test_a_step_is_rosenblatts():
    page = Perceptron("and")
    page.take({"rate": 0.5})
    table = np.array(page.state["points"])
    w = np.zeros(3)
    for x1, x2, kind in table:
        page.do_step()
        x = np.array([x1, x2, 1])
        w = w + 0.5 * (kind - float(w @ x > 0)) * x
        assert np.allclose(page.state["weights"], w)


def test_own_points():
    page = Perceptron()
    page.take({"points": [[0, 0, 0], [1.23, 1, 1], [9, 9, 1]]})
    assert page.state["data"] == "own"
    assert page.state["points"][2] == [2.0, 2.0, 1.0]
    page.take({"points": [[0, 0, 1]]})
    with pytest.raises(UserError, match="two points"):
        page.do_play()


@pytest.mark.parametrize("points", [[], [[0, 0, 0]], [[1, 1, 1], [1, 1, 0]]])
def test_odd_points_break_nothing(points):
    for tab in ("rule", "layer"):
        page = Perceptron()
        page.take({"tab": tab})
        page.take({"points": points})
        if len(points) > 1:
            page.do_step()


def test_playing_stops_when_all_is_learned():
    page = Perceptron("and")
    page.take({"speed": 100.0})
    page.do_play()
    end = time.monotonic() + 20
    while page.running and time.monotonic() < end:
        page.tick(0.01)
    assert page.state["settled"] and not page.running and not page.state["playing"]


def test_a_hidden_layer_mends_xor_and_one_unit_does_not():
    x, y = points("xor")
    for units, right in ((1, False), (4, True)):
        layer = Layer("boundary", x, y, units)
        layer.train(600)
        assert bool(((layer(x) > 0).ravel() == (y > 0)).all()) is right


def test_masked_units_are_not_there():
    x = np.linspace(-1, 1, 9)[:, None]
    layer = Layer("curve", x, x, units=3)
    assert layer.parts(x).shape == (9, 3)
    params = layer.params
    hidden = np.tanh(x @ params["w"][:, :3] + params["b"][:3])
    assert np.allclose(layer(x), hidden @ params["v"][:3] + params["c"])
    layer.train(20)
    assert np.allclose(layer.parts(x).sum(axis=1) + layer.params["c"], layer(x)[:, 0])
    assert layer.params["w"].shape == (1, MOST["curve"])


def test_more_units_come_nearer_to_a_curve():
    page = Perceptron()
    page.take({"tab": "curve", "target": "sine"})
    found = {}
    for units in (1, 12):
        page.take({"curve_units": units})
        page._train(800, 10)
        found[units] = page.state["curve_loss"]
    assert found[12] < 0.01 < 0.2 < found[1]


def test_a_drawn_curve():
    page = Perceptron()
    page.take({"tab": "curve", "target": "drawn"})
    with pytest.raises(UserError, match="Draw"):
        page.do_play()
    page.take({"drawn": [[2, 1], [-1, 0], [0, -1]]})
    page.do_step()
    at = page.state["curve"]["at"]
    assert at.min() >= -1 and at.max() <= 2 and page.state["curve_steps"] == 10


def test_a_link_gives_the_same_training():
    page = Perceptron("xor")
    page.take({"tab": "layer", "units": 3})
    page.do_again()
    other = Perceptron()
    other.restore(page.link_state())
    for each in (page, other):
        each._train(25, 10)
    assert page.state["layer_loss"] == other.state["layer_loss"]
    assert other.state["data"] == "xor"


def test_the_hidden_layer_meets_xor_unless_other_points_were_chosen():
    page = Perceptron()
    page.take({"tab": "layer"})
    assert page.state["data"] == "xor" and len(page.state["points"]) == 4
    for data in ("and", "clouds"):
        page = Perceptron(data)
        page.take({"tab": "layer"})
        assert page.state["data"] == data
    page.restore({"tab": "layer", "data": "separable"})
    assert page.state["data"] == "separable" and len(page.state["points"]) == 24
