"""fit lints first: a warning for each mistake, once, and only if it is wanted."""

import time
import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import LintWarning, fit
from chainrule.train.lint import warn_of_mistakes
from chainrule.train.models import as_model
from chainrule.train.sources import as_data

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3)).astype(np.float32)
Y = X[:, :1]


def wrong_shape(prediction, target):
    return np.mean((prediction - target[:, 0]) ** 2)


def train(net, loss, **settings):
    optimizer = optim.SGD(net.parameters(), lr=0.01)
    return fit(net, loss, optimizer, (X, Y), progress=False, **settings)


def test_a_mistake_is_a_warning_at_the_line_of_fit_and_comes_once():
    net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
    with pytest.warns(LintWarning, match=r"column-against-row(.|\n)*Fix: ") as caught:
        fit(net, wrong_shape, optim.SGD(net.parameters(), lr=0.01), (X, Y))
    assert [w.filename for w in caught] == [__file__]
    fit(net, wrong_shape, optim.SGD(net.parameters(), lr=0.01), (X, Y))  # warnings are errors here


def test_it_can_be_switched_off():
    train(nn.Sequential(nn.Linear(3, 6), nn.Linear(6, 1)), nn.MSELoss(), lint=False)
    with pytest.warns(LintWarning, match="linear-after-linear"):
        train(nn.Sequential(nn.Linear(3, 6), nn.Linear(6, 1)), nn.MSELoss())


def test_pairs_are_linted_too():
    params = {"w": rng.normal(size=(3, 1)), "b": np.zeros(1), "unused": np.zeros(2)}

    def apply(params, x):
        return x @ params["w"] + params["b"]

    with pytest.warns(LintWarning, match=r"unused-parameter(.|\n)*params\['unused'\]"):
        fit((params, apply), nn.MSELoss(), optim.functional.sgd(0.1), (X, Y))


def test_training_is_the_same_with_and_without():
    found = []
    for lint in (True, False):
        cr.random.seed(1)
        net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.3), nn.Linear(4, 1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LintWarning)
            train(net, nn.MSELoss(), lint=lint, epochs=2)
        found.append(net.state_dict())
    for name, value in found[0].items():
        np.testing.assert_array_equal(value, found[1][name])


def test_it_costs_little():
    data = as_data((X, Y), None, np.float32)
    seconds = []
    for width in range(10, 30):  # each is new to it
        net = nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, 1))
        begin = time.process_time()
        warn_of_mistakes(as_model(net, None), nn.L1Loss(), data)
        seconds.append(time.process_time() - begin)
    assert min(seconds) < 0.005


def test_what_it_cannot_look_at_is_left_to_training():
    """A loss that is made for batches of 40 rows, and lint looks at 32."""
    offset = np.ones((40, 1), np.float32)

    def loss(prediction, target):
        return np.mean((prediction - target - offset) ** 2)

    train(nn.Linear(3, 1), loss, batch_size=None)
