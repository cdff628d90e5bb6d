"""What the page shows, as values of the widget's state."""

from __future__ import annotations

import dataclasses
import re
from types import SimpleNamespace
from typing import Any

import numpy as np

from ... import nn, trace
from ...explain.diagnosis import diagnose
from ...train.models import ModuleModel
from .. import chain_network
from ..widget import UserError
from . import looks, options, points
from .experiment import Experiment
from .settings import MOST_CLASSES, MOST_LAYERS, MOST_NEURONS, Settings

ON_THUMBNAIL = 60
_UNSTYLED = re.compile(r'<style>.*?</style>| style="[^"]*"', re.DOTALL)  # pages allow none inside
CHAIN_LOSSES = {"MSELoss": "squares", "BCEWithLogitsLoss": "cross_entropy"}
LONG = 30  # epochs after which the diagnosis may speak of a training


def choices(is_given: bool) -> dict[str, Any]:
    """What can be chosen."""
    return {
        "data": {} if is_given else {name: _thumbnail(name) for name in options.DATA},
        "classes": [name for name, row in options.DATA.items() if row.classes],
        "activations": list(options.ACTIVATIONS),
        "losses": list(options.CRITERIA),
        "tasks": {name: list(row.tails) for name, row in options.LOSSES.items()},
        "optimizers": list(options.OPTIMIZERS),
        "momentum": [name for name in options.OPTIMIZERS if options.takes(name, "momentum")],
        "initialisers": list(options.INITIALISERS),
        "most": {"layers": MOST_LAYERS, "neurons": MOST_NEURONS, "classes": MOST_CLASSES},
    }


def _thumbnail(name: str) -> dict[str, Any]:
    settings = Settings(data=name, count=ON_THUMBNAIL, noise=options.DATA[name].noise / 2)
    x, y = points.made(settings)
    return {"x": x.astype(np.float32), "y": y.astype(np.float32)}


# -- what stays through a training -------------------------------------------------------------


def of_problem(experiment: Experiment) -> dict[str, Any]:
    """The points, and what the network is, for a new experiment or another view of it."""
    problem, settings = experiment.problem, experiment.settings
    across, up = settings.across, settings.up
    both = [across, up]
    return {
        "points": {
            "x": problem.raw[:, both].astype(np.float32),
            "y": problem.y.astype(np.float32),
            "x_test": problem.raw_test[:, both].astype(np.float32),
            "y_test": problem.y_test.astype(np.float32),
        },
        "box": problem.box(across, up),
        "reach": reach(problem),
        "diagnosis": [],
        "task": problem.task,
        "features": list(problem.features),
        "classes_named": list(problem.classes),
        "inputs": looks.column(experiment.camera().x),
        "given": experiment.is_given,
        "example": 0,
    }


def reach(problem: points.Problem) -> list[float]:
    """The range of the colours of values: that of the targets, 0 in its middle if it is inside."""
    if problem.task != options.REGRESSION:
        return [0.0, 1.0]
    y = np.concatenate([problem.y, problem.y_test])
    low, high = float(y.min()), float(y.max())
    if low < 0 < high:
        low, high = -max(-low, high), max(-low, high)
    return [low, high if high > low else low + 1]


def only_points(own: list[list[float]]) -> dict[str, Any]:
    """Points that are drawn by hand, and are not enough to learn from."""
    drawn = np.array(own, np.float32).reshape(-1, 3)
    nothing = np.zeros((0, 2), np.float32)
    return {
        "points": {"x": drawn[:, :2], "y": drawn[:, 2], "x_test": nothing, "y_test": nothing[:, 0]},
        "box": list(points.SHEET),
        "task": options.BINARY,
        "features": ["x1", "x2"],
        "classes_named": ["0", "1"],
        "surface": None,
        "columns": [],
        "weights": [],
        "inputs": None,
        "curve": np.zeros((0, 3), np.float32),
        "losses": {"train": None, "test": None, "right": None, "right_test": None},
        "norms": [],
        "step": 0,
        "epoch": 0,
        "diagnosis": [],
        "code": "",
        "flow": None,
    }


# -- what moves --------------------------------------------------------------------------------


@np.errstate(all="ignore")  # numbers may grow beyond all bounds, which is part of the lesson
def frame(experiment: Experiment, view: str, example: int) -> dict[str, Any]:
    """Everything that a step changes."""
    losses = experiment.judge()
    numbers = experiment.trainer.numbers
    camera = experiment.camera()
    seen = camera(numbers)
    out = seen["out"].reshape(len(camera.x), -1)
    settings, problem = experiment.settings, experiment.problem
    reached = reach(problem)
    found: dict[str, Any] = {
        "step": experiment.step,
        "epoch": experiment.batches.epoch(experiment.step),
        "per_epoch": experiment.batches.per_epoch,
        "norms": losses.pop("norms"),
        "losses": losses,
        "curve": np.clip(np.array(experiment.curve), None, 1e30).astype(np.float32),
        "surface": looks.surface(out, settings.loss, problem.task, reached),
        "weights": weights(camera.names, numbers),
    }
    if view == "network":
        found["columns"] = [looks.column(each) for each in [*seen["into"][1:], out]]
    elif view == "matrices":
        found["flow"] = flow(experiment, example)
    return found


def weights(names: list[str], numbers: Any) -> list[dict[str, Any]]:
    """Weights (to, from) and biases of the Linear layers, as many as are drawn."""
    params, fixed = numbers
    known = {**fixed["frozen"], **params}
    found = []
    for name in names:
        weight, bias = known[f"{name}.weight"], known.get(f"{name}.bias")
        found.append(
            {
                "name": name,
                "weight": _few(weight).astype(np.float32),
                "bias": None if bias is None else bias[:MOST_NEURONS].astype(np.float32),
                "shape": list(weight.shape),
            }
        )
    return found


def _few(matrix: Any) -> Any:
    return matrix[:MOST_NEURONS, :MOST_NEURONS]


def flow(experiment: Experiment, example: int) -> dict[str, Any]:
    """One training row on its way: what goes into each layer, what x·Wᵀ + b gives, the answer."""
    example = min(example, len(experiment.problem.raw) - 1)
    seen = experiment.camera(example)(experiment.trainer.numbers)
    steps = [
        {"into": into[0, :MOST_NEURONS], "from": after[0, :MOST_NEURONS]}
        for into, after in zip(seen["into"], seen["from"], strict=True)
    ]
    settings, problem = experiment.settings, experiment.problem
    place = problem.raw[example, [settings.across, settings.up]]
    answer = looks.answers(seen["out"].reshape(1, -1), settings.loss, problem.task)
    return {
        "steps": steps,
        "out": seen["out"].reshape(-1)[:MOST_NEURONS],
        "answer": np.ravel(answer).tolist(),
        "target": float(problem.y[example]),
        "point": [float(place[0]), float(place[1])],
        "activation": "" if experiment.is_given else settings.activation,
        "tail": "" if experiment.is_given else options.LOSSES[settings.loss].tails[problem.task],
        "chain": in_chain(experiment, example),
    }


def in_chain(experiment: Experiment, example: int) -> dict[str, Any] | None:
    """What a link to the chain rule's page holds for this row; None where that page cannot."""
    settings = experiment.settings
    known = {name.replace("_", ""): name for name in chain_network.ACTIVATIONS}
    activation = known.get(settings.activation.lower())
    loss = CHAIN_LOSSES.get(settings.loss)
    if experiment.is_given or settings.dropout or loss is None or activation is None:
        return None
    numbers = experiment.trainer.numbers
    layers = [
        {
            "weight": numbers[0][f"{name}.weight"].tolist(),
            "bias": numbers[0][f"{name}.bias"].tolist(),
        }
        for name in experiment.camera(example).names
    ]
    network = {"activation": activation, "loss": loss, "layers": layers}
    network |= {
        "x": experiment.data[0][example].tolist(),
        "y": float(experiment.data[1][example, 0]),
    }
    try:
        return {"kind": "network", "network": chain_network.checked(network)}
    except UserError:
        return None


def diagnosis(experiment: Experiment) -> list[dict[str, Any]]:
    """What is wrong with the network now, by ``chainrule.diagnose``."""
    experiment.store()
    x, y, x_test, y_test = experiment.data
    history = None
    if experiment.batches.epoch(experiment.step) >= LONG:
        _, train, test = zip(*experiment.curve, strict=True)
        history = SimpleNamespace(losses=train, epoch_losses=train, validation_losses=test)
    report = diagnose(
        experiment.net,
        experiment.criterion,
        (x, y),
        validation=(x_test, y_test),
        history=history,
        quick=True,
    )
    found = report.to_dicts()
    return [each | {"picture": _UNSTYLED.sub("", each["picture"])} for each in found]


def parameter_name(experiment: Experiment, layer: int, place: list[int]) -> str:
    """The name of the weight (two numbers of place) or bias (one) of a drawn layer."""
    names = experiment.camera().names
    kind = "weight" if len(place) == 2 else "bias"
    name = f"{names[layer]}.{kind}"
    shape = experiment.trainer.numbers[0][name].shape
    if len(place) != len(shape) or any(not 0 <= i < n for i, n in zip(place, shape, strict=True)):
        raise ValueError(f"{name} of shape {shape} has no place {place}")
    return name


# -- a network of the caller's -------------------------------------------------------------------


def problem_of(model: Any, data: Any, settings: Settings) -> tuple[points.Problem, Settings, int]:
    """The caller's data as a problem, with the loss that the network wants, and its outputs."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"the playground opens a chainrule.nn.Module, not {type(model).__name__}")
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError("the playground needs data=(x, y) for a model of your own")
    problem = points.given(*data)
    out = _answer_of(model, problem.raw[:2])
    if len(out.shape) != 2:
        raise ValueError(
            f"the network must give (N, outputs) for rows (N, features), not {out.type}"
        )
    last = out.primitive.name if out.primitive is not None else ""
    loss = options.USUAL[problem.task]
    if problem.task != options.REGRESSION and out.shape[1] > 1:
        loss = "NLLLoss" if last == "log_softmax" else "CrossEntropyLoss"
    elif problem.task == options.BINARY and last == "sigmoid":
        loss = "BCELoss"
    return problem, dataclasses.replace(settings, loss=loss, data="given"), out.shape[1]


def _answer_of(net: Any, rows: Any) -> Any:
    """The node of the network's answer, in evaluation mode."""
    model = ModuleModel(net)
    x = rows.astype(next(iter(net.parameters())).dtype)

    def answer(params: Any, fixed: Any, x: Any) -> Any:
        return model.run(params, fixed, None, lambda net: net(x), training=False)[0]

    return trace(answer, model.params(), model.fixed(), x).outputs[0]
