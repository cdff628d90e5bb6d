"""A loss that turns NaN or Inf: the error names operation, line and operands, with no flag set."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.engine.errors import NonFiniteError
from chainrule.engine.interpret import origin_of_nonfinite
from chainrule.train import fit

X = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
Y = X[:, :1] - X[:, 1:2]


def line_of(function, offset):
    return f"{__file__.rpartition('/')[2]}:{function.__code__.co_firstlineno + offset}: "


def log_of_prediction(prediction, target):
    scaled = prediction * 10
    return -np.mean(target * np.log(scaled))


def test_backward_names_the_operation_the_line_and_the_operands():
    w = cr.tensor(np.array([[1.0, 2.0], [3.0, -4.0]]))

    def loss():
        z = w * 2
        return np.mean(np.log(z))

    with pytest.raises(NonFiniteError) as caught:
        loss().backward()
    text = str(caught.value)
    assert "the loss is nan" in text and "log made 1 value(s)" in text and "at [1, 1]" in text
    assert line_of(loss, 2) in text and "z: float64[2, 2] from -8 to 6, there -8" in text
    assert w.grad is None


def test_backward_names_what_an_earlier_gradient_made():
    w = cr.tensor(np.array([0.0, 4.0]))
    optimizer = optim.SGD([w], lr=0.1)

    def loss():
        return np.sum(np.sqrt(w))

    with pytest.raises(NonFiniteError) as caught:
        for _ in range(2):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
    assert "In the gradients of the backward() before, divide made 1" in str(caught.value)
    assert line_of(loss, 1) in str(caught.value)


@pytest.mark.parametrize("callbacks", [(), (lambda run: None,)], ids=["chunks", "epochs"])
@pytest.mark.parametrize("compiled", [False, True], ids=["evaluated", "compiled"])
def test_fit_names_the_operation_and_keeps_the_last_good_numbers(callbacks, compiled):
    net = nn.Linear(3, 1)
    net.weight.data = np.zeros_like(net.weight.data)
    net.bias.data = np.array([0.2], np.float32)
    target = np.ones_like(Y)  # -log(10 p) falls without end as p grows, by longer and longer steps

    def loss(prediction, target):
        return np.mean(np.log(3.0 - prediction) * target)

    optimizer = optim.SGD(net.parameters(), lr=0.05)
    with cr.config(compile=compiled), pytest.raises(NonFiniteError) as caught:
        fit(net, loss, optimizer, (X, target), epochs=400, lint=False, callbacks=callbacks)
    text = str(caught.value)
    assert "log made" in text and "3.0 - prediction: float32[" in text
    assert line_of(loss, 1) in text
    assert all(np.isfinite(p.data).all() for p in net.parameters())
    assert not net.training


def test_fit_names_a_gradient_that_is_not_finite():
    class Root(nn.Module):
        """Its derivative at 0 is infinite."""

        def __init__(self):
            self.w = nn.Parameter(np.array([0.5, 0.3, 0.0], np.float32))

        def forward(self, x):
            return x @ np.sqrt(self.w)

    net = Root()
    data = (X, Y[:, 0])
    with pytest.raises(NonFiniteError) as caught:
        fit(net, nn.MSELoss(), optim.SGD(net.parameters(), lr=0.01), data, epochs=3, lint=False)
    text = str(caught.value)
    assert "parameters turn NaN or Inf" in text and "at step 0 (epoch 0)" in text
    assert "In its gradient: divide made 1" in text and "np.sqrt(self.w)" in text
    np.testing.assert_array_equal(net.w.data, np.array([0.5, 0.3, 0.0], np.float32))


@pytest.mark.parametrize("chunk", ["many", "single"])
def test_the_last_good_step_is_that_of_single_steps(chunk):
    """Whatever the length of the chunks, the same step is refused with the same numbers."""

    def run(callbacks):
        cr.random.seed(3)
        net = nn.Linear(3, 1)
        optimizer = optim.SGD(net.parameters(), lr=4.0)
        with pytest.raises(NonFiniteError) as caught:
            fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=500, callbacks=callbacks)
        return str(caught.value).partition(".")[0], net.weight.data

    class Watch(cr.train.Callback):
        """Makes fit come back after each step."""

        def on_step(self, run):
            """Nothing."""

    text, weight = run(Watch() if chunk == "single" else ())
    again, same = run(())
    assert text == again
    np.testing.assert_array_equal(weight, same)


@pytest.mark.parametrize(("part", "name"), [(0, "x[5, 1]"), (1, "y[5, 0]")])
@pytest.mark.parametrize("kind", [optim.SGD, optim.LBFGS])
def test_data_that_is_bad_is_named_by_its_place(part, name, kind):
    data = [X.copy(), Y.copy()]
    data[part][5, (1 - part)] = np.nan
    net = nn.Linear(3, 1)
    optimizer = kind(net.parameters(), lr=0.1)
    wanted = rf"NaN or Inf at 1 place\(s\), first nan at {name}".replace("[", r"\[")
    with pytest.raises(NonFiniteError, match=wanted):
        fit(net, nn.MSELoss(), optimizer, tuple(data), batch_size=None, lint=False)


def test_lbfgs_names_it_too():
    net = nn.Linear(3, 1)
    optimizer = optim.LBFGS(net.parameters())
    with pytest.raises(NonFiniteError, match=r"log made .*\n.*np\.log\(scaled\)"):
        fit(net, log_of_prediction, optimizer, (X, Y), batch_size=None, lint=False)


def test_an_infinity_that_leads_nowhere_is_not_blamed():
    def fn(x):
        unused = np.where(x > 0, np.log(x), 0.0)  # -inf at 0, and left aside
        return np.sum(unused) + np.sum(1 / x)

    graph = cr.trace(fn, X[:2, 0])
    found = origin_of_nonfinite(graph, np.array([0.0, 1.0], np.float32))
    assert found.startswith("divide made 1 value(s)")
    assert origin_of_nonfinite(graph, np.array([2.0, 1.0], np.float32)) == ""


def test_it_looks_into_loops():
    def fn(x):
        return cr.lax.scan(lambda c, t: (np.log(c) + t, None), x, np.zeros(3))[0]

    found = origin_of_nonfinite(cr.trace(fn, 1.0), np.array(1.0))
    assert "log made" in found and "np.log(c)" in found


def test_inputs_that_are_bad_already_are_named():
    graph = cr.trace(lambda x: np.sum(x * 2), X)
    assert "holds NaN or Inf already" in origin_of_nonfinite(graph, np.full_like(X, np.nan))
