"""What the cases share: networks from a list of sizes, trainings in both styles."""

import warnings
from itertools import pairwise

import numpy as np

import chainrule as cr
from chainrule import nn, optim, train


def mlp(*sizes, act=nn.ReLU, init=None, end=None):
    """Linear layers of these sizes, with an activation after each but the last."""
    layers = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs, init=init), act()]
    return nn.Sequential(*layers[:-1], *([] if end is None else [end]))


def scaled(std):
    """An initialiser: N(0, std²)."""
    return lambda key, shape, dtype: nn.init.normal(key, shape, dtype, std=std)


def filled(layer, bias):
    """The layer with this bias everywhere."""
    layer.bias.data = np.full(layer.bias.shape, bias, np.float32)
    return layer


def pair(*sizes, act=np.tanh, draw=None, seed=0):
    """Parameters as a list of dicts, and a function of them and x."""
    rng = np.random.default_rng(seed)
    draw = draw or (lambda shape: rng.normal(size=shape) / np.sqrt(shape[0]))
    params = [{"w": draw(shape), "b": np.zeros(shape[1])} for shape in pairwise(sizes)]

    def apply(params, x):
        for layer in params[:-1]:
            x = act(x @ layer["w"] + layer["b"])
        return x @ params[-1]["w"] + params[-1]["b"]

    return params, apply


def fitted(model, loss, data, lr=0.01, epochs=30, kind=optim.Adam, validation=None, **settings):
    """Trained by fit: the arguments for diagnose."""
    optimizer = kind(model.parameters(), lr=lr)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some are broken on purpose
        history = train.fit(
            model, loss, optimizer, data, epochs=epochs, validation=validation, **settings
        )
    found = {"model": model, "loss": loss, "data": data, "optimizer": optimizer}
    batch_size = settings.get("batch_size", 32)
    return found | {"history": history, "validation": validation, "batch_size": batch_size}


def fresh(model, loss, data, lr=0.01, kind=optim.Adam, **more):
    """Untrained, with an optimizer: the arguments for diagnose."""
    optimizer = kind(model.parameters(), lr=lr)
    return {"model": model, "loss": loss, "data": data, "optimizer": optimizer, **more}


def loop(model, loss, data, optimizer, steps, zero=True, batch=32):
    """A training loop as in PyTorch."""
    x, y = data
    for i in range(steps):
        rows = np.arange(i * batch, (i + 1) * batch) % len(x)
        if zero:
            optimizer.zero_grad()
        value = loss(model(x[rows].astype(np.float32)), y[rows])
        value.backward()
        optimizer.step()


def squared(prediction, target):
    """A loss of one's own, which broadcasts as NumPy does."""
    return np.mean((prediction - target) ** 2)


__all__ = ["cr", "filled", "fitted", "fresh", "loop", "mlp", "pair", "scaled", "squared"]
