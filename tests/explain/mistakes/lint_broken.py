"""Functions, networks and training steps, each broken in one known way: rule, subject, arguments.

A row is ``name: (rule, a piece of the line that must be named, make)``; ``make()`` gives the
arguments of ``lint``.
"""

import numpy as np

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import standardize, train_test_split

rng = np.random.default_rng(0)
X = rng.normal(size=(16, 3)).astype(np.float32)
Y = (X[:, 0] - X[:, 1]).astype(np.float32)
COLUMN = Y.reshape(-1, 1)
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
BINARY = (Y > 0).astype(np.float32).reshape(-1, 1)
W = rng.normal(size=(3, 1))


# -- shapes


def mean_squares(w, x, y):
    return np.mean((x @ w - y) ** 2)


def mean_deviation(w, x, y):
    error = np.abs(y - np.tanh(x @ w))
    return np.sum(error) / len(y)


def accuracy_of(w, x, y):
    hits = (x @ w > 0) == (y > 0)
    return np.mean(hits)


# -- losses that expect something else


def crossed(net, x, y):
    return nn.functional.cross_entropy(net(x), y)


def with_logits(net, x, y):
    return nn.functional.binary_cross_entropy_with_logits(net(x), y)


def with_probabilities(net, x, y):
    return nn.functional.binary_cross_entropy(net(x), y)


def squared(net, x, y):
    return nn.functional.mse_loss(net(x), y)


def classifier(*ends):
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 3), *ends)


def yes_or_no(*ends):
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1), *ends)


def softmax_in_forward(params, x, labels):
    p = nn.softmax(x @ params["w"])
    return nn.functional.cross_entropy(p, labels)


# -- numbers


def likelihood(w, x, y):
    p = nn.sigmoid(x @ w)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def entropy(w, x, labels):
    p = nn.softmax(x @ w)
    return -np.mean(np.log(p)[np.arange(len(x)), labels])


def checkpointed(w, x):
    @cr.checkpoint
    def inner(w, x):
        return np.log(x @ w)

    return np.sum(inner(w, x))


def normalised(w, x):
    return np.sum(x / np.mean(np.abs(w)))


def by_difference(w, x):
    return np.sum(1 / (x @ w))


def distance(w, x):
    return np.sum(np.sqrt(np.sum((x - w) ** 2, axis=1)))


def broken_power(w, x):
    return np.sum((x @ w) ** 1.5)


def hand_made_softmax(w, x):
    powers = np.exp(x @ w)
    return np.mean(powers[:, 0] / np.sum(powers, axis=1))


def log_of_rows(w, x):
    return np.sum(w * np.log(x))


# -- gradients


class Forgetful(nn.Module):
    """Has a layer that forward does not use."""

    def __init__(self):
        self.used = nn.Linear(3, 4)
        self.unused = nn.Linear(3, 4)

    def forward(self, x):
        return self.used(x)


def without_bias(params, x, y):
    return np.mean((x @ params["w"] - y) ** 2)


def rounded(params, x, y):
    return np.mean((np.round(x @ params["w"]) - y) ** 2)


def hard_decision(net, x, labels):
    return np.mean((np.argmax(net(x), axis=1) - labels) ** 2.0)


def times_nothing(w, x):
    return np.mean(0.0 * np.sin(x @ w))


def stopped(net, x, y):
    return np.mean((cr.stop_gradient(net(x)) - y) ** 2)


# -- layers


def equal_weights():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    for parameter in net.parameters():
        parameter.data = np.full_like(parameter.data, 0.1)
    return net


def all_zero():
    w, v = np.zeros((3, 4)), np.zeros((4, 1))

    def loss(params, x, y):
        return np.mean((np.tanh(x @ params["w"]) @ params["v"] - y) ** 2)

    return loss, {"w": w, "v": v}, X, COLUMN


def with_dropout():
    net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1))

    def accuracy(x, y):
        return np.mean((net(x) > 0) == (y > 0))

    return accuracy, X, COLUMN


def with_batch_norm():
    net = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))

    def look(x):
        with cr.no_grad():
            return net(x)

    return look, X


# -- scripts


def forgets_to_clear():
    net = nn.Linear(3, 1)
    optimizer = optim.SGD(net.parameters(), lr=0.1)

    def train_step(x, y):
        loss = nn.functional.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return train_step, X, COLUMN


def broken_in_a_step():
    net = nn.Linear(3, 1)
    optimizer = optim.SGD(net.parameters(), lr=0.1)

    def train_step(x, y):
        optimizer.zero_grad()
        loss = ((net(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()

    return train_step, X, Y


def prepare(x, y):
    scaler = standardize(x)
    x_train, x_test, y_train, y_test = train_test_split(scaler(x), y)
    return x_train, x_test, y_train, y_test


def prepare_by_hand(x, y):
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return train_test_split(x, y)


def cut_by_hand(x, y):
    x = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-9)
    return x[:300], x[300:], y[:300], y[300:]


BROKEN = {
    "column, squares": ("column-against-row", "** 2)", lambda: (mean_squares, W, X, Y)),
    "column, absolute": ("column-against-row", "np.abs", lambda: (mean_deviation, W, X, Y)),
    "column, accuracy": ("column-against-row", "hits =", lambda: (accuracy_of, W, X, Y)),
    "column, in a step": ("column-against-row", "mean()", broken_in_a_step),
    "softmax, layer": (
        "softmax-before-cross-entropy",
        "cross_entropy",
        lambda: (crossed, classifier(nn.Softmax()), X, LABELS),
    ),
    "softmax, function": (
        "softmax-before-cross-entropy",
        "cross_entropy(p",
        lambda: (softmax_in_forward, {"w": rng.normal(size=(3, 3))}, X, LABELS),
    ),
    "relu, classes": (
        "relu-before-logits-loss",
        "cross_entropy",
        lambda: (crossed, classifier(nn.ReLU()), X, LABELS),
    ),
    "sigmoid": (
        "sigmoid-before-logits-loss",
        "with_logits",
        lambda: (with_logits, yes_or_no(nn.Sigmoid()), X, BINARY),
    ),
    "relu, two classes": (
        "relu-before-logits-loss",
        "with_logits",
        lambda: (with_logits, yes_or_no(nn.ReLU()), X, BINARY),
    ),
    "logits for probabilities": (
        "logits-as-probabilities",
        "binary_cross_entropy",
        lambda: (with_probabilities, yes_or_no(), X, BINARY),
    ),
    "softmax of one": (
        "softmax-of-one",
        "net(x)",
        lambda: (squared, yes_or_no(nn.Softmax()), X, BINARY),
    ),
    "relu, negative targets": (
        "target-out-of-reach",
        "mse_loss",
        lambda: (squared, yes_or_no(nn.ReLU()), X, COLUMN),
    ),
    "tanh, large targets": (
        "target-out-of-reach",
        "mse_loss",
        lambda: (squared, yes_or_no(nn.Tanh()), X, 10 * COLUMN),
    ),
    "log of sigmoid": ("log-of-zero", "np.log(p)", lambda: (likelihood, W, X, BINARY)),
    "log of softmax": (
        "log-of-zero",
        "np.log(p)",
        lambda: (entropy, rng.normal(size=(3, 3)), X, LABELS),
    ),
    "log in a checkpoint": ("log-of-zero", "np.log(x @ w)", lambda: (checkpointed, W, X)),
    "log of data": ("log-of-zero", "np.log(x)", lambda: (log_of_rows, W[:, 0], np.eye(3))),
    "division": ("division-by-zero", "x / np.mean", lambda: (normalised, W, X)),
    "division, signed": ("division-by-zero", "1 / (x @ w)", lambda: (by_difference, W, X)),
    "root": ("root-of-zero", "np.sqrt(np.sum", lambda: (distance, W[:, 0], X)),
    "power": ("power-of-negative", "** 1.5", lambda: (broken_power, W, X)),
    "overflow": (
        "softmax-overflow",
        "np.exp(x @ w)",
        lambda: (hand_made_softmax, rng.normal(size=(3, 4)), X),
    ),
    "unused layer": ("unused-parameter", "def forward", lambda: (Forgetful(), X)),
    "unused array": (
        "unused-parameter",
        "def without_bias",
        lambda: (without_bias, {"w": W[:, 0], "b": np.zeros(1)}, X, Y),
    ),
    "rounded": ("zero-gradient", "np.round", lambda: (rounded, {"w": W[:, 0]}, X, Y)),
    "argmax": ("zero-gradient", "np.argmax", lambda: (hard_decision, classifier(), X, LABELS)),
    "factor 0": ("zero-gradient", "0.0 *", lambda: (times_nothing, W, X)),
    "stopped": ("zero-gradient", "stop_gradient", lambda: (stopped, yes_or_no(), X, COLUMN)),
    "two linear": (
        "linear-after-linear",
        "",
        lambda: (nn.Sequential(nn.Linear(3, 8), nn.Linear(8, 1)), X),
    ),
    "equal weights": (
        "symmetric-weights",
        "def squared",
        lambda: (squared, equal_weights(), X, COLUMN),
    ),
    "equal weights, no loss": ("symmetric-weights", "", lambda: (equal_weights(), X)),
    "all zero": ("symmetric-weights", "def loss", all_zero),
    "dropout": ("training-mode-at-evaluation", "def accuracy", with_dropout),
    "batch norm": ("training-mode-at-evaluation", "def look", with_batch_norm),
    "no zero_grad": ("missing-zero-grad", "optimizer.step()", forgets_to_clear),
    "scaler": ("scaler-sees-test-rows", "standardize(x)", lambda: (prepare, X, Y)),
    "scaled by hand": ("scaler-sees-test-rows", "x.std", lambda: (prepare_by_hand, X, Y)),
    "cut by hand": ("scaler-sees-test-rows", "x.std", lambda: (cut_by_hand, X, Y)),
}
