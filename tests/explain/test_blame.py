"""why: the parts sum to the update that is really made, and nothing is changed by asking."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import fit

rng = np.random.default_rng(5)
X = rng.normal(size=(12, 4))
Y = X[:, :1] - 2 * X[:, 1:2] * X[:, 2:3]
LABELS = (X[:, 0] > 0).astype(int)

RULES = {
    "sgd": (optim.SGD, {"lr": 0.05}),
    "decay": (optim.SGD, {"lr": 0.05, "weight_decay": 0.1}),
    "momentum": (optim.SGD, {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1}),
    "dampening": (optim.SGD, {"lr": 0.05, "momentum": 0.8, "dampening": 0.3}),
    "nesterov": (optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    "adam": (optim.Adam, {"lr": 0.01}),
    "adam, decay": (optim.Adam, {"lr": 0.01, "weight_decay": 0.1}),
    "adamw": (optim.AdamW, {"lr": 0.01, "weight_decay": 0.2, "betas": (0.8, 0.9)}),
    "rmsprop": (optim.RMSprop, {"lr": 0.01, "momentum": 0.5, "weight_decay": 0.1}),
    "rmsprop, centered": (optim.RMSprop, {"lr": 0.01, "centered": True}),
    "adagrad": (optim.Adagrad, {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1}),
    "lion": (optim.Lion, {"lr": 0.01, "weight_decay": 0.1}),
}


def network(*middle, outputs=1):
    parts = middle or (nn.Tanh(),)
    net = nn.Sequential(nn.Linear(4, 6), *parts, nn.Linear(6, outputs))
    return net.double()


def check_sums(found):
    """Terms to the update, examples and paths to the gradient's term."""
    size = abs(found.update) + sum(map(abs, found.terms.values()))
    gradient = found.terms["gradient"]
    examples = sum(share for _, share in found.examples) + found.together
    paths = sum(share for _, share in found.paths)
    for total, parts in (
        (found.update, sum(found.terms.values())),
        (gradient, examples),
        (gradient, paths),
    ):
        assert abs(total - parts) <= 1e-9 * size + 1e-15


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize(("clip", "l2"), [(None, 0.0), (0.3, 0.0), (0.3, 0.02)])
def test_the_parts_sum_to_the_step_that_fit_makes(name, steps, clip, l2):
    kind, settings = RULES[name]
    net = network()
    optimizer = kind(net.parameters(), **settings)
    loss = nn.MSELoss()
    way = {"batch_size": None, "clip": clip, "l2": l2, "shuffle": False, "progress": False}
    if steps:
        fit(net, loss, optimizer, (X, Y), epochs=steps, **way)
    places = [("0.weight", (3, 1)), ("2.weight", (0, 4)), ("2.bias", (0,))]
    found = [
        cr.why(net, loss, optimizer, (X, Y), parameter=p, index=i, clip=clip, l2=l2)
        for p, i in places
    ]
    before = net.state_dict()
    fit(net, loss, optimizer, (X, Y), epochs=1, **way)
    after = net.state_dict()
    for (parameter, index), each in zip(places, found, strict=True):
        made = after[parameter][index] - before[parameter][index]
        assert abs(each.update - made) <= 1e-9 * abs(made) + 1e-13
        assert {i for i, _ in each.examples} == set(range(12))
        check_sums(each)


def test_in_single_precision_the_parts_sum_to_rounding():
    net = network().float()
    optimizer = optim.AdamW(net.parameters(), lr=0.01)
    found = cr.why(net, nn.MSELoss(), optimizer, (X, Y), parameter="0.weight", index=(2, 3))
    assert abs(sum(found.terms.values()) - found.update) < 1e-6
    assert abs(sum(v for _, v in found.examples) - found.terms["gradient"]) < 1e-6


def test_each_example_has_the_gradient_of_its_own_loss():
    net = network(outputs=2)
    optimizer = optim.SGD(net.parameters(), lr=0.5)
    loss = nn.CrossEntropyLoss()
    found = cr.why(net, loss, optimizer, (X, LABELS), parameter="0.bias", index=2)
    for row, share in found.examples[:3]:
        net.zero_grad()
        loss(net(X[row : row + 1]), LABELS[row : row + 1]).backward()
        np.testing.assert_allclose(share, -0.5 * net[0].bias.grad[2] / 12, rtol=1e-9)
    shares = [abs(share) for _, share in found.examples]
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(6), nn.Dropout(0.5)], ids=["norm", "dropout"])
def test_examples_that_share_statistics_or_chance(layer):
    net = network(layer, nn.ReLU())
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    found = cr.why(net, nn.MSELoss(), optimizer, (X, Y), parameter="0.weight", index=(1, 1))
    assert len(found.examples) == 12
    check_sums(found)


class Residual(nn.Module):
    """Two ways from the first layer, and its weight is used twice."""

    def __init__(self):
        self.inner = nn.Linear(4, 4)
        self.last = nn.Linear(4, 1)

    def forward(self, x):
        for _ in range(2):
            x = x + np.tanh(self.inner(x))
        return self.last(x)


def test_paths_tell_the_ways_through_a_residual_network():
    net = Residual().double()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    found = cr.why(net, nn.MSELoss(), optimizer, (X, Y), parameter="inner.weight", index=(0, 2))
    assert len(found.paths) == 3  # the second use; the first one, around the second or through it
    assert len({tuple(path.operations) for path, _ in found.paths}) >= 2
    assert all("np.tanh(self.inner(x))" in " ".join(path.lines) for path, _ in found.paths)
    check_sums(found)


def test_many_paths_are_taken_together():
    class Deep(Residual):
        def forward(self, x):
            for _ in range(8):
                x = x + np.tanh(self.inner(x))
            return self.last(x)

    net = Deep().double()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    found = cr.why(net, nn.MSELoss(), optimizer, (X, Y), parameter="inner.bias", index=0)
    assert sum(path.count for path, _ in found.paths) == 255
    check_sums(found)


def test_a_loop_is_one_step_of_a_path():
    class Loop(nn.Module):
        """A state that goes round four times."""

        def __init__(self):
            self.inner = nn.Linear(4, 4)

        def forward(self, x):
            turn = lambda state, _: (np.tanh(state @ self.inner.weight.T), None)  # noqa: E731
            return cr.lax.scan(turn, x, None, length=4)[0][:, :1]

    net = Loop().double()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    found = cr.why(net, nn.MSELoss(), optimizer, (X, Y), parameter="inner.weight", index=(0, 1))
    assert any("scan" in path.operations for path, _ in found.paths)
    check_sums(found)


def test_a_loss_that_calls_the_model_and_one_that_sums():
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.1)

    def loss(model, x, y):
        return np.sum((model(x) - y) ** 2)

    found = cr.why(net, loss, optimizer, (X, Y), parameter="2.weight", index=(0, 0))
    assert len(found.examples) == 12
    check_sums(found)


def test_nothing_is_changed():
    net = network(nn.BatchNorm1d(6), nn.Dropout(0.2)).eval()
    optimizer = optim.Adam(net.parameters())
    net[0].weight.grad = kept = np.ones((6, 4))
    before, key = net.state_dict(), net[2].key
    cr.why(net, nn.MSELoss(), optimizer, (X, Y), parameter=net[0].weight, index=(0, 0), clip=1.0)
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert net[0].weight.grad is kept and net[2].key is key
    assert not net.training and not optimizer.state


def test_what_people_read():
    net = network()
    optimizer = optim.Adam(net.parameters(), lr=0.01, weight_decay=0.1)
    found = cr.why(net, nn.MSELoss(), optimizer, (X, Y), parameter="0.weight", index=(0, 1))
    text = str(found)
    assert text.startswith("0.weight[0, 1] moves by ") and "decay" in text and "row " in text
    assert max(map(len, text.splitlines())) <= 80
    assert json.loads(json.dumps(found.to_dicts()))["terms"].keys() == found.terms.keys()
    assert "<table>" in found._repr_html_()


def test_what_cannot_be_asked():
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    ask = (net, nn.MSELoss(), optimizer, (X, Y))
    with pytest.raises(ValueError, match=r"no parameter 'w'; it has \['0.bias'"):
        cr.why(*ask, parameter="w")
    with pytest.raises(IndexError, match="index= needs 2 places"):
        cr.why(*ask, parameter="0.weight", index=1)
    with pytest.raises(IndexError, match=r"\(9, 0\) is outside of 0.weight"):
        cr.why(*ask, parameter="0.weight", index=(9, 0))
    with pytest.raises(ValueError, match="no parameter which is this one"):
        cr.why(*ask, parameter=network()[0].bias, index=0)
    for parameter in ("0.bias", net[0].bias):
        assert cr.why(*ask, parameter=parameter, index=0).name == "0.bias"
    other = optim.SGD(network().parameters(), lr=0.1)
    with pytest.raises(ValueError, match="does not hold"):
        cr.why(net, nn.MSELoss(), other, (X, Y), parameter="0.bias", index=0)
    with pytest.raises(TypeError, match="the model is a Module"):
        cr.why(({}, len), nn.MSELoss(), optimizer, (X, Y), parameter="w")
    lbfgs = optim.LBFGS(net.parameters())
    with pytest.raises(TypeError, match="a rule of its own"):
        cr.why(net, nn.MSELoss(), lbfgs, (X, Y), parameter="0.bias", index=0)
