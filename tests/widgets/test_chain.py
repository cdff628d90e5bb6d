"""The chain rule's page without a page: steps, gradients, nudges, code, links."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.widgets import ChainRule, UserError
from chainrule.widgets import chain_network as network
from chainrule.widgets.chain import EXAMPLES
from chainrule.widgets.chain_steps import Seen
from chainrule.widgets.formula import formula


@pytest.mark.parametrize("text", EXAMPLES)
def test_gradients_nudges_and_code_agree(text):
    page = ChainRule()
    page.take({"formula": text})
    assert page.state["problem"] == ""
    names = tuple(page.state["inputs"])
    values = [np.float64(v) for v in page.state["inputs"].values()]
    truth = cr.grad(formula(text, names), tuple(range(len(names))))(*values)
    nodes = page.state["nodes"]
    for name, slope in zip(names, truth, strict=True):
        assert nodes[page.state["gradients"][name]["id"]]["cotangent"] == pytest.approx(slope)
    for box in nodes:
        nudged = page._now.nudged(box)
        assert nudged is not None and nudged["difference"] < 1e-6
    space: dict = {}
    exec(page.state["code"], space)
    value, *slopes = space["chain_rule"](*values)
    assert value == pytest.approx(formula(text, names)(*values))
    assert np.allclose(slopes, truth)


def test_a_function_of_ones_own():
    def loss(w, x, y):
        return ((x @ w - y) ** 2).mean()

    x, w = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([0.5, -0.25])
    page = ChainRule(loss, w=w, x=x, y=0.5)
    assert list(page.state["inputs"]) == ["y"]
    page.take({"inputs": {"y": 1.5, "stranger": 1}})
    found = page.state["nodes"][page.state["gradients"]["w"]["id"]]
    assert np.allclose(found["cotangent"], cr.grad(loss)(w, x, 1.5))
    assert any("x @ w - y" in node["line"] for node in page.state["nodes"].values())


def test_names_that_look_like_those_of_nodes():
    seen = Seen(lambda a, b: a * b * b, ["x1", "x0"], [2.0, 3.0])
    space: dict = {}
    exec(seen.code(), space)
    assert space["chain_rule"](x1=2.0, x0=3.0) == (18.0, 9.0, 12.0)
    assert [sent["name"] for sent in seen.nodes()["v2"]["sends"]] == ["x1", "x0"]


def test_a_walk_forward_and_back():
    page = ChainRule()
    page.take({"formula": "tanh(w * x)"})
    walk = [*page.state["forward"], *page.state["backward"]]
    assert walk == ["x0", "x1", "v2", "v3", "v3", "v2"]
    for box in walk:
        page.do_step()
        assert page.state["focus"] == box
    page.do_step()
    assert page.state["at"] == len(walk)
    page.do_back()
    assert page.state["focus"] == "v3"
    page.do_reset()
    assert (page.state["at"], page.state["focus"]) == (0, "")


def test_playing_ends_at_the_end():
    page = ChainRule()
    page.take({"formula": "w*w"})
    page.do_play()
    for _ in range(10):
        page._due = 0.0
        page.tick(0.01)
    assert page.state["at"] == 3 and not page.running


def test_the_learners_names_stand_in_rules_and_code():
    page = ChainRule()
    page.take({"formula": "w * x"})
    sends = page.state["nodes"]["v2"]["sends"]
    assert [(sent["name"], sent["code"]) for sent in sends] == [("w", "x"), ("x", "w")]
    assert "def chain_rule(w, x):" in page.state["code"]


def test_a_wrong_formula_says_so_and_the_graph_stays():
    page = ChainRule()
    before = page.state["drawing"]
    for text, word in (("w *", "missing"), ("1 + 2", "letters"), ("__import__('os')", "")):
        page.take({"formula": text})
        assert word in page.state["problem"] != ""
        assert page.state["drawing"] is before
    page.take({"formula": "w + b"})
    assert page.state["problem"] == ""


def test_numbers_change_and_the_place_stays():
    page = ChainRule()
    page.take({"at": 6})
    before = page.state["drawing"]
    page.take({"inputs": {"w": 3.0, "x": 1.0, "b": 0.0, "y": 0.0}})
    assert page.state["at"] == 6 and page.state["drawing"] is before
    assert page.state["gradients"]["w"]["short"] == "6"


@pytest.mark.parametrize("activation", network.ACTIVATIONS)
@pytest.mark.parametrize("loss", network.LOSSES)
def test_a_network_on_one_example(activation, loss):
    given = network.START | {"activation": activation, "loss": loss}
    function, names, values = network.as_call(network.checked(given))
    assert names == ["x", "y", "W1", "b1", "W2", "b2"]
    seen = Seen(function, names, values, fixed=["y"])
    for name in set(names) - {"y"}:
        nudged = seen.nudged(seen.ids[seen.inputs[name]])
        assert nudged is not None and nudged["difference"] < 1e-6


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {"layers": 3},
        network.START | {"layers": network.START["layers"] * 4},
        network.START | {"x": [1.0, 2.0, 3.0]},
        network.START | {"activation": "exec"},
        network.START | {"y": float("nan")},
        network.START | {"layers": [{"weight": [[1.0, 1.0]] * 17, "bias": [0.0] * 17}]},
    ],
)
def test_wrong_networks_of_a_link_are_refused(wrong):
    with pytest.raises(UserError):
        network.checked(wrong)


def test_a_link():
    page = ChainRule()
    page.take({"kind": "network"})
    page.take({"network": network.START | {"x": [0.25, 0.75]}, "at": 9})
    other = ChainRule()
    other.restore(page.link_state())
    for name in ("nodes", "at", "focus", "forward", "code"):
        assert other.state[name] == page.state[name]


def test_of_a_networks_last_neuron_the_local_derivatives_are_products():
    page = ChainRule()
    page.take({"kind": "network"})
    codes = [sent["code"] for node in page.state["nodes"].values() for sent in node["sends"]]
    assert "d_v9 * v8" in codes and "d_v9 * W2" in codes
    assert not [code for code in codes if "einsum" in code]
