"""Links to the playground: the same numbers for who opens one, and nothing else than that."""

import pytest

from chainrule.widgets import Playground, UserError


def asked(page, do, **more):
    page.asked({"do": do, **more}, [])


def test_the_link_comes_to_the_same_numbers():
    page = Playground()
    page.take({"data": "spiral"})
    page.take({"hidden": [6, 3], "activation": "ReLU", "noise": 0.05})
    page.experiment.play_to(page.experiment.step + 40)
    page.take({"lr": 0.1})
    asked(page, "edit", layer=1, place=[0], value=-0.5)
    page.experiment.play_to(page.experiment.step + 40)
    page.take({"batch": 20, "l2": 0.001})
    asked(page, "step")
    other = Playground()
    other.restore(page.link_state())
    assert other.settings == page.settings
    assert other.state["step"] == page.state["step"]
    assert other.state["losses"]["train"] == pytest.approx(page.state["losses"]["train"], rel=1e-7)
    assert other.link_state() == page.link_state()


@pytest.mark.parametrize(
    "link",
    [
        {"hidden": [1000]},
        {"data": "csv"},
        {"own": [[0, 0, 1]], "data": "own", "steps": 5},
        {"steps": 1e9},
        {"across": 7, "up": 7, "data": "waves"},
        {"view": "code", "unknown": 3},
    ],
)
def test_a_strange_link_is_brought_into_bounds(link):
    page = Playground()
    page.restore(link)
    assert page.state["step"] <= 100_000


@pytest.mark.parametrize(
    "link",
    [
        {"activation": "__import__"},
        {"steps": "x"},
        {"steps": 3, "events": [[0, "__class__", 1, []]]},
        {"steps": 3, "events": [[0, "0.nothing", 1.0, [0]]]},
        {"steps": 3, "events": [[5, "lr", 1.0, []]]},
        {"events": 7},
    ],
)
def test_a_wrong_link_is_refused(link):
    page = Playground()
    with pytest.raises(UserError):
        page.restore(link)
    asked(page, "step")
