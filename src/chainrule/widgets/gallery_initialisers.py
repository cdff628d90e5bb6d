"""The gallery's initialisers: what twenty layers make of them, forward and backward."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from .. import nn, random
from ..engine import transforms
from ..nn import init
from .gallery_activations import function, settings_of

LAYERS, EXAMPLES = 20, 64
BINS = 41
# What a slider may set of an initialiser: (from, to, start).
SETTINGS: dict[str, Any] = {
    "std": (0.01, 0.5, 0.1),
    "value": (0.0, 0.1, 0.01),
    "high": (0.01, 0.5, 0.1),
    "gain": (0.5, 3.0, 1.0),
}
ACTIVATIONS = ("Tanh", "Sigmoid", "ReLU", "LeakyReLU", "ELU", "SELU", "SiLU", "GELU", "Softplus")


def names() -> list[str]:
    """The initialisers of the library.

    >>> "orthogonal" in names(), "fans" in names()
    (True, False)
    """
    functions = inspect.getmembers(init, inspect.isfunction)
    return [name for name, f in functions if list(inspect.signature(f).parameters)[:1] == ["key"]]


def settings_of_init(name: str) -> dict[str, float]:
    """The settings of one initialiser, each with the value it starts with.

    >>> settings_of_init("normal")
    {'std': 0.1}
    """
    taken = inspect.signature(getattr(init, name)).parameters
    return {key: row[2] for key, row in SETTINGS.items() if key in taken}


def draw_weights(name: str, settings: dict[str, float], width: int, seed: int) -> list[np.ndarray]:
    """Weights (width, width) of each layer, float64 so that what vanishes can be measured."""
    given: dict[str, Any] = dict(settings)
    if name == "uniform":
        given = {"low": -given["high"], "high": given["high"]}
    keys = random.split(random.key(seed), LAYERS)
    make = getattr(init, name)
    return [np.asarray(make(key, (width, width), np.float64, **given)) for key in keys]


def through(
    name: str, settings: dict[str, float], activation: str, width: int = 64, seed: int = 0
) -> dict[str, Any]:
    """Normal numbers sent through 20 layers h ← φ(h Wᵀ), and a normal gradient sent back.

    ``forward`` and ``backward`` are the standard deviations of each layer's h and of the gradient
    there, ``histograms`` the shares of h in ``BINS`` bins over ``edges`` (the same for all layers),
    and ``health`` is ``vanishing``, ``exploding``, ``alike`` (all neurons the same) or ``well``:
    a change by more than a factor 20 on the way is one of the first two.

    >>> through("zeros", {}, "Tanh")["health"]
    'alike'
    >>> through("kaiming_normal", {}, "ReLU")["health"]
    'well'
    """
    weights = draw_weights(name, settings, width, seed)
    for_inputs, for_gradient = random.split(random.key(seed + 1000))
    start = np.asarray(random.normal(for_inputs, (EXAMPLES, width), np.float64))
    sent_back = np.asarray(random.normal(for_gradient, (EXAMPLES, width), np.float64))
    phi = function(activation, settings_of(activation))

    def network(nudges: Any) -> Any:
        h, kept = start, []
        for weight, nudge in zip(weights, nudges, strict=True):
            h = phi(nn.functional.linear(h, weight)) + nudge
            kept.append(h)
        return kept

    # The derivative by something added to a layer's answer is the gradient at that layer.
    nudges = [np.zeros((EXAMPLES, width)) for _ in weights]
    layers, pull = transforms.vjp(network, nudges)
    cotangents = [np.zeros_like(h) for h in layers[:-1]] + [sent_back]
    (gradients,) = pull(cotangents)
    layers = [np.asarray(h) for h in layers]
    forward = [float(h.std()) for h in layers]
    backward = [float(np.asarray(g).std()) for g in gradients]
    edges = _edges(layers)
    counts = [np.histogram(np.clip(h, edges[0], edges[-1]), edges)[0] / h.size for h in layers]
    return {
        "forward": forward,
        "backward": backward,
        "histograms": np.array(counts, np.float32),
        "edges": [float(edges[0]), float(edges[-1])],
        "saturated": [float(np.mean(_flat(phi, h, w))) for h, w in _pairs(start, layers, weights)],
        "health": _health(weights, forward, backward),
    }


def _pairs(start: np.ndarray, layers: list[Any], weights: list[Any]) -> Any:
    return zip([start, *layers[:-1]], weights, strict=True)


def _flat(phi: Any, h: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Where the activation's slope is below a hundredth: little of a gradient gets through."""
    inputs = h @ weight.T
    _, pull = transforms.vjp(phi, inputs)
    return np.abs(np.asarray(pull(np.ones_like(inputs))[0])) < 0.01


def _edges(layers: list[Any]) -> np.ndarray:
    """Bins that hold 99 % of the numbers of the first layer and of the middle one."""
    seen = np.concatenate([layers[0].ravel(), layers[len(layers) // 2].ravel()])
    reach = float(np.quantile(np.abs(seen[np.isfinite(seen)]), 0.99)) or 1.0
    low = -reach if seen.min() < 0 else 0.0
    return np.linspace(low, reach, BINS + 1)


def _health(weights: list[Any], forward: list[float], backward: list[float]) -> str:
    """What a reader should notice first."""
    if np.ptp(weights[0]) == 0:
        return "alike"
    if not np.isfinite(forward).all() or not np.isfinite(backward).all():
        return "exploding"
    rates = np.array([forward[-1] / forward[0], backward[0] / backward[-1]])
    if (rates > 20).any():
        return "exploding"
    return "vanishing" if (rates < 0.05).any() else "well"
