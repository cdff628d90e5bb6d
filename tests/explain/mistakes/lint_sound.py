"""The same kinds of program as in ``lint_broken``, made well: lint must find nothing."""

import numpy as np

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import standardize, train_test_split

rng = np.random.default_rng(1)
X = rng.normal(size=(16, 3)).astype(np.float32)
Y = (X[:, 0] - X[:, 1]).astype(np.float32)
COLUMN = Y.reshape(-1, 1)
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
BINARY = (Y > 0).astype(np.float32).reshape(-1, 1)
W = rng.normal(size=(3, 1))


def column_squares(w, x, y):
    return np.mean((x @ w - y) ** 2)


def pairwise(w, x):
    z = x @ w
    return np.mean((z - z[:, 0]) ** 2)


def crossed(net, x, y):
    return nn.functional.cross_entropy(net(x), y)


def with_logits(net, x, y):
    return nn.functional.binary_cross_entropy_with_logits(net(x), y)


def with_probabilities(net, x, y):
    return nn.functional.binary_cross_entropy(net(x), y)


def of_log_softmax(net, x, y):
    return nn.functional.nll_loss(nn.log_softmax(net(x)), y)


def squared(net, x, y):
    return nn.functional.mse_loss(net(x), y)


def classifier(*middle):
    return nn.Sequential(nn.Linear(3, 8), *(middle or [nn.Tanh()]), nn.Linear(8, 3))


def yes_or_no(*ends):
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1), *ends)


def kept_from_zero(w, x, y):
    p = nn.sigmoid(x @ w)
    return -np.mean(y * np.log(p + 1e-7) + (1 - y) * np.log(1 - p + 1e-7))


def clipped(w, x, y):
    p = np.clip(nn.sigmoid(x @ w), 1e-6, 1 - 1e-6)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def softmax_by_hand(w, x):
    z = x @ w
    powers = np.exp(z - np.max(z, axis=1, keepdims=True))
    p = powers / np.sum(powers, axis=1, keepdims=True)
    return np.mean((p - 1) ** 2)


def logsumexp_by_hand(w, x):
    z = x @ w
    top = np.max(z, axis=1, keepdims=True)
    return np.mean(top + np.log(np.sum(np.exp(z - top), axis=1, keepdims=True)))


def gaussian(params, x, y):
    scale = np.exp(params["log_scale"])
    return np.mean(params["log_scale"] + ((x @ params["w"] - y) / scale) ** 2 / 2)


def normalised(w, x):
    return np.sum(x / np.sqrt(np.mean(w * w) + 1e-6))


def chosen(w, x):
    z = x @ w
    safe = np.where(z > 0, z, 1.0)
    return np.sum(np.where(z > 0, np.log(safe), 0.0))


def chosen_after(w, x):
    z = x @ w
    return np.sum(np.where(z > 0, np.sqrt(z), 0.0))


def distance(w, x):
    return np.sum(np.sqrt(1 + np.sum((x - w) ** 2, axis=1)))


def whole_power(w, x):
    return np.sum((x @ w) ** 3 / (1 + (x @ w) ** 2))


def log_of_rows(w, x):
    return np.sum(w * np.log(x))


def mean_over_count(w, x, mask):
    return np.sum((x @ w)[:, 0] * mask) / np.sum(mask)


class Residual(nn.Module):
    """Linear layers with a way around."""

    def __init__(self):
        self.first = nn.Linear(3, 8)
        self.inner = nn.Linear(8, 8)
        self.last = nn.Linear(8, 1)

    def forward(self, x):
        z = nn.relu(self.first(x))
        return self.last(nn.gelu(z + self.inner(z)))


def low_rank():
    return nn.Sequential(nn.Linear(3, 1), nn.Linear(1, 3)), X


def logistic_from_zero():
    def loss(params, x, y):
        z = x @ params["w"] + params["b"]
        return nn.functional.binary_cross_entropy_with_logits(z, y)

    return loss, {"w": np.zeros((3, 1)), "b": np.zeros(1)}, X, BINARY


def last_layer_from_zero():
    net = yes_or_no()
    net[-1].weight.data = np.zeros_like(net[-1].weight.data)
    return squared, net, X, COLUMN


def teacher_and_student():
    teacher, student = nn.Linear(3, 1), nn.Linear(3, 1)

    def loss(x):
        return np.mean((student(x) - cr.stop_gradient(teacher(x))) ** 2)

    return loss, X


def judged():
    net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1))

    def accuracy(x, y):
        net.eval()
        with cr.no_grad():
            return np.mean((net(x) > 0) == (y > 0))

    return accuracy, X, COLUMN


def trained_with_dropout():
    net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1))
    return squared, net, X, COLUMN


def frozen_features_and_dropout():
    features, drop, head = nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1)

    def loss(x, y):
        with cr.no_grad():
            z = np.tanh(features(x))
        return nn.functional.mse_loss(head(drop(z)), y)

    return loss, X, COLUMN


def clears():
    net = nn.Linear(3, 1)
    optimizer = optim.SGD(net.parameters(), lr=0.1)

    def train_step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()

    return train_step, X, COLUMN


def accumulates():
    net = nn.Linear(3, 1)
    optimizer = optim.SGD(net.parameters(), lr=0.1)

    def train_step(x, y):
        for rows in np.array_split(np.arange(len(x)), 4):
            loss = nn.functional.mse_loss(net(x[rows]), y[rows]) / 4
            loss.backward()
        optimizer.step()
        net.zero_grad()

    return train_step, X, COLUMN


def prepare(x, y):
    x_train, x_test, y_train, y_test = train_test_split(x, y)
    scaler = standardize(x_train)
    return scaler(x_train), scaler(x_test), y_train, y_test


def cut_then_scaled(x, y):
    train, test = x[:4], x[4:]
    middle, spread = train.mean(axis=0), train.std(axis=0) + 1e-9
    return (train - middle) / spread, (test - middle) / spread, y[:4], y[4:]


def steps_of_scaled(x):
    z = (x - x.mean()) / (x.std() + 1e-9)
    return np.mean((z[1:] - z[:-1]) ** 2)


def accuracy_of(w, x, y):
    return np.mean((x @ w > 0) == (y > 0))


SOUND = {
    "columns": lambda: (column_squares, W, X, COLUMN),
    "rows": lambda: (column_squares, W[:, 0], X, Y),
    "all pairs": lambda: (pairwise, W, X),
    "cross entropy": lambda: (crossed, classifier(), X, LABELS),
    "softmax in the middle": lambda: (crossed, classifier(nn.Softmax()), X, LABELS),
    "log softmax": lambda: (of_log_softmax, classifier(), X, LABELS),
    "logits": lambda: (with_logits, yes_or_no(), X, BINARY),
    "probabilities": lambda: (with_probabilities, yes_or_no(nn.Sigmoid()), X, BINARY),
    "tanh, small targets": lambda: (squared, yes_or_no(nn.Tanh()), X, np.tanh(COLUMN)),
    "relu, targets from 0": lambda: (squared, yes_or_no(nn.ReLU()), X, BINARY),
    "eps in log": lambda: (kept_from_zero, W, X, BINARY),
    "clip before log": lambda: (clipped, W, X, BINARY),
    "softmax by hand": lambda: (softmax_by_hand, rng.normal(size=(3, 4)), X),
    "logsumexp by hand": lambda: (logsumexp_by_hand, rng.normal(size=(3, 4)), X),
    "scale by exp": lambda: (gaussian, {"w": W[:, 0], "log_scale": np.array(0.0)}, X, Y),
    "eps under the root": lambda: (normalised, W, X),
    "select before log": lambda: (chosen, W, X),
    "select after root": lambda: (chosen_after, W, X),
    "1 under the root": lambda: (distance, W[:, 0], X),
    "whole powers": lambda: (whole_power, W, X),
    "log of positive data": lambda: (log_of_rows, W[:, 0], np.abs(X) + 0.1),
    "mean of a mask": lambda: (mean_over_count, W, X, (Y > 0).astype(float)),
    "deep network": lambda: (squared, yes_or_no(), X, COLUMN),
    "residual": lambda: (squared, Residual(), X, COLUMN),
    "residual alone": lambda: (Residual(), X),
    "bottleneck": low_rank,
    "logistic from 0": logistic_from_zero,
    "equal data": lambda: (column_squares, np.ones((3, 1)), np.ones((4, 3)), np.ones((4, 1))),
    "no units": lambda: (lambda x: np.mean(np.tanh(x) ** 2), np.ones((4, 3))),
    "no rows": lambda: (lambda x: np.sum((x @ np.eye(3)) ** 2), np.ones((0, 3))),
    "last layer from 0": last_layer_from_zero,
    "teacher": teacher_and_student,
    "eval": judged,
    "dropout in training": trained_with_dropout,
    "frozen features": frozen_features_and_dropout,
    "zero_grad": clears,
    "accumulated": accumulates,
    "split, then scale": lambda: (prepare, X, Y),
    "cut, then scale": lambda: (cut_then_scaled, X, Y),
    "steps in time": lambda: (steps_of_scaled, X),
    "accuracy": lambda: (accuracy_of, W, X, COLUMN),
}
