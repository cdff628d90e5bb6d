"""The gallery's losses: each with its gradient, and lines fitted by them where one point is off."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import nn, random
from ..engine import trace
from ..engine.compile.jit import jit
from ..engine.primitives.scan import scan
from ..engine.primitives.views import stack
from ..engine.transforms import value_and_grad
from .gallery_activations import slope

# What is on the x axis: the error d, the logit z of the true class, or its probability p.
GROUPS = {
    "error": ["MSELoss", "L1Loss", "HuberLoss", "SmoothL1Loss"],
    "class": ["BCEWithLogitsLoss", "BCELoss", "CrossEntropyLoss", "NLLLoss", "FocalLoss"],
    "margin": ["HingeLoss"],
}
SETTINGS: dict[str, Any] = {
    "delta": (0.1, 4.0, 1.0),
    "beta": (0.1, 4.0, 1.0),
    "gamma": (0.0, 5.0, 2.0),
    "label_smoothing": (0.0, 0.5, 0.0),
    "margin": (0.0, 2.0, 1.0),
}
SETTINGS_OF = {
    "HuberLoss": ["delta"],
    "SmoothL1Loss": ["beta"],
    "FocalLoss": ["gamma"],
    "CrossEntropyLoss": ["label_smoothing"],
    "HingeLoss": ["margin"],
}
POINTS = 401


def group_of(name: str) -> str:
    """The group of losses that are drawn together."""
    return next(group for group, names in GROUPS.items() if name in names)


def settings_of(name: str) -> dict[str, float]:
    """The settings of one loss, each with the value it starts with.

    >>> settings_of("HuberLoss")
    {'delta': 1.0}
    """
    return {key: SETTINGS[key][2] for key in SETTINGS_OF.get(name, [])}


def function(name: str, settings: dict[str, float]) -> Callable[[Any], Any]:
    """A loss of one example as a function of its error d (the target is 0), or of the logit z.

    z is the logit of the true class; where there are several classes, the other's is 0, so that p
    is σ(z) everywhere.

    >>> function("HuberLoss", {"delta": 1.0})(np.array([0.5, 3.0]))
    array([0.125, 2.5  ])
    """
    loss = getattr(nn, name)(reduction="none", **settings)

    def of_example(x: Any) -> Any:
        ones = np.ones(x.shape)
        if name == "BCELoss":
            return loss(nn.sigmoid(x), ones)
        if name in ("CrossEntropyLoss", "NLLLoss"):
            logits = stack([0 * x, x], axis=1)
            given = nn.log_softmax(logits) if name == "NLLLoss" else logits
            return loss(given, np.ones(x.shape, int))
        return loss(x, 0 * ones if group_of(name) == "error" else ones)

    return of_example


def curve(name: str, settings: dict[str, float], over: str = "z") -> dict[str, Any]:
    """The loss and its derivative by what is on the x axis: d, z, or (``over="p"``) p = σ(z).

    >>> found = curve("BCELoss", {}, "p")
    >>> middle = len(found["x"]) // 2
    >>> bool(np.allclose(found["y"][middle], np.log(2))), bool(np.allclose(found["d"][middle], -2))
    (True, True)
    """
    f = function(name, settings)
    x = np.linspace(-4, 4, POINTS)
    if group_of(name) == "class" and over == "p":
        x = np.linspace(0.005, 0.995, POINTS)
        of_logit = f

        def f(p: Any) -> Any:
            return of_logit(np.log(p) - np.log(1 - p))

    y, d = slope(f, x)
    return {"name": name, "x": x, "y": y, "d": d}


# -- a line through points, one of which is off ------------------------------------------------

FITTED = {
    "MSELoss": nn.functional.mse_loss,
    "L1Loss": nn.functional.l1_loss,
    "HuberLoss": nn.functional.huber_loss,
}
STEPS = 600


def points() -> tuple[np.ndarray, np.ndarray]:
    """Twelve points near a line; the last is the one to drag."""
    x = np.linspace(-2, 2, 12)
    noise = np.asarray(random.normal(random.key(4), x.shape))
    y = 0.6 * x + 0.25 * noise
    y[-1] = -2.2
    return x, y


@functools.cache
def _descend(name: str) -> Callable[..., Any]:
    """600 steps of gradient descent for (w, b) in one compiled call; the steps become smaller."""
    loss = FITTED[name]

    def fit(start: Any, x: Any, y: Any, delta: Any) -> Any:
        def mean_loss(line: Any) -> Any:
            # Huber's δ as a unit of the errors: a loss that need not be traced for each δ.
            return loss((line[0] * x + line[1]) / delta, y / delta)

        def step(line: Any, rate: Any) -> Any:
            _, gradient = value_and_grad(mean_loss)(line)
            return line - rate * delta * delta * gradient, gradient

        rates = 0.3 / (1 + np.arange(STEPS) / 30)
        return scan(step, start, rates)[0]

    return jit(fit)


def fit_line(name: str, x: np.ndarray, y: np.ndarray, delta: float = 1.0) -> np.ndarray:
    """(w, b) of the line with the least mean loss, found by gradient descent from (0, 0).

    >>> fit_line("MSELoss", np.array([-1.0, 0.0, 1.0]), np.array([0.0, 1.0, 2.0])).round(6)
    array([1., 1.])
    """
    unit = delta if name == "HuberLoss" else 1.0
    found = _descend(name)(np.zeros(2), x, y, np.asarray(unit))
    return np.asarray(trace.concrete(found, "the gallery"))
