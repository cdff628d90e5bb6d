"""Broken losses and learning rates: name, what must be found, how it is made."""

import numpy as np

from chainrule import nn, optim

from .build import filled, fitted, fresh, mlp, pair, scaled, squared
from .sets import blobs, moons, plane, wave

CE, BCE, MSE = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.MSELoss()

# -- the loss -------------------------------------------------------------------------------------


def sure_from_the_start():
    x, y = blobs(classes=10, n=400, features=12)
    net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 10, init=scaled(20.0)))
    return {"model": net, "loss": CE, "data": (x, y)}


def far_from_the_targets():
    x, y = plane()
    return {"model": mlp(6, 16, 1), "loss": MSE, "data": (x, 500 + 10 * y)}


def large_output_bias():
    net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), filled(nn.Linear(16, 1), -15))
    return {"model": net, "loss": BCE, "data": moons()}


def wide_and_unscaled_weights():
    net = mlp(4, 128, 128, 3, init=scaled(1.0))
    return {"model": net, "loss": CE, "data": blobs()}


def softmax_twice():
    return fresh(mlp(4, 16, 3, end=nn.Softmax(dim=-1)), CE, blobs())


def sigmoid_twice():
    return fresh(mlp(2, 16, 1, end=nn.Sigmoid()), BCE, moons())


def softmax_twice_in_a_function():
    params, apply = pair(4, 16, 3)

    def probabilities(params, x):
        return nn.softmax(apply(params, x))

    def loss(prediction, target):
        return nn.functional.cross_entropy(prediction, target)

    return {"model": (params, probabilities), "loss": loss, "data": blobs()}


def logits_for_nll():
    return fresh(mlp(4, 16, 3), nn.NLLLoss(), blobs())


def softmax_over_the_batch():
    x, y = blobs()
    net = mlp(4, 16, 3, end=nn.LogSoftmax(dim=0))
    return fresh(net, nn.NLLLoss(), (x, y))


def no_sigmoid_for_bce():
    return fresh(mlp(2, 16, 1), nn.BCELoss(), moons())


def column_against_row():
    x, y = plane()
    return fresh(mlp(6, 16, 1), squared, (x, y[:, 0]))


def log_of_zero():
    def poisson(prediction, count):
        return np.mean(prediction - count * np.log(prediction))

    x, y = plane()
    return fresh(mlp(6, 16, 1, end=nn.ReLU()), poisson, (x, np.abs(np.round(y))))


LOSSES = [
    ("last layer of large weights", {"loss-at-start"}, sure_from_the_start),
    ("targets far from 0", {"loss-at-start"}, far_from_the_targets),
    ("large output bias", {"loss-at-start"}, large_output_bias),
    ("wide layers with weights of spread 1", {"loss-at-start"}, wide_and_unscaled_weights),
    ("softmax before cross entropy", {"double-softmax"}, softmax_twice),
    ("sigmoid before a loss of logits", {"double-softmax"}, sigmoid_twice),
    ("softmax twice in a function", {"double-softmax"}, softmax_twice_in_a_function),
    ("logits for a loss of log-probabilities", {"missing-softmax"}, logits_for_nll),
    ("softmax over the batch", {"missing-softmax"}, softmax_over_the_batch),
    ("no sigmoid before BCELoss", {"missing-softmax"}, no_sigmoid_for_bce),
    ("(N, 1) against (N,)", {"target-shape"}, column_against_row),
    ("logarithm of a ReLU", {"non-finite-loss"}, log_of_zero),
]

# -- the learning rate ----------------------------------------------------------------------------


def sgd_far_too_high():
    return fresh(mlp(6, 16, 1), MSE, plane(), lr=10.0, kind=optim.SGD)


def adam_too_high():
    return fresh(mlp(4, 32, 32, 3), CE, blobs(), lr=3.0)


def momentum_too_high():
    def kind(params, lr):
        return optim.SGD(params, lr=lr, momentum=0.95)

    return fresh(mlp(1, 32, 1, act=nn.Tanh), MSE, wave(), lr=1.0, kind=kind)


def trained_too_fast():
    net = nn.Linear(6, 1)
    found = fitted(net, MSE, plane(), lr=1.2, epochs=3, kind=optim.SGD)
    del found["optimizer"]
    return found


def sgd_too_low():
    return fresh(mlp(6, 16, 1), MSE, plane(), lr=1e-6, kind=optim.SGD)


def adam_too_low():
    return fresh(mlp(2, 16, 1), BCE, moons(), lr=1e-7)


def adamw_too_low():
    x, y = blobs(classes=5, n=400, features=10)
    return fresh(mlp(10, 32, 5, act=nn.GELU), CE, (x, y), lr=1e-8, kind=optim.AdamW)


def optimizer_of_another():
    data = moons()
    optimizer = optim.Adam(mlp(2, 16, 1).parameters(), lr=0.01)
    return {"model": mlp(2, 16, 1), "loss": BCE, "data": data, "optimizer": optimizer}


RATES = [
    ("SGD far too high", {"learning-rate-too-high"}, sgd_far_too_high),
    ("Adam too high", {"learning-rate-too-high"}, adam_too_high),
    ("momentum too high", {"learning-rate-too-high"}, momentum_too_high),
    ("trained too fast", {"learning-rate-too-high"}, trained_too_fast),
    ("SGD too low", {"learning-rate-too-low"}, sgd_too_low),
    ("Adam too low", {"learning-rate-too-low"}, adam_too_low),
    ("AdamW too low", {"learning-rate-too-low"}, adamw_too_low),
    ("optimizer of another model", {"foreign-parameters"}, optimizer_of_another),
]
