"""The gallery without a page: its numbers against formulas, and its lists against the library."""

import numpy as np
import pytest

from chainrule import nn
from chainrule.nn import criteria
from chainrule.widgets import Gallery, UserError
from chainrule.widgets import gallery_activations as activations
from chainrule.widgets import gallery_initialisers as initialisers
from chainrule.widgets import gallery_losses as losses


def test_every_activation_of_the_library_is_shown():
    layers = {n for n in dir(nn) if isinstance(getattr(nn, n), type)}
    modules = {n for n in layers if getattr(nn, n).__module__.endswith("activation_layers")}
    shown = activations.names()
    assert {getattr(nn, n).__name__ for n in modules} == set(shown)


def test_every_loss_of_the_library_is_shown():
    classes = [c for c in vars(criteria).values() if isinstance(c, type)]
    known = {c.__name__ for c in classes if issubclass(c, criteria.Loss) and c is not criteria.Loss}
    assert known == {name for names in losses.GROUPS.values() for name in names}


@pytest.mark.parametrize("name", activations.names())
def test_slopes_agree_with_finite_differences(name):
    f = activations.function(name, activations.settings_of(name))
    x = np.array([-3.1, -1.2, -0.4, 0.3, 0.9, 2.7])
    h = 1e-6
    y, slope = activations.slope(f, x)
    up, _ = activations.slope(f, x + h)
    down, _ = activations.slope(f, x - h)
    assert np.allclose(slope, (up - down) / (2 * h), atol=1e-7)
    assert np.isfinite(y).all()


def test_sharpness_makes_swish_a_relu():
    x = np.linspace(-3, 3, 13)
    near, _ = activations.slope(activations.function("SiLU", {"sharpness": 10.0}), x)
    soft, _ = activations.slope(activations.function("SiLU", {"sharpness": 0.1}), x)
    assert np.abs(near - np.maximum(x, 0)).max() < 0.03
    assert np.abs(soft - x / 2).max() < 0.25


def test_zones_of_the_sigmoid_and_of_the_relu():
    sigmoid = activations.curve("Sigmoid", {})
    (left, right) = sigmoid["low"]
    # σ' = 0.0125, a twentieth of 0.25, where σ = (1 - √(1 - 0.05)) / 2.
    edge = np.log(2 / (1 - np.sqrt(0.95)) - 1)
    assert abs(left[1] + edge) < 0.03 and abs(right[0] - edge) < 0.03
    # Where Swish's slope changes its sign nothing is saturated.
    assert len(activations.curve("SiLU", {})["low"]) == 1
    assert activations.curve("ReLU", {})["dead"] == [[-6.0, 0.0]]
    assert activations.curve("LeakyReLU", {"negative_slope": 0.1})["dead"] == []


@pytest.mark.parametrize("over", ["z", "p"])
@pytest.mark.parametrize("name", losses.GROUPS["class"])
def test_losses_of_classes_start_as_cross_entropy(name, over):
    settings = {"gamma": 0.0} if name == "FocalLoss" else losses.settings_of(name)
    curve = losses.curve(name, settings, over)
    p = curve["x"] if over == "p" else 1 / (1 + np.exp(-curve["x"]))
    assert np.allclose(curve["y"], -np.log(p))
    assert np.allclose(curve["d"], -1 / p if over == "p" else p - 1)


def test_the_square_follows_an_outlier_and_the_others_do_not():
    x, y = losses.points()
    far = y.copy()
    far[-1] -= 2
    moved = {
        name: np.abs(losses.fit_line(name, x, far) - losses.fit_line(name, x, y)).max()
        for name in losses.FITTED
    }
    # An outlier far off pulls with a force that does not grow: the line stays where it is.
    assert max(moved["L1Loss"], moved["HuberLoss"]) < 0.01
    assert moved["MSELoss"] > 0.2


def test_lines_have_the_least_loss_of_all_near_them():
    x, y = losses.points()
    for name, loss in losses.FITTED.items():
        w, b = losses.fit_line(name, x, y)
        least = float(loss(w * x + b, y))
        for dw, db in ((0.05, 0), (-0.05, 0), (0, 0.05), (0, -0.05)):
            assert float(loss((w + dw) * x + b + db, y)) > least


def test_layers_are_what_the_library_computes():
    found = initialisers.through("xavier_normal", {}, "Tanh", width=16, seed=3)
    weights = initialisers.draw_weights("xavier_normal", {}, 16, 3)
    assert len(weights) == len(found["forward"]) == initialisers.LAYERS
    # The sizes go down the same way on a second look, and the gradient's end is a normal draw.
    assert found["forward"][0] > found["forward"][-1]
    assert abs(found["backward"][-1] - 1) < 0.1
    assert np.allclose(found["histograms"].sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "activation", "health"),
    [
        ("kaiming_normal", "ReLU", "well"),
        ("xavier_uniform", "Tanh", "well"),
        ("xavier_normal", "ReLU", "vanishing"),
        ("xavier_normal", "Sigmoid", "vanishing"),
        ("uniform", "ReLU", "vanishing"),
        ("constant", "Tanh", "alike"),
    ],
)
def test_health_of_twenty_layers(name, activation, health):
    settings = initialisers.settings_of_init(name)
    assert initialisers.through(name, settings, activation, width=32)["health"] == health


def test_large_weights_explode():
    assert initialisers.through("normal", {"std": 0.5}, "ReLU", 64)["health"] == "exploding"


def test_choosing_and_a_link():
    page = Gallery()
    page.take({"activation": "ELU"})
    assert page.state["activation_settings"] == {"alpha": 1.0}
    page.take({"activation_settings": {"alpha": 2.0}, "probe": -1.0})
    assert page.state["tangent"][1] == pytest.approx(2 * np.expm1(-1))
    page.take({"tab": "losses", "loss": "FocalLoss"})
    other = Gallery()
    other.restore(page.link_state())
    assert str(other.state["loss_curves"]) == str(page.state["loss_curves"])
    for each in (page, other):
        each.take({"tab": "activations"})
    for name in ("curve", "tangent"):
        assert str(other.state[name]) == str(page.state[name])


def test_nonsense_is_refused():
    with pytest.raises(UserError, match="not known"):
        Gallery().take({"activation_settings": {"__class__": 1}})
    with pytest.raises(UserError):
        Gallery().take({"loss": "Loss"})
