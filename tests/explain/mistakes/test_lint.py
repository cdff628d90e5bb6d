"""Lint finds what is broken in known ways, and nothing in what is sound."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim

from .lint_broken import BROKEN
from .lint_sound import SOUND


@pytest.mark.parametrize("name", BROKEN)
def test_names_the_mistake_and_its_line(name):
    rule, piece, make = BROKEN[name]
    report = cr.lint(*make())
    assert report.ids == [rule]
    assert any(piece in mistake.line for mistake in report)
    assert all(mistake.fix and mistake.what for mistake in report)


@pytest.mark.parametrize("name", SOUND)
def test_says_nothing_of_what_is_sound(name):
    report = cr.lint(*SOUND[name]())
    assert report.ids == [], report


def test_of_a_statement_with_a_lambda_the_lambda_is_read():
    fit = [].append  # functions that call `fit` are not run
    fit(cr.lint(lambda w: np.sum(np.log(w)), np.ones(3)).ids)
    assert fit.__self__ == [["log-of-zero"]]


def test_asking_changes_nothing():
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1)).eval()
    optimizer = optim.Adam(net.parameters())
    net[0].weight.grad = kept = np.ones((4, 3))
    before = net.state_dict()

    def train_step(x, y):
        net.train()
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()

    assert cr.lint(train_step, np.ones((5, 3)), np.ones((5, 1))).ids == []
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert net[0].weight.grad is kept and not net.training and not optimizer.state


def test_errors_of_the_function_are_its_own():
    with pytest.raises(ValueError, match="matmul"):
        cr.lint(lambda w, x: x @ w, np.ones(3), np.ones((2, 4)))


def test_what_people_read():
    report = cr.lint(*BROKEN["log of sigmoid"][2]())
    text = str(report)
    assert text.startswith("lint: 2 mistakes\n\nlog-of-zero\n  at lint_broken.py:")
    assert max(map(len, text.splitlines())) <= 80
    assert [each["rule"] for each in report.to_dicts()] == ["log-of-zero", "log-of-zero"]
    assert "<dl>" in report._repr_html_()
    assert str(cr.lint(*SOUND["columns"]())).startswith("lint: no mistake in ")
    assert "nothing was computed from arrays" in str(cr.lint(lambda x: float(x) + 1, 2.0))


def test_weights_that_are_converted_are_still_weights():
    def loss(w, x):
        return np.sum(np.tanh(x @ w) ** 2)

    x = np.random.default_rng(0).normal(size=(5, 3))
    assert cr.lint(loss, np.ones((3, 2), np.float32), x).ids == ["symmetric-weights"]
