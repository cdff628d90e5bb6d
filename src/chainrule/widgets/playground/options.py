"""What can be chosen: names of the library itself, and which loss fits which data."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from ... import data, nn, optim
from ...nn import activation_layers, criteria

REGRESSION, BINARY, SEVERAL = "regression", "binary", "several"
OWN, CSV = "own", "csv"


class Points(NamedTuple):
    """A data set by formula: its function in ``chainrule.data``, and what it can have."""

    function: str
    noise: float  # the usual one
    task: str = BINARY
    classes: bool = False  # whether there may be more than two


DATA = {
    "clouds": Points("clouds", 0.2, classes=True),
    "xor": Points("signs", 0.02),
    "circles": Points("circles", 0.08, classes=True),
    "moons": Points("moons", 0.08),
    "spiral": Points("spiral", 0.02, classes=True),
    "waves": Points("waves", 0.05, REGRESSION),
}


class Loss(NamedTuple):
    """How a network ends for a loss, how the target is written, and how an answer is read.

    ``tails`` has, for each task that the loss is for, the layer after the last Linear layer;
    ``named`` are the loss's own settings.
    ``read`` makes of the network's output what is drawn: a value, or probabilities of classes.
    """

    tails: dict[str, str]
    named: tuple[tuple[str, Any], ...] = ()
    signs: bool = False  # targets of two classes are -1 and 1
    columns: bool = False  # one output for each class, also of two
    read: str = "value"


_VALUE = Loss({REGRESSION: ""})

LOSSES = {
    "MSELoss": _VALUE,
    "L1Loss": _VALUE,
    "HuberLoss": _VALUE,
    "SmoothL1Loss": _VALUE,
    "BCEWithLogitsLoss": Loss({BINARY: ""}, read="logit"),
    "BCELoss": Loss({BINARY: "Sigmoid"}, read="probability"),
    "HingeLoss": Loss({BINARY: ""}, signs=True, read="margin"),
    "CrossEntropyLoss": Loss({BINARY: "", SEVERAL: ""}, columns=True, read="logits"),
    "NLLLoss": Loss(
        {BINARY: "LogSoftmax", SEVERAL: "LogSoftmax"}, columns=True, read="log_probabilities"
    ),
    "FocalLoss": Loss(
        {BINARY: "", SEVERAL: ""}, named=(("multiclass", True),), columns=True, read="logits"
    ),
}

USUAL = {REGRESSION: "MSELoss", BINARY: "BCEWithLogitsLoss", SEVERAL: "CrossEntropyLoss"}


def _own_names(home: object, kind: type) -> tuple[str, ...]:
    """Classes of a public room that are of this kind, each under one name."""
    found = {name: getattr(home, name) for name in home.__all__}  # type: ignore[attr-defined]
    return tuple(
        name
        for name, value in found.items()
        if isinstance(value, type) and issubclass(value, kind) and value.__name__ == name
    )


ACTIVATIONS = tuple(
    name
    for name in _own_names(nn, nn.Module)
    if getattr(nn, name).__module__ == activation_layers.__name__
)
CRITERIA = tuple(name for name in _own_names(nn, criteria.Loss) if name in LOSSES)
OPTIMIZERS = tuple(name for name in _own_names(optim, optim.Optimizer) if name != "Optimizer")
INITIALISERS = (
    "default",
    *[
        name
        for name, function in vars(nn.init).items()
        if inspect.isfunction(function)
        and function.__module__ == nn.init.__name__
        and list(inspect.signature(function).parameters)[:3] == ["key", "shape", "dtype"]
        and name != "constant"  # of 0: that is zeros
    ],
)


def takes(optimizer: str, setting: str) -> bool:
    """Whether an optimiser has a setting.

    >>> takes("SGD", "momentum"), takes("Adam", "momentum")
    (True, False)
    """
    return setting in inspect.signature(getattr(optim, optimizer)).parameters


def generator(name: str) -> Any:
    """The function of ``chainrule.data`` behind a data set."""
    return getattr(data, DATA[name].function)


def why_not(loss: str, task: str) -> str:
    """Why a loss is not for a task: the name of a text of the catalogue; empty if it fits.

    >>> why_not("MSELoss", "regression"), why_not("MSELoss", "binary")
    ('', 'loss_for_numbers')
    """
    tails = LOSSES[loss].tails
    if task in tails:
        return ""
    if REGRESSION in tails:
        return "loss_for_numbers"
    return "loss_for_classes" if task == REGRESSION else "loss_for_two"
