"""A diagnosis leaves everything as it was."""

import copy

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim, random

from .corpus.build import pair
from .corpus.sets import blobs


def network():
    layers = [nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3)]
    return nn.Sequential(*layers)


def state(net, optimizer):
    return {
        "arrays": net.state_dict(),
        "objects": [id(p) for p in net.parameters()],
        "gradients": [None if p.grad is None else p.grad.copy() for p in net.parameters()],
        "modes": [part.training for part in net.modules()],
        "optimizer": optimizer.state_dict(),
    }


def assert_same(before, after):
    np.testing.assert_equal(after, before)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("steps", [0, 3])
def test_model_optimizer_data_and_stream(training, steps):
    net, (x, y) = network(), blobs()
    net[1].train(training)
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    loss = nn.CrossEntropyLoss()
    for _ in range(steps):
        optimizer.zero_grad()
        loss(net(x), y).backward()
        optimizer.step()

    def step(x, y):
        random.default_key()
        optimizer.zero_grad()
        loss(net(x), y).backward()
        optimizer.step()

    def predict(x):
        net.eval()
        return net(x)

    random.seed(5)
    following = random.default_key()
    random.seed(5)
    before, data = state(net, optimizer), copy.deepcopy((x, y))
    cr.diagnose(
        net, loss, (x, y), validation=(x, y), optimizer=optimizer, step=step, predict=predict
    )
    assert_same(before, state(net, optimizer))
    assert_same(data, (x, y))
    assert_same(following, random.default_key())


def test_parameters_of_a_function():
    params, apply = pair(4, 8, 3)
    before = copy.deepcopy(params)
    cr.diagnose((params, apply), nn.CrossEntropyLoss(), blobs())
    assert_same(before, params)


def test_an_error_in_the_users_step_leaves_no_trace():
    net, data = network(), blobs()
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    before = state(net, optimizer)

    def step(x, y):
        nn.CrossEntropyLoss()(net(x), y).backward()
        optimizer.step()
        raise RuntimeError("by the user")

    with pytest.raises(RuntimeError, match="by the user"):
        cr.diagnose(net, nn.CrossEntropyLoss(), data, optimizer=optimizer, step=step)
    assert_same(before, state(net, optimizer))


def test_a_tied_weight_stays_tied():
    class Tied(nn.Module):
        def __init__(self):
            self.first = nn.Linear(4, 4)
            self.second = nn.Linear(4, 4)
            self.second.weight = self.first.weight

        def forward(self, x):
            return self.second(np.tanh(self.first(x)))

    x, _ = blobs()
    replica = cr.explain.diagnosis.subject.replica_of(Tied())
    assert replica.names == ["first.weight", "first.bias", "second.bias"]
    assert not cr.diagnose(Tied(), nn.MSELoss(), (x, x)).warnings
