"""The gallery's activations: f, f′ and what to notice, for every activation of ``chainrule.nn``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import nn
from ..engine import transforms
from ..nn import activation_layers

SPAN = 6.0
POINTS = 481
SATURATED = 0.05  # of the largest slope: below it, little of a gradient comes through

# What a slider may set: (from, to, start). `sharpness` is k in f(kx)/k, which is Swish's β.
SETTINGS: dict[str, Any] = {
    "negative_slope": (0.0, 1.0, 0.01),
    "init": (0.0, 1.0, 0.25),
    "alpha": (0.1, 3.0, 1.0),
    "approximate": ("none", "tanh"),
    "sharpness": (0.1, 10.0, 1.0),
}
_SHARPER = {"SiLU", "GELU", "Softplus"}

Function = Callable[[Any], Any]


def names() -> list[str]:
    """The activations of the library, in its order.

    >>> names()[:4]
    ['Step', 'Sigmoid', 'LogSigmoid', 'Tanh']
    """
    found = vars(activation_layers).values()
    classes = [c for c in found if inspect.isclass(c) and issubclass(c, nn.Module)]
    return list(dict.fromkeys(c.__name__ for c in classes if c is not nn.Module))


def settings_of(name: str) -> dict[str, Any]:
    """The settings of one activation, each with the value it starts with.

    >>> settings_of("ELU"), settings_of("GELU")
    ({'alpha': 1.0}, {'approximate': 'none', 'sharpness': 1.0})
    """
    taken = inspect.signature(getattr(nn, name)).parameters
    used = [key for key in SETTINGS if key in taken]
    used += ["sharpness"] * (name in _SHARPER)
    return {key: SETTINGS[key][0 if key == "approximate" else 2] for key in used}


def function(name: str, settings: dict[str, Any]) -> Function:
    """An activation with its settings, as a function of an array.

    Softmax, which needs several numbers, is shown for the logits (x, 0, 0): its first answer.

    >>> float(function("LeakyReLU", {"negative_slope": 0.5})(np.array(-2.0)))
    -1.0
    """
    given = dict(settings)
    sharpness = given.pop("sharpness", 1.0)
    layer = getattr(nn, name)(**given)

    def activation(x: Any) -> Any:
        if name in ("Softmax", "LogSoftmax"):
            return layer(x[..., None] * np.array([1.0, 0.0, 0.0]))[..., 0]
        if sharpness == 1:
            return layer(x)
        return layer(sharpness * x) / sharpness

    return activation


def slope(f: Function, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """f and f′ at many points, by the engine: each number depends on its own x alone.

    >>> slope(function("Sigmoid", {}), np.zeros(1))
    (array([0.5]), array([0.25]))
    """
    y, pull = transforms.vjp(f, x)
    (d,) = pull(np.ones_like(x))
    return np.asarray(y), np.asarray(d)


def curve(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Everything the page shows of one activation.

    ``low`` and ``dead`` are stretches of x where f′ is small against its largest value and stays
    so, and where it is 0; ``steepest`` is (x, f′) at the largest slope, and ``ten`` is that slope
    to the tenth power: the most that is left of a gradient after ten layers.

    >>> found = curve("Sigmoid", {})
    >>> found["steepest"], round(found["ten"], 9)
    ([0.0, 0.25], 9.54e-07)
    >>> curve("ReLU", {})["dead"]
    [[-6.0, 0.0]]
    """
    x = np.linspace(-SPAN, SPAN, POINTS)
    y, d = slope(function(name, settings), x)
    size = np.abs(d)
    largest = float(size.max())
    steepest = np.flatnonzero(size >= largest * (1 - 1e-12))
    top = steepest[np.abs(x[steepest]).argmin()]
    dead = size == 0
    low = ~dead & (size < SATURATED * largest)
    return {
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "d": d.astype(np.float32),
        "low": [part for part in _stretches(x, low) if abs(part[0]) == SPAN or part[1] == SPAN],
        "dead": _stretches(x, dead),
        "steepest": [float(x[top]), float(d[top])],
        "ten": largest**10,
        "limits": [float(y[0]), float(y[-1])],
    }


def thumbnails() -> list[dict[str, Any]]:
    """A small picture of each activation: 49 numbers."""
    x = np.linspace(-4, 4, 49)
    rows = []
    for name in names():
        y, _ = slope(function(name, settings_of(name)), x)
        rows.append({"name": name, "y": y.astype(np.float32)})
    return rows


def _stretches(x: np.ndarray, inside: np.ndarray) -> list[list[float]]:
    """Where a condition holds, as pairs (from, to)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]])))
    return [[float(x[a]), float(x[b - 1])] for a, b in edges.reshape(-1, 2)]
