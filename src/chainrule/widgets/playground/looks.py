"""What is seen of a network: losses, gradients by layer, and every neuron's answer in the plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import trace, tree, value_and_grad
from ...engine.interpret import assemble
from ...train.models import ModuleModel
from . import options
from .network import linear_layers, recorded
from .points import Problem
from .settings import MOST_NEURONS, Settings
from .trainer import penalty

NOTHING = 1e-6  # a neuron that stays below it is drawn as silent
FINEST = 80  # pixels across
COARSE = 44  # a finer picture of a neuron is halved
WORK = 100_000  # answers of neurons in a frame, so that there can be thirty a second


def evaluated(fn: Callable[..., Any], *args: Any) -> Callable[..., Any]:
    """The function traced once for arguments like these, and run by NumPy, without a pause.

    >>> double = evaluated(lambda x: {"twice": 2 * x}, 1.0)
    >>> float(double(4.0)["twice"])
    8.0
    """
    structure: list[Any] = []

    def flat(*args: Any) -> Any:
        leaves, found = tree.flatten(fn(*args))
        structure.append(found)
        return leaves

    run = assemble(trace(flat, *args))

    def again(*args: Any) -> Any:
        return tree.unflatten(structure[0], run(tree.leaves(args)))

    return again


# -- losses ------------------------------------------------------------------------------------


def make_judge(
    model: ModuleModel, criterion: Any, settings: Settings, numbers: Any, data: Sequence[Any]
) -> Callable[..., Any]:
    """``(params, fixed, x, y, x_test, y_test) ->`` losses, outputs and norms, in evaluation mode.

    The norms are of the gradient of all training points by the weights of each Linear layer.
    """

    def look(params: Any, fixed: Any, x: Any, y: Any, x_test: Any, y_test: Any) -> Any:
        def total(params: Any) -> Any:
            def use(net: Any) -> Any:
                out = net(x)
                plain = criterion(out, y)
                return plain + penalty(net, settings), plain, out

            (value, plain, out), _ = model.run(params, fixed, None, use, training=False)
            return value, (plain, out)

        (_, (train, out)), slopes = value_and_grad(total, has_aux=True)(params)
        out_test, _ = model.run(params, fixed, None, lambda net: net(x_test), training=False)
        found = [slopes.get(f"{name}.weight") for name, _ in linear_layers(model.module)]
        norms = [(slope * slope).sum() ** 0.5 for slope in found if slope is not None]
        test = criterion(out_test, y_test)
        return {"train": train, "test": test, "out": out, "out_test": out_test, "norms": norms}

    return evaluated(look, *numbers, *data)


READ: dict[str, Callable[[Any], Any]] = {
    "value": lambda out: out,
    "probability": lambda out: out,
    "logit": lambda out: 1 / (1 + np.exp(-out)),
    "margin": lambda out: np.clip((out + 1) / 2, 0, 1),
    "logits": lambda out: _softmax(out),
    "log_probabilities": lambda out: np.exp(out),
}


def _softmax(z: Any) -> Any:
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def answers(out: Any, loss: str, task: str) -> Any:
    """Values (N,), probabilities of class 1 (N,), or of each class (N, C)."""
    with np.errstate(over="ignore", invalid="ignore"):
        read = READ[options.LOSSES[loss].read](out.reshape(len(out), -1))
    if task == options.SEVERAL:
        return read
    return read[:, -1]


def share_right(out: Any, y: Any, loss: str, task: str) -> float | None:
    """The share of right answers; None where the target is a value."""
    if task == options.REGRESSION:
        return None
    found = answers(out, loss, task)
    chosen = found > 0.5 if task == options.BINARY else found.argmax(axis=1)
    return float((chosen == y).mean())


# -- pictures ----------------------------------------------------------------------------------


def fineness(net: Any) -> int:
    """How many pixels across the pictures of a network have: the fewer, the larger it is.

    >>> from chainrule import nn
    >>> fineness(nn.Linear(2, 8)), fineness(nn.Linear(2, 64))
    (80, 40)
    """
    neurons = sum(layer.out_features for _, layer in linear_layers(net))
    return min(FINEST, 2 * round((WORK / max(1, neurons)) ** 0.5 / 2))


def grid(problem: Problem, across: int, up: int, size: int) -> Any:
    """Rows for each pixel, from the bottom left; other features at their mean."""
    left, right, bottom, top = problem.box(across, up)
    step = np.arange(0.5, size) / size
    x, y = np.meshgrid(left + (right - left) * step, bottom + (top - bottom) * step)
    rows = np.tile(problem.raw.mean(axis=0), (size * size, 1))
    rows[:, across], rows[:, up] = x.ravel(), y.ravel()
    return problem.scaled(rows).astype(np.float32)


class Camera:
    """What each layer makes of some rows, in evaluation mode.

    ``names`` are those of the Linear layers in the order of their calls. Called with the numbers
    of the network it gives what goes ``into`` and comes ``from`` each, and the answer, ``out``.
    """

    def __init__(self, model: ModuleModel, numbers: Any, x: Any) -> None:
        self.x = x
        self.names: list[str] = []

        def look(params: Any, fixed: Any, x: Any) -> Any:
            with recorded(model.module) as passes:
                out, _ = model.run(params, fixed, None, lambda net: net(x), training=False)
            flat = [each for each in passes if len(each.before.shape) == 2]
            self.names = [each.name for each in flat]
            return {"into": [p.before for p in flat], "from": [p.after for p in flat], "out": out}

        self._look = evaluated(look, *in_float32(numbers), x)

    def __call__(self, numbers: Any) -> Any:
        """All of it for these numbers (parameters, what is fixed)."""
        with np.errstate(all="ignore"):
            return self._look(*in_float32(numbers), self.x)


def in_float32(numbers: Any) -> Any:
    """Half the size, which a picture does not show."""

    def cast(leaf: Any) -> Any:
        return leaf.astype(np.float32) if leaf.dtype == np.float64 else leaf

    with np.errstate(over="ignore"):
        return tree.map(cast, numbers)


def column(values: Any) -> dict[str, Any]:
    """The answers of a layer's neurons, (pixels, neurons), as pictures from -127 to 127.

    Each is scaled by its largest absolute value, which ``scales`` has.
    """
    size = round(len(values) ** 0.5)
    shown = np.nan_to_num(values[:, :MOST_NEURONS].T, posinf=3e38, neginf=-3e38)
    every = 2 if size > COARSE else 1
    pictures = shown.reshape(-1, size, size)[:, ::every, ::every]
    scales = np.abs(pictures).max(axis=(1, 2))
    scaled = pictures * (127 / np.maximum(scales, NOTHING))[:, None, None]
    return {
        "pictures": scaled.astype(np.int8),
        "scales": scales.astype(np.float32),
        "count": values.shape[1],
    }


def surface(out: Any, loss: str, task: str, reach: tuple[float, float]) -> dict[str, Any]:
    """The network's answer in the plane as bytes.

    ``level``, 0 to 255: the probability of class 1, or the value within ``reach``, or how sure the
    chosen class is; ``winner``: the number of that class, where there are several.
    """
    found = np.nan_to_num(answers(out, loss, task))
    size = round(len(out) ** 0.5)
    if task == options.SEVERAL:
        winner, found = found.argmax(axis=1).astype(np.uint8), found.max(axis=1)
        return {"level": _bytes(found, size), "winner": winner.reshape(size, size)}
    if task == options.REGRESSION:
        found = (found - reach[0]) / (reach[1] - reach[0])
    return {"level": _bytes(found, size)}


def _bytes(share: Any, size: int) -> Any:
    return (255 * np.clip(share, 0, 1)).round().astype(np.uint8).reshape(size, size)
