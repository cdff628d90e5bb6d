import numpy as np
import pytest

from chainrule import grad
from chainrule.widgets import Slope, UserError
from chainrule.widgets.formula import formula
from chainrule.widgets.slope_text import written


@pytest.fixture
def slope():
    return Slope()


def test_the_curves_are_the_function_and_its_derivative(slope):
    w, value, derivative = slope.state["curve"]
    np.testing.assert_allclose(value, w**2 + 3 * w - 5)
    np.testing.assert_allclose(derivative, 2 * w + 3)


@pytest.mark.parametrize(
    ("text", "derivative"),
    [
        ("w**2 + 3w - 5", "2·w + 3"),
        ("sin(w)", "cos(w)"),
        ("1/w", "−1 / w / w"),
        ("sigmoid(w)", "sigmoid(w)·(1 − sigmoid(w))"),
        ("exp(2w)", "2·exp(2·w)"),
        ("w^4", "4·w³"),
        ("5", "0"),
        ("-w", "−1"),
        ("sqrt(w)", "0.5 / sqrt(w)"),
    ],
)
def test_derivatives_are_written_as_formulas(text, derivative):
    assert written(grad(formula(text))) == derivative


@pytest.mark.parametrize(
    "text",
    ["w**3 - 2w", "(w-1)(w+2)", "1 - (2 - w)", "1/(1+w^2)", "sin(w)exp(-w²)", "-(w+1)**2", "2^w",
     "w/(2w)/3", "tanh(3w)**2", "w - (w - 1)*2"],
)  # fmt: skip
def test_what_is_written_means_the_same(text):
    for function in (formula(text), grad(formula(text))):
        again = written(function).replace("chain", "")
        for at in (0.7, 1.9):
            assert formula(again)(at) == pytest.approx(function(at), rel=1e-5)


def test_a_bad_formula_is_told_and_the_last_good_one_stays(slope):
    slope.take({"text": "w +"})
    assert "missing" in slope.state["problem"]
    assert slope.state["derivative"] == "2·w + 3"
    slope.take({"text": "w"})
    assert slope.state["problem"] == ""
    assert slope.state["slope"] == 1.0


def test_functions_with_holes_have_no_slope_there(slope):
    slope.take({"text": "log(w)"})
    slope.take({"w": -1.0})
    assert slope.state["slope"] is None
    with pytest.raises(UserError):
        slope.do_step()
    slope.take({"w": 2.0})
    assert slope.state["slope"] == 0.5


def test_steps_and_divergence(slope):
    slope.do_step()
    assert slope.state["w"] == pytest.approx(2.5 - 0.1 * 8)
    slope.take({"rate": 1.5, "running": True})
    for _ in range(2000):
        if slope.running:
            slope.tick(0.01)
    assert slope.state["lost"] and not slope.running
    slope.take({"running": True})
    assert slope.running and not slope.state["lost"]


def test_a_link_restores_formula_and_place(slope):
    slope.take({"text": "sin(w)"})
    slope.take({"w": 1.0})
    other = Slope()
    other.restore(slope.link_state())
    assert other.state["slope"] == pytest.approx(np.cos(1.0))
