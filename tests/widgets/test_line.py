import numpy as np
import pytest

from chainrule.widgets import Line, UserError
from chainrule.widgets.line import CELLS, least_squares


@pytest.fixture
def line():
    return Line()


def mean_square(state, w, b):
    x, y = np.array(state["points"]).T
    return np.mean((w * x + b - y) ** 2)


def test_loss_and_gradient_are_those_of_the_formulas(line):
    x, y = np.array(line.state["points"]).T
    w, b = line.state["w"], line.state["b"]
    error = w * x + b - y
    assert line.state["loss"] == pytest.approx(np.mean(error**2))
    assert line.state["gradient"] == pytest.approx([2 * np.mean(error * x), 2 * np.mean(error)])


def test_the_bowl_is_the_loss_at_each_w_and_b(line):
    (low_w, high_w), (low_b, high_b) = line.state["floor"]
    ws, bs = np.linspace(low_w, high_w, CELLS), np.linspace(low_b, high_b, CELLS)
    for row, column in [(0, 0), (3, 40), (48, 5)]:
        expected = mean_square(line.state, ws[column], bs[row])
        assert line.state["bowl"][row, column] == pytest.approx(expected, rel=1e-5)


def test_steps_go_down_to_the_closed_form(line):
    for _ in range(400):
        line.do_step()
    assert [line.state["w"], line.state["b"]] == pytest.approx(line.state["best"], abs=1e-6)
    assert line.state["steps"] == 400
    assert line.state["path"].shape == (401, 3)


def test_play_ends_at_the_bottom_and_when_it_diverges(line):
    line.take({"running": True})
    for _ in range(3000):
        if line.running:
            line.tick(0.01)
    assert not line.running and not line.state["lost"]
    line.take({"rate": 1.0})
    line.do_reset()
    line.take({"running": True})
    for _ in range(200):
        if line.running:
            line.tick(0.01)
    assert line.state["lost"] and not line.state["running"]
    with pytest.raises(UserError, match="smaller rate"):
        line.do_step()
    line.take({"running": True})  # begins anew
    assert line.running and not line.state["lost"]


def test_points_may_be_none_one_or_above_each_other(line):
    line.take({"points": []})
    assert line.state["best"] is None
    line.take({"points": [[1.0, 2.0]]})
    assert line.state["best"] is None
    line.do_step()
    line.take({"points": [[1.0, 2.0], [1.0, 3.0]]})
    assert least_squares(np.ones(2), np.arange(2.0)) is None
    assert np.isfinite(line.state["loss"])


def test_a_link_restores_points_and_line(line):
    line.take({"points": [[0, 1], [2, 3]], "w": 0.5})
    other = Line()
    other.restore(line.link_state())
    assert other.link_state() == line.link_state()
    assert other.state["loss"] == line.state["loss"]


def test_new_points_are_others(line):
    before = line.state["points"]
    line.do_scatter()
    assert line.state["points"] != before
