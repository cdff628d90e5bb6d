"""A run that is stopped anywhere and resumed ends in the same bits as one that was not."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import Callback, Checkpoints, fit, metrics

X = np.random.default_rng(0).normal(size=(60, 2))
Y = (X[:, :1] * X[:, 1:] > 0).astype(float)


class Interrupt(Callback):
    def __init__(self, step):
        self.step = step

    def on_step(self, run):
        if run.step == self.step:
            raise KeyboardInterrupt


def network(*between):
    keys = cr.random.split(cr.random.key(1), 2)
    return nn.Sequential(
        nn.Linear(2, 8, key=keys[0]), nn.Tanh(), *between, nn.Linear(8, 1, key=keys[1])
    )


def noisy():
    return network(nn.BatchNorm1d(8), nn.Dropout(0.3, key=cr.random.key(7)))


def result(history, net=None, optimizer=None):
    """All numbers that a run ends with, by name."""
    found = {name: value for name, value in vars(history).items() if name != "seconds"}
    if net is not None:
        found["net"] = net.state_dict()
        found["optimizer"] = optimizer.state_dict()
    return found


def same(one, other):
    np.testing.assert_equal(one, other)  # NaN is not there; every other bit counts


SETTINGS = {
    "batches": {"batch_size": 16},
    "whole": {"batch_size": None, "validation_split": 0.3, "early_stopping": 3},
    "even": {"batch_size": 15, "shuffle": False, "clip": 0.5},
    "metrics": {
        "batch_size": 25,
        "validation": (X[:9], Y[:9]),
        "metrics": {"mse": metrics.mse},
        "early_stopping": 2,
    },
    "schedule": {"batch_size": 16, "schedule": optim.schedules.cosine(0.1, 40), "l2": 0.01},
    "weights": {"batch_size": 16, "weights": np.linspace(0.5, 2.0, 60)},
}
OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.05, momentum=0.9),
    "adam": lambda p: optim.Adam(p, lr=0.02),
    "lbfgs": lambda p: optim.LBFGS(p, max_iter=3, line_search_fn="strong_wolfe"),
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("how", OPTIMIZERS)
def test_an_interrupted_run_ends_in_the_bits_of_one_that_was_not(name, how, tmp_path):
    settings = SETTINGS[name]
    if how == "lbfgs" and (settings.keys() & {"clip", "schedule"}):
        pytest.skip("L-BFGS searches its steps itself")

    def run(**named):
        net = network() if how == "lbfgs" else noisy()
        optimizer = OPTIMIZERS[how](net.parameters())
        history = fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=6, **settings, **named)
        return result(history, net, optimizer)

    straight = run()
    steps = len(straight["losses"])
    for step in {0, steps // 2, steps - 1}:
        folder = tmp_path / str(step)
        with pytest.raises(KeyboardInterrupt):
            run(checkpoints=folder, callbacks=Interrupt(step))
        resumed = run(checkpoints=folder, resume=True)
        same(resumed, straight)
        same(run(checkpoints=folder, resume=True), straight)  # it knows that it is done


def test_every_epoch_of_an_unwatched_run_can_have_its_checkpoint(tmp_path):
    rule = Checkpoints(tmp_path, every_epochs=4, keep=2)
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=30, batch_size=None, checkpoints=rule)
    assert [path.name for path in rule.files] == [
        "step-0000000028.safetensors",
        "step-0000000030.safetensors",
    ]
