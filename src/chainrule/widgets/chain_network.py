"""A small network on one example, for the page of the chain rule: what a link may hold of it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from .. import nn
from .widget import UserError

ACTIVATIONS = ("tanh", "relu", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "softplus")
LOSSES = ("squares", "cross_entropy")
MOST_LAYERS, MOST_UNITS = 4, 16

# Two inputs, three tanh neurons, one answer.
START: dict[str, Any] = {
    "activation": "tanh",
    "loss": "squares",
    "layers": [
        {"weight": [[0.8, -0.4], [-0.6, 0.9], [0.3, 0.5]], "bias": [0.1, 0.0, -0.2]},
        {"weight": [[0.7, -1.1, 0.5]], "bias": [0.2]},
    ],
    "x": [1.0, -0.5],
    "y": 1.0,
}


def checked(value: Any) -> dict[str, Any]:
    """A network of a link: ``{activation, loss, layers: [{weight, bias}], x, y}``.

    >>> checked(START) == START
    True
    >>> checked({"layers": "?"})
    Traceback (most recent call last):
    ...
    chainrule.widgets.widget.UserError: This network cannot be read: ...
    """
    try:
        layers = [
            (np.array(row["weight"], float), np.array(row["bias"], float))
            for row in _list(value["layers"])
        ]
        x, y = np.array(value["x"], float), float(value["y"])
        activation, loss = value["activation"], value["loss"]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"This network cannot be read: {error!r}.") from None
    sizes = [x.size, *(bias.size for _, bias in layers)]
    shapes = [(weight.shape, bias.shape) for weight, bias in layers]
    wanted = [((out, into), (out,)) for into, out in pairwise(sizes)]
    if not 1 <= len(layers) <= MOST_LAYERS or max(sizes) > MOST_UNITS or sizes[-1] != 1:
        raise UserError(
            f"A network of up to {MOST_LAYERS} layers of up to {MOST_UNITS} units, the last of "
            f"one, is needed here; this one has {sizes}."
        )
    if shapes != wanted or x.ndim != 1:
        raise UserError(f"The layers of this network do not fit together: {shapes}.")
    if activation not in ACTIVATIONS or loss not in LOSSES:
        raise UserError(f"The activation {activation!r} or the loss {loss!r} is not known here.")
    parts = [x, np.array(y), *(part for layer in layers for part in layer)]
    if not all(np.isfinite(part).all() and np.abs(part).max() < 1e6 for part in parts):
        raise UserError("The numbers of this network are not finite.")
    rows = [{"weight": weight.tolist(), "bias": bias.tolist()} for weight, bias in layers]
    return {"activation": activation, "loss": loss, "layers": rows, "x": x.tolist(), "y": y}


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_LAYERS:
        raise ValueError("layers")
    return value


def as_call(network: dict[str, Any]) -> tuple[Callable[..., Any], list[str], list[Any]]:
    """The loss as a function of x, y and all weights, what these are called, and their values."""
    activation = getattr(nn, network["activation"], np.tanh)
    names: list[str] = ["x", "y"]
    values: list[Any] = [np.array(network["x"]), network["y"]]
    for number, layer in enumerate(network["layers"], 1):
        last = number == len(network["layers"])
        weight, bias = np.array(layer["weight"]), np.array(layer["bias"])
        names += [f"W{number}", f"b{number}"]
        # The last neuron's weights as a vector: its answer is a number.
        values += [weight[0], bias[0]] if last else [weight, bias]

    def loss(x: Any, y: Any, *weights: Any) -> Any:
        h = x
        for weight, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
            h = activation(weight @ h + bias)
        z = weights[-2] @ h + weights[-1]
        if network["loss"] == "squares":
            return (z - y) ** 2
        return nn.functional.softplus(z) - y * z

    return loss, names, values
