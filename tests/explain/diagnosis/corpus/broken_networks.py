"""Broken networks: name, what must be found, how it is made."""

import numpy as np

import chainrule as cr
from chainrule import nn, optim

from .build import filled, fresh, loop, mlp, pair, scaled, squared
from .sets import blobs, moons, people, plane, wave

CE, BCE, MSE = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.MSELoss()

# -- units ----------------------------------------------------------------------------------------


def dead_first_layer():
    net = nn.Sequential(filled(nn.Linear(2, 16), -10), nn.ReLU(), nn.Linear(16, 1))
    return fresh(net, BCE, moons())


def dead_second_layer():
    second = filled(nn.Linear(16, 16), -8)
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), second, nn.ReLU(), nn.Linear(16, 3))
    return fresh(net, CE, blobs())


def dead_after_large_steps():
    net = mlp(6, 24, 1)
    data = plane()
    optimizer = optim.SGD(net.parameters(), lr=3.0)
    loop(net, nn.L1Loss(), data, optimizer, 40)
    return {"model": net, "loss": nn.L1Loss(), "data": data}


def dead_in_a_function():
    params, apply = pair(4, 20, 3, act=lambda z: np.maximum(z, 0))
    params[0]["b"] -= 12.0
    return {"model": (params, apply), "loss": CE, "data": blobs()}


def saturated_by_large_weights():
    return fresh(mlp(6, 32, 1, act=nn.Tanh, init=scaled(5.0)), MSE, plane())


def saturated_second_layer():
    net = nn.Sequential(
        nn.Linear(4, 32),
        nn.Tanh(),
        nn.Linear(32, 32, init=scaled(6.0)),
        nn.Sigmoid(),
        nn.Linear(32, 3),
    )
    return fresh(net, CE, blobs())


def saturated_by_raw_columns():
    return fresh(mlp(4, 16, 1, act=nn.Sigmoid), BCE, people())


def saturated_function():
    rng = np.random.default_rng(3)
    model = pair(2, 24, 24, 1, draw=lambda shape: 8 * rng.normal(size=shape))
    return {"model": model, "loss": squared, "data": moons()}


def all_weights_zero():
    return fresh(mlp(2, 16, 1, init=nn.init.zeros), BCE, moons())


def all_weights_alike():
    net = mlp(4, 16, 3, act=nn.Tanh, init=lambda key, shape, dtype: np.full(shape, 0.5, dtype))
    for layer in (net[0], net[2]):
        filled(layer, 0.0)
    return fresh(net, CE, blobs())


def alike_function():
    return {
        "model": pair(6, 10, 1, draw=np.ones),
        "loss": squared,
        "data": plane(),
    }


def alike_second_layer():
    second = filled(nn.Linear(16, 16, init=nn.init.ones), 0.0)
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), second, nn.ReLU(), nn.Linear(16, 3))
    return fresh(net, CE, blobs())


def tanh_for_large_targets():
    x, y = plane()
    return fresh(mlp(6, 16, 1, act=nn.Tanh, end=nn.Tanh()), MSE, (x, 3 * y))


def relu_for_negative_targets():
    return fresh(mlp(1, 32, 1, end=nn.ReLU()), MSE, wave())


UNITS = [
    ("first layer dead by its biases", {"dead-relu"}, dead_first_layer),
    ("second layer dead by its biases", {"dead-relu"}, dead_second_layer),
    ("dead after large steps", {"dead-relu"}, dead_after_large_steps),
    ("dead in a function of parameters", {"dead-relu"}, dead_in_a_function),
    ("tanh with large weights", {"saturated"}, saturated_by_large_weights),
    ("sigmoid in the second layer", {"saturated"}, saturated_second_layer),
    ("sigmoid on raw columns", {"saturated", "unscaled-inputs"}, saturated_by_raw_columns),
    ("tanh in a function of parameters", {"saturated"}, saturated_function),
    ("all weights zero", {"symmetric-weights"}, all_weights_zero),
    ("all weights 0.5", {"symmetric-weights"}, all_weights_alike),
    ("ones in a function of parameters", {"symmetric-weights"}, alike_function),
    ("ones in the second layer", {"symmetric-weights"}, alike_second_layer),
    ("tanh at the end of a regression", {"output-range"}, tanh_for_large_targets),
    ("ReLU at the end of a regression", {"output-range"}, relu_for_negative_targets),
]

# -- gradients ------------------------------------------------------------------------------------


def ten_sigmoids():
    return fresh(mlp(4, *[16] * 10, 3, act=nn.Sigmoid), CE, blobs())


def deep_tanh_small():
    return fresh(mlp(6, *[32] * 12, 1, act=nn.Tanh, init=scaled(0.05)), MSE, plane())


def deep_relu_small():
    return fresh(mlp(4, *[32] * 6, 3, init=scaled(0.01)), CE, blobs())


def vanishing_function():
    rng = np.random.default_rng(0)
    model = pair(2, *[20] * 8, 1, draw=lambda shape: 0.02 * rng.normal(size=shape))
    return {"model": model, "loss": BCE, "data": moons()}


def deep_relu_large():
    return fresh(mlp(4, *[64] * 14, 3, init=scaled(0.5)), CE, blobs(), lr=1e-3)


def exploding_function():
    rng = np.random.default_rng(0)

    def leaky(z):
        return np.where(z > 0, z, 0.1 * z)

    model = pair(6, *[40] * 12, 1, act=leaky, draw=lambda shape: 0.6 * rng.normal(size=shape))
    return {"model": model, "loss": squared, "data": plane()}


class Rounded(nn.Module):
    """A network that rounds its hidden values."""

    def __init__(self):
        self.first, self.last = nn.Linear(6, 16), nn.Linear(16, 1)

    def forward(self, x):
        return self.last(np.round(self.first(x)))


def rounded():
    return fresh(Rounded(), MSE, plane())


def steps_inside():
    return fresh(mlp(2, 16, 1, act=nn.Step), BCE, moons())


def detached():
    def forward(params, x):
        hidden = cr.stop_gradient(np.tanh(x @ params["w1"]))
        return hidden @ params["w2"]

    rng = np.random.default_rng(0)
    params = {"w1": rng.normal(size=(6, 16)), "w2": rng.normal(size=(16, 1)) / 4}
    return {"model": (params, forward), "loss": squared, "data": plane()}


GRADIENTS = [
    ("ten layers of sigmoids", {"vanishing-gradients"}, ten_sigmoids),
    ("deep tanh with small weights", {"vanishing-gradients"}, deep_tanh_small),
    ("deep ReLU with small weights", {"vanishing-gradients"}, deep_relu_small),
    ("deep function with small weights", {"vanishing-gradients"}, vanishing_function),
    ("deep ReLU with large weights", {"exploding-gradients"}, deep_relu_large),
    ("deep function with large weights", {"exploding-gradients"}, exploding_function),
    ("rounded hidden values", {"no-gradient"}, rounded),
    ("step as activation", {"no-gradient"}, steps_inside),
    ("hidden values taken out of the graph", {"no-gradient"}, detached),
]
