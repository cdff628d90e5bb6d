"""Broken use and training: name, what must be found, how it is made."""

import numpy as np

from chainrule import nn, optim

from .build import fitted, fresh, loop, mlp, pair
from .sets import blobs, circles, moons, plane, signals, wave

CE, BCE, MSE = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.MSELoss()

# -- use ------------------------------------------------------------------------------------------


def step_without_zero_grad():
    net, data = mlp(2, 16, 1), moons()
    optimizer = optim.SGD(net.parameters(), lr=0.05)

    def step(x, y):
        loss = BCE(net(x), y)
        loss.backward()
        optimizer.step()

    return {"model": net, "loss": BCE, "data": data, "optimizer": optimizer, "step": step}


def loop_without_zero_grad():
    net, data = mlp(6, 16, 1, act=nn.Tanh), plane()
    optimizer = optim.Adam(net.parameters(), lr=0.003)
    loop(net, MSE, data, optimizer, 60, zero=False)
    return {"model": net, "loss": MSE, "data": data, "optimizer": optimizer}


def dropout_at_evaluation():
    net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 3))
    return fresh(net, CE, blobs(), predict=lambda x: net(x))


def batch_norm_at_evaluation():
    net = nn.Sequential(nn.Linear(4, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 3))
    data = blobs()
    loop(net, CE, data, optim.Adam(net.parameters(), lr=0.01), 40)
    return {"model": net, "loss": CE, "data": data, "predict": lambda x: net(x)}


def _with_batch_norm():
    return nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))


def batch_norm_of_two():
    return fresh(_with_batch_norm(), CE, blobs(), batch_size=2)


def batch_norm_of_four():
    return fresh(_with_batch_norm(), CE, blobs(), lr=1e-3, batch_size=4)


def one_left_over():
    return fresh(_with_batch_norm(), CE, blobs(n=65), batch_size=32)


USES = [
    ("step without zero_grad", {"zero-grad"}, step_without_zero_grad),
    ("loop without zero_grad", {"zero-grad"}, loop_without_zero_grad),
    ("dropout at evaluation", {"eval-mode"}, dropout_at_evaluation),
    ("batch norm at evaluation", {"eval-mode"}, batch_norm_at_evaluation),
    ("batch norm of two", {"small-batches"}, batch_norm_of_two),
    ("batch norm of four", {"small-batches"}, batch_norm_of_four),
    ("one example left over", {"small-batches"}, one_left_over),
]

# -- fit ------------------------------------------------------------------------------------------


def _noise(n, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 8))
    return x, (x[:, :1] + 1.5 * rng.normal(size=(n, 1)) > 0).astype(float)


def learned_by_heart():
    net = mlp(8, 64, 64, 1)
    return fitted(net, BCE, _noise(40, 0), epochs=150, validation=_noise(100, 1))


def learned_by_heart_regression():
    x, y = wave(n=24, noise=0.6)
    return fitted(
        mlp(1, 64, 64, 1, act=nn.Tanh),
        MSE,
        (x, y),
        epochs=600,
        batch_size=None,
        validation=wave(n=100, noise=0.6, seed=1),
    )


def learned_by_heart_without_curve():
    found = fitted(mlp(8, 64, 64, 1), BCE, _noise(40, 0), epochs=150)
    return found | {"validation": _noise(100, 1)}


def straight_line_for_circles():
    return fitted(nn.Linear(2, 1), BCE, circles(), lr=0.05, epochs=40)


def straight_line_for_a_wave():
    return fitted(nn.Linear(1, 1), MSE, wave(), lr=0.05, epochs=40)


def one_unit_for_circles():
    return fitted(mlp(2, 1, 1, act=nn.Tanh), BCE, circles(), lr=0.05, epochs=40)


def not_a_function_of_its_input():
    class Deaf(nn.Module):
        """A forgotten factor makes the answer as good as 0."""

        def __init__(self):
            self.w = nn.Parameter(np.ones(1, np.float32))

        def forward(self, x):
            return 1e-9 * self.w * x[:, :1]

    return {"model": Deaf(), "loss": MSE, "data": plane()}


def cold_logits():
    params, apply = pair(4, 16, 3)

    def cold(params, x):
        return apply(params, x) / 1000

    return {"model": (params, cold), "loss": CE, "data": blobs()}


def frequencies_with_one_weight():
    net = nn.Linear(24, 1)
    x, y = signals()
    return fitted(net, BCE, (x, y[:, None].astype(float)), lr=0.01, epochs=30)


FITS = [
    ("noise learned by heart", {"overfitting"}, learned_by_heart),
    ("noisy wave learned by heart", {"overfitting"}, learned_by_heart_regression),
    ("by heart, no curve kept", {"overfitting"}, learned_by_heart_without_curve),
    ("a line for circles", {"underfitting"}, straight_line_for_circles),
    ("a line for a wave", {"underfitting"}, straight_line_for_a_wave),
    ("one hidden unit for circles", {"underfitting"}, one_unit_for_circles),
    ("a line for frequencies", {"underfitting"}, frequencies_with_one_weight),
    ("output cut off from the input", {"constant-output"}, not_a_function_of_its_input),
    ("logits divided by a thousand", {"one-batch"}, cold_logits),
]
