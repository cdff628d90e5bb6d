"""Integrated gradients against closed forms, their axioms, and what they cost; importances."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.explain import integrated_gradients, permutation_importance


def test_closed_form():
    """f = x² y from (1, 0) to (3, 2): ∫ 2 x y dx and ∫ x² dy along the straight way."""

    def f(x):
        return x[:, 0] ** 2 * x[:, 1]

    found = integrated_gradients(f, np.array([[3.0, 2.0]]), np.array([1.0, 0.0]))
    a = np.linspace(0, 1, 100_001)
    x, y = 1 + 2 * a, 2 * a
    expected = [np.trapezoid(2 * x * y, a) * 2, np.trapezoid(x**2, a) * 2]
    assert np.allclose(found.values[0], expected, atol=1e-8)
    assert found.outputs[0] == 18 and found.start[0] == 0


@pytest.fixture(scope="module")
def net():
    keys = cr.random.split(cr.random.key(0), 2)
    layers = [cr.nn.Linear(6, 40, key=keys[0]), cr.nn.ReLU(), cr.nn.Linear(40, 3, key=keys[1])]
    return cr.nn.Sequential(*layers).eval()


def test_complete_at_kinks(net):
    x = 3 * np.random.default_rng(0).normal(size=(40, 6))
    wanted = np.arange(40) % 3
    found = integrated_gradients(net, x, output=wanted)
    with cr.no_grad():
        rise = (np.asarray(net(x)) - np.asarray(net(np.zeros((1, 6)))))[np.arange(40), wanted]
    assert np.allclose(found.values.sum(axis=1), rise, atol=1e-3 * np.maximum(1, abs(rise)).max())
    assert np.abs(found.gap).max() <= 1e-3 * np.maximum(1, np.abs(rise)).max()


def test_rows_do_not_touch_each_other(net):
    x = np.random.default_rng(1).normal(size=(5, 6))
    own = x[::-1] / 2
    together = integrated_gradients(net, x, own, output=1).values
    for i in range(5):
        alone = integrated_gradients(net, x[i : i + 1], own[i], output=1).values
        assert np.allclose(together[i], alone[0], atol=1e-9)


def test_an_input_without_influence_gets_nothing():
    found = integrated_gradients(lambda x: np.tanh(x[:, 0]), np.array([[2.0, 5.0]]))
    assert found.values[0, 1] == 0


def test_what_is_wrong_is_said(net):
    x = np.zeros((2, 6))
    with pytest.raises(ValueError, match="3 outputs: say which"):
        integrated_gradients(net, x)
    with pytest.raises(ValueError, match="there are outputs 0 to 2"):
        integrated_gradients(net, x, output=3)
    with pytest.raises(ValueError, match="the baseline has shape"):
        integrated_gradients(net, x, np.zeros(5), output=0)
    with pytest.raises(ValueError, match="x is"):
        integrated_gradients(net, np.zeros(6), output=0)


def test_columns_of_one_feature_are_shuffled_together():
    draw = np.random.default_rng(0)
    kind = draw.integers(0, 3, 300)
    x = np.column_stack([np.eye(3)[kind], draw.normal(size=300)])

    def accuracy(y, p):
        return float((y == p).mean())

    def predict(x):
        return x[:, :3].argmax(axis=1)

    found = permutation_importance(predict, accuracy, x, kind, groups=[[0, 1, 2], [3]])
    assert found.score == 1 and found.mean[1] == 0
    assert found.mean[0] == pytest.approx(2 / 3, abs=0.1)
    assert found.order().tolist() == [0, 1]
