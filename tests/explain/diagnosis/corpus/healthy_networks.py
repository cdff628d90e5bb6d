"""Sound classifications of several classes, and architectures of all kinds."""

import numpy as np

import chainrule as cr
from chainrule import nn, optim

from .build import fitted, fresh, loop, mlp, pair
from .sets import (
    blobs,
    draw,
    halves,
    moons,
    plane,
    signals,
    sklearn_set,
)

CE, BCE, MSE = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.MSELoss()

# -- several classes ---------------------------------------------------------------------------


def digits():
    x, y = sklearn_set("digits")
    return fresh(mlp(64, 64, 10), CE, (x, y), lr=0.1, kind=optim.SGD)


def digits_with_dropout():
    train, valid = halves(sklearn_set("digits"))
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10))
    return fitted(net, CE, train, lr=1e-3, epochs=10, validation=valid)


def iris():
    train, valid = halves(sklearn_set("iris"))
    return fitted(mlp(4, 8, 3, act=nn.Tanh), CE, train, epochs=40, validation=valid)


def one_hot_rows():
    x, y = blobs()
    return fresh(mlp(4, 16, 3, act=nn.ELU), CE, (x, np.eye(3)[y]))


def log_softmax_and_nll():
    net = mlp(4, 16, 3, act=nn.SiLU, end=nn.LogSoftmax(dim=-1))
    return fresh(net, nn.NLLLoss(), blobs())


def selu():
    return fresh(mlp(4, 32, 32, 32, 3, act=nn.SELU, init=nn.init.lecun_normal), CE, blobs())


def softplus_and_leaky():
    net = nn.Sequential(
        nn.Linear(4, 16), nn.Softplus(), nn.Linear(16, 16), nn.LeakyReLU(), nn.Linear(16, 3)
    )
    return fresh(net, CE, blobs(), lr=0.01)


def prelu_trained():
    return fitted(mlp(4, 16, 3, act=nn.PReLU), CE, blobs(), epochs=20)


def focal():
    return fresh(mlp(4, 16, 3), nn.functional.focal_loss, blobs())


def sigmoids():
    return fresh(mlp(4, 16, 16, 3, act=nn.Sigmoid), CE, blobs(), lr=0.03)


MANY_CLASSES = [
    ("digits", digits),
    ("digits with dropout, trained", digits_with_dropout),
    ("iris, trained", iris),
    ("one-hot rows", one_hot_rows),
    ("log-softmax and NLL", log_softmax_and_nll),
    ("SELU", selu),
    ("softplus and leaky ReLU", softplus_and_leaky),
    ("PReLU, trained", prelu_trained),
    ("focal loss", focal),
    ("two layers of sigmoids", sigmoids),
]

# -- deep, and other architectures -------------------------------------------------------------


def deep_relu():
    net = mlp(4, *[32] * 12, 3, init=nn.init.kaiming_normal)
    return fresh(net, CE, blobs(), lr=1e-3)


def deep_tanh():
    net = mlp(6, *[32] * 10, 1, act=nn.Tanh, init=nn.init.xavier_normal)
    return fresh(net, MSE, plane(), lr=1e-3)


def residual():
    class Block(nn.Module):
        """x + f(x), normalised first."""

        def __init__(self):
            self.norm, self.first = nn.LayerNorm(16), nn.Linear(16, 16)
            self.second = nn.Linear(16, 16)

        def forward(self, x):
            return x + self.second(nn.relu(self.first(self.norm(x))))

    layers = [nn.Linear(4, 16), *[Block() for _ in range(6)], nn.Linear(16, 3)]
    return fresh(nn.Sequential(*layers), CE, blobs(), lr=3e-3)


def last_layer_of_zeros():
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3, init=nn.init.zeros))
    return fresh(net, CE, blobs())


def convolution():
    class Filters(nn.Module):
        """Eight filters of width 5 over windows, their largest answers, a linear layer."""

        def __init__(self):
            self.filters, self.last = nn.Linear(5, 8), nn.Linear(8, 2)

        def forward(self, x):
            windows = x[:, np.arange(20)[:, None] + np.arange(5)]
            return self.last(np.max(nn.relu(self.filters(windows)), axis=1))

    return fresh(Filters(), CE, signals())


def normalises_its_inputs():
    x, y = blobs(classes=2)
    raw = x * [20, 3000, 1, 15] + [45, 35_000, 0, 100]
    net = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
    return fresh(net, CE, (raw, y))


def function_with_triple():
    model = pair(4, 24, 3)
    data = blobs()
    history = cr.train.fit(model, CE, optim.functional.adam(0.01), data, epochs=15)
    trained = (history.params, model[1])
    return {"model": trained, "loss": CE, "data": data, "history": history}


def function_untrained():
    params, apply = pair(2, 20, 20, 1, act=lambda z: np.maximum(z, 0))

    def loss(model, x, y):
        return nn.functional.mse_loss(model(x), y)

    return {"model": (params, cr.jit(apply)), "loss": loss, "data": moons()}


def words():
    rng = draw(7)
    tokens = rng.integers(0, 50, (300, 6))
    label = (tokens < 25).sum(1) > 2

    class Bag(nn.Module):
        """The mean of the words' vectors, and a linear layer."""

        def __init__(self):
            self.vectors, self.last = nn.Embedding(50, 8), nn.Linear(8, 2)

        def forward(self, x):
            return self.last(np.mean(self.vectors(x), axis=1))

    return fresh(Bag(), CE, (tokens, label.astype(int)), lr=0.03)


def loop_as_it_should_be():
    net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 3))
    data, optimizer = blobs(), optim.Adam(net.parameters(), lr=0.01)
    loop(net, CE, data, optimizer, 60)

    def step(x, y):
        optimizer.zero_grad()
        loss = CE(net(x), y)
        loss.backward()
        optimizer.step()

    def predict(x):
        net.eval()
        answer = net(x)
        net.train()
        return answer

    found = {"model": net, "loss": CE, "data": data, "optimizer": optimizer}
    return found | {"step": step, "predict": predict}


def gated():
    class Gates(nn.Module):
        """A gate of its own, often shut: σ(8 g) · tanh(v)."""

        def __init__(self):
            self.gate, self.value = nn.Linear(4, 16), nn.Linear(4, 16)
            self.last = nn.Linear(16, 3)

        def forward(self, x):
            return self.last(nn.sigmoid(8 * self.gate(x)) * np.tanh(self.value(x)))

    return fresh(Gates(), CE, blobs())


ARCHITECTURES = [
    ("deep ReLU with He's weights", deep_relu),
    ("deep tanh with Xavier's weights", deep_tanh),
    ("shortcuts and layer norm", residual),
    ("last layer of zeros", last_layer_of_zeros),
    ("filters over a signal", convolution),
    ("normalises its inputs", normalises_its_inputs),
    ("a function with a triple, trained", function_with_triple),
    ("a compiled function", function_untrained),
    ("bag of words", words),
    ("a loop as it should be", loop_as_it_should_be),
    ("gates", gated),
]
