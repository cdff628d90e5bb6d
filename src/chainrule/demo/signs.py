"""Signs (XOR): is the product of the two coordinates positive? No straight line can tell.

A perceptron and a logistic regression, which draw one straight line, hardly do better than
guessing. A hidden layer of 16 ReLU neurons bends the space until a line is enough. Its gradient is
written out by hand below; `grad` finds the same from the forward function alone.
"""

import numpy as np

from chainrule import data, grad, jit, lax, nn, random, vmap

from . import logistic
from .checks import Outcome, Track, at_least, at_most, quietly
from .logistic import accuracy, cross_entropy

TITLE = "Signs (XOR) by hand"
STAGES = 4
SIZES = (1, 2, 4, 16)
RATES = np.array([0.01, 0.1, 1.0])
ACTIVATIONS = {"ReLU": lambda z: np.maximum(z, 0), "tanh": np.tanh}


def initial(key, hidden):
    """Random weights of a 2-hidden-1 network (He et al. 2015: variance 2 / inputs)."""
    first, second = random.split(key)
    return {
        "W1": random.normal(first, (2, hidden)),
        "b1": np.zeros(hidden),
        "w2": random.normal(second, (hidden,)) * np.sqrt(2 / hidden),
        "b2": 0.0,
    }


def network(theta, x, activation=ACTIVATIONS["ReLU"]):
    """2-hidden-1: the logit of class 1, shape (N,)."""
    hidden = activation(x @ theta["W1"] + theta["b1"])
    return hidden @ theta["w2"] + theta["b2"]


def backprop_by_hand(theta, x, y):
    """The gradient of the cross entropy of the ReLU network, the chain rule line by line."""
    before = x @ theta["W1"] + theta["b1"]
    hidden = np.maximum(before, 0)
    z = hidden @ theta["w2"] + theta["b2"]

    dz = (1 / (1 + np.exp(-z)) - y) / len(y)
    dhidden = np.outer(dz, theta["w2"])
    dbefore = dhidden * (before > 0)
    return {
        "W1": x.T @ dbefore,
        "b1": dbefore.sum(axis=0),
        "w2": hidden.T @ dz,
        "b2": dz.sum(),
    }


def difference(theta, x, y):
    """The largest difference between the gradient by hand and by `grad`."""
    ours = backprop_by_hand(theta, x, y)
    theirs = grad(cross_entropy)(theta, network, x, y)
    return max(np.max(np.abs(ours[name] - theirs[name])) for name in theta)


def train(theta, x, y, rate, turns):
    """Gradient descent with the gradient written by hand; every loss kept."""
    losses = []
    for _ in turns:
        gradient = backprop_by_hand(theta, x, y)
        theta = {name: theta[name] - rate * gradient[name] for name in theta}
        losses.append(cross_entropy(theta, network, x, y))
    return theta, np.array(losses)


def train_perceptron(x, y, turns):
    """Rosenblatt's rule (1958): a wrong answer moves the line towards the point."""
    perceptron = nn.Perceptron(2)
    for _ in turns:
        perceptron.learn(x, y)
    return {"w": perceptron.weight.data[0], "b": perceptron.bias.data[0]}


def sweep(x, y, hidden, activation, steps):
    """Networks of one size for all learning rates at once: vmap over the rate, scan over steps."""

    def model(theta, x):
        return network(theta, x, ACTIVATIONS[activation])

    def train_at(rate, theta):
        def step(theta, _):
            gradient = grad(cross_entropy)(theta, model, x, y)
            return {name: theta[name] - rate * gradient[name] for name in theta}, None

        return lax.scan(step, theta, None, length=steps)[0]

    thetas = jit(vmap(train_at, in_axes=(0, None)))(RATES, initial(random.key(5), hidden))
    return [{name: thetas[name][i] for name in thetas} for i in range(len(RATES))]


def run(track: Track = quietly, steps: int = 2000) -> Outcome:
    """Two models that must fail, one that succeeds, and what its settings change."""
    x, y = data.signs(random.key(3), n=200)
    new_x, new_y = data.signs(random.key(4), n=1000)

    perceptron = train_perceptron(x, y, track(range(20), "perceptron"))
    turns = track(range(steps // 4), "logistic regression")
    start = {"w": np.zeros(2), "b": 0.0}
    straight, _ = logistic.descend(start, logistic.logit, x, y, 1.0, turns)

    first = initial(random.key(5), 16)
    theta, losses = train(first, x, y, 0.5, track(range(steps), "2-16-1 ReLU"))
    gap = max(difference(first, x, y), difference(theta, x, y))

    settings = [(activation, hidden) for activation in ACTIVATIONS for hidden in SIZES]
    multiples = {}
    for activation, hidden in track(settings, "sizes, activations, rates"):
        found = sweep(x, y, hidden, activation, steps)
        for rate, parameters in zip(RATES, found, strict=True):
            right = accuracy(
                parameters, lambda t, x, f=activation: network(t, x, ACTIVATIONS[f]), x, y
            )
            multiples[activation, hidden, float(rate)] = (parameters, right)

    right = {
        "perceptron": accuracy(perceptron, logistic.logit, x, y),
        "logistic": accuracy(straight, logistic.logit, x, y),
        "network": accuracy(theta, network, x, y),
        "new": accuracy(theta, network, new_x, new_y),
    }
    checks = [
        at_most("perceptron fails, accuracy", right["perceptron"], 0.75),
        at_most("logistic regression fails", right["logistic"], 0.75),
        at_least("2-16-1 ReLU, accuracy", right["network"], 0.97),
        at_least("the same on 1,000 new ones", right["new"], 0.94),
        at_most("backprop by hand and grad", gap, 1e-6),
    ]
    found = {
        "x": x,
        "y": y,
        "theta": theta,
        "losses": losses,
        "accuracy": right,
        "perceptron": perceptron,
        "straight": straight,
        "multiples": multiples,
    }
    return Outcome(found, checks)
