"""The experiments: in full they pass their checks; each check can fail; the parts are right."""

import numpy as np
import pytest

from chainrule import random
from chainrule.demo import EXPERIMENTS, curve, line, load, logistic, run_experiment, signs
from chainrule.demo.checks import at_least, at_most, near

SMALL = {
    "line": {"steps": 5},
    "logistic": {"steps": 5},
    "signs": {"steps": 8},
    "curve": {"steps": 5},
    "molecules": {"epochs": 1, "seeds": 2, "download": False},
}


def test_all_checks_of_the_five_experiments_hold(finished):
    failed = [(e.name, check) for e in finished for check in e.outcome.checks if not check.passed]
    assert failed == []
    assert [each.name for each in finished] == list(EXPERIMENTS)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_too_little_training_fails_a_check(name):
    few = run_experiment(name, **SMALL[name])
    assert not few.passed
    assert few.seconds > 0


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_progress_goes_from_zero_to_one_and_never_back(name):
    told = []
    run_experiment(name, lambda share, what: told.append((share, what)), **SMALL[name])
    shares = [share for share, _ in told]
    assert shares[0] == 0 and shares[-1] == 1
    assert shares == sorted(shares)
    stages = list(dict.fromkeys(what for _, what in told))
    assert len(stages) == load(name).STAGES + 1


def test_the_line_found_is_numpys(finished):
    found = finished[0].outcome.found
    w, b = np.polyfit(found["x"], found["y"], 1)
    assert found["theta"]["w"] == pytest.approx(w, abs=1e-8)
    assert found["theta"]["b"] == pytest.approx(b, abs=1e-8)
    assert len(found["losses"]) == 3000 and len(found["path"]) == 3001


def test_least_squares_in_matrices_is_the_normal_equations():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 2))
    weights, bias = line.least_squares(x, y)
    residual = y - x @ weights - bias
    np.testing.assert_allclose(x.T @ residual, 0, atol=1e-12)
    np.testing.assert_allclose(residual.sum(axis=0), 0, atol=1e-12)


def test_the_cross_entropy_never_overflows():
    theta = {"w": np.array([1000.0]), "b": 0.0}
    x, y = np.array([[1.0], [-1.0]]), np.array([1.0, 1.0])
    loss = logistic.cross_entropy(theta, logistic.logit, x, y)
    assert loss == pytest.approx(500.0)


def test_backprop_by_hand_agrees_with_finite_differences():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-1, 1, (20, 2)), rng.integers(0, 2, 20).astype(float)
    first = signs.initial(random.key(0), 5)
    theta = {name: np.asarray(first[name], np.float64) + 0.1 for name in first}
    by_hand = signs.backprop_by_hand(theta, x, y)
    for name in theta:
        for place in np.ndindex(np.shape(theta[name])):
            moved = []
            for sign in (1, -1):
                value = np.array(theta[name])
                value[place] += sign * 1e-6
                changed = theta | {name: value}
                moved.append(logistic.cross_entropy(changed, signs.network, x, y))
            slope = (moved[0] - moved[1]) / 2e-6
            assert by_hand[name][place] == pytest.approx(slope, abs=1e-8)


def test_a_sweep_trains_each_rate_as_if_alone():
    x, y = signs.data.signs(random.key(3), n=50)
    rate = float(signs.RATES[1])
    together = signs.sweep(x, y, 4, "ReLU", steps=30)[1]
    alone, _ = signs.train(signs.initial(random.key(5), 4), x, y, rate, range(30))
    for name in alone:
        np.testing.assert_allclose(together[name], alone[name], rtol=1e-3, atol=1e-5)


def test_one_neuron_cannot_follow_the_wave_and_fifty_can(finished):
    errors = finished[3].outcome.found["errors"]
    assert errors[1] > 0.4
    assert list(errors) == list(curve.WIDTHS)


def test_the_test_part_of_the_molecules_is_the_fifth_and_is_stratified(finished):
    found = finished[4].outcome.found
    table = found["confusion"]
    y = found["table"].y
    assert table.sum() == pytest.approx(0.2 * len(y), abs=1)
    assert table[1].sum() / table.sum() == pytest.approx(y.mean(), abs=0.01)
    assert np.trace(table) / table.sum() == pytest.approx(found["accuracy"])
    assert len(found["tests"]) == 10
    assert {name: len(scores) for name, scores in found["folds"].items()} == {
        "plain": 5, "L2": 5, "dropout": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("check", "passed"),
    [
        (near("", 1.0, 1.001, 1e-2), True),
        (near("", 1.0, 1.1, 1e-2), False),
        (near("", float("nan"), 1.0, 1e-2), False),
        (at_least("", 0.9, 0.84), True),
        (at_least("", 0.8, 0.84), False),
        (at_least("", float("nan"), 0.84), False),
        (at_most("", 1e-7, 1e-6), True),
        (at_most("", 1e-5, 1e-6), False),
        (at_most("", float("nan"), 1e-6), False),
    ],
)
def test_a_check_can_fail(check, passed):
    assert check.passed is passed
