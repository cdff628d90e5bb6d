"""Sound regressions and classifications of two classes."""

import numpy as np

from chainrule import nn, optim

from .build import fitted, fresh, mlp
from .sets import (
    circles,
    draw,
    halves,
    moons,
    plane,
    rare,
    sklearn_set,
    wave,
)

CE, BCE, MSE = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.MSELoss()

# -- regression --------------------------------------------------------------------------------


def line():
    x, noise = draw().uniform(-2, 2, (50, 1)), draw(1).normal(size=(50, 1))
    return fresh(nn.Linear(1, 1), MSE, (x, 2.5 * x + 1 + 0.5 * noise), lr=0.1, kind=optim.SGD)


def line_trained():
    found = line()
    return fitted(nn.Linear(1, 1), MSE, found["data"], lr=0.1, kind=optim.SGD)


def exact_line():
    x = np.linspace(-1, 1, 40).reshape(-1, 1)
    return fitted(nn.Linear(1, 1), MSE, (x, 3 * x - 2), lr=0.1, kind=optim.SGD, epochs=50)


def wave_untrained():
    return fresh(mlp(1, 32, 32, 1, act=nn.Tanh), MSE, wave())


def wave_trained():
    train, valid = halves(wave())
    net = mlp(1, 32, 32, 1, act=nn.Tanh)
    return fitted(net, MSE, train, epochs=80, validation=valid)


def robust():
    x, y = plane()
    y[::29] += 25.0
    return fresh(mlp(6, 24, 1), nn.HuberLoss(), (x, y), lr=3e-3)


def diabetes():
    x, y = sklearn_set("diabetes")
    train, valid = halves((x, ((y - y.mean()) / y.std()).reshape(-1, 1)))
    net = mlp(10, 16, 1)
    return fitted(net, MSE, train, lr=3e-3, epochs=15, validation=valid)


def copies_its_input():
    x, _ = plane()
    return fresh(mlp(6, 3, 6, act=nn.Tanh), MSE, (x, x))


def sequence():
    class Recurrent(nn.Module):
        """h ← tanh(W h + U x), over twelve steps."""

        def __init__(self):
            self.inner, self.outer = nn.Linear(16, 16), nn.Linear(1, 16)
            self.last = nn.Linear(16, 1)

        def forward(self, x):
            hidden = np.zeros((len(x), 16), np.float32)
            for step in range(12):
                hidden = np.tanh(self.inner(hidden) + self.outer(x[:, step : step + 1]))
            return self.last(hidden)

    x = draw().normal(size=(200, 12))
    return fresh(Recurrent(), MSE, (x, x[:, -3:].sum(1, keepdims=True)), lr=3e-3)


REGRESSION = [
    ("a line", line),
    ("a line, trained", line_trained),
    ("a line without noise, trained", exact_line),
    ("a wave", wave_untrained),
    ("a wave, trained", wave_trained),
    ("Huber's loss with outliers", robust),
    ("diabetes, trained", diabetes),
    ("autoencoder", copies_its_input),
    ("recurrent", sequence),
]

# -- two classes -------------------------------------------------------------------------------


def moons_untrained():
    return fresh(mlp(2, 16, 16, 1), BCE, moons())


def moons_trained():
    train, valid = halves(moons(n=400))
    return fitted(mlp(2, 16, 16, 1), BCE, train, epochs=60, validation=valid)


def circles_trained_with_tanh():
    train, valid = halves(circles(n=400))
    net = mlp(2, 8, 1, act=nn.Tanh)
    return fitted(net, BCE, train, lr=0.03, epochs=100, validation=valid)


def four_points():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    y = np.array([[0], [1], [1], [0]], float)
    return fresh(mlp(2, 8, 1, act=nn.Tanh), BCE, (x, y), lr=0.05, batch_size=None)


def logistic_regression():
    x, y = sklearn_set("breast_cancer")
    net = nn.Sequential(nn.Linear(30, 1), nn.Sigmoid())
    data = (x, y.reshape(-1, 1).astype(float))
    train, valid = halves(data)
    return fitted(net, nn.BCELoss(), train, lr=0.1, kind=optim.SGD, validation=valid)


def with_batch_norm():
    x, y = sklearn_set("breast_cancer")
    train, valid = halves((x, y.reshape(-1, 1).astype(float)))
    net = nn.Sequential(nn.Linear(30, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))
    return fitted(net, BCE, train, lr=3e-3, epochs=10, validation=valid)


def weighted():
    x, y = rare(0.05)
    weights = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    return fresh(mlp(3, 16, 1), BCE, (x, y), weights=weights)


def weighted_by_its_loss():
    def loss(prediction, target):
        weight = 1 + 18 * target
        return nn.functional.binary_cross_entropy_with_logits(prediction, target, weight=weight)

    return fresh(mlp(3, 16, 1), loss, rare(0.05))


def one_in_six():
    return fresh(mlp(3, 16, 1), BCE, rare(1 / 6))


def weak_signal():
    rng = draw(5)
    x = rng.normal(size=(600, 5))
    y = (x[:, :1] + 3 * rng.normal(size=(600, 1)) > 0).astype(float)
    train, valid = halves((x, y))
    return fitted(nn.Linear(5, 1), BCE, train, lr=0.03, epochs=20, validation=valid)


def support_vectors():
    x, y = moons()
    return fresh(nn.Linear(2, 1), nn.HingeLoss(), (x, 2 * y - 1), lr=0.05, kind=optim.SGD)


def whole_numbers():
    """Three columns of few levels: rows repeat in both parts by themselves."""
    rng = draw(2)
    x = rng.integers(0, 3, (300, 3)).astype(float)
    y = ((x.sum(1) > 3) ^ (rng.random(300) < 0.1)).astype(float).reshape(-1, 1)
    train, valid = halves((x, y))
    return fitted(mlp(3, 12, 1), BCE, train, epochs=20, validation=valid)


def gelu_with_adamw():
    return fresh(mlp(2, 32, 32, 1, act=nn.GELU), BCE, moons(), lr=3e-4, kind=optim.AdamW)


TWO_CLASSES = [
    ("moons", moons_untrained),
    ("moons, trained", moons_trained),
    ("circles with tanh, trained", circles_trained_with_tanh),
    ("exclusive or", four_points),
    ("logistic regression, trained", logistic_regression),
    ("batch norm, trained", with_batch_norm),
    ("rare but weighted", weighted),
    ("rare but weighted by its loss", weighted_by_its_loss),
    ("one in six", one_in_six),
    ("a weak signal, trained", weak_signal),
    ("hinge loss", support_vectors),
    ("whole numbers, trained", whole_numbers),
    ("GELU with AdamW", gelu_with_adamw),
]
