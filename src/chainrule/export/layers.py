"""Which layers a model file may name: their settings, and the shapes of their arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from .. import nn
from .. import numpy as namespace
from .graph_rows import COUNT, COUNTS, FLAG, NUMBER, TEXT, Kind


class Layer(NamedTuple):
    """A class of ``nn``, its settings, and its arrays.

    A shape is spelt with the names of settings; a name that ends in ``?`` may be missing.
    """

    kind: type[nn.Module]
    settings: Mapping[str, Kind] = {}
    parameters: Mapping[str, tuple[Any, ...]] = {}
    buffers: Mapping[str, tuple[Any, ...]] = {}


def _optional(kind: Kind) -> Kind:
    return Kind(
        lambda value, graphs: None if value is None else kind.write(value, graphs),
        lambda value, graphs: None if value is None else kind.read(value, graphs),
    )


def _is_integer(value: Any, graphs: Any) -> int:
    if type(value) is not int or abs(value) > 64:
        raise ValueError(f"{str(value)[:40]!r} is no axis")
    return value


def _numbers(value: Any, graphs: Any) -> Any:
    """A number, or one for each class."""
    if isinstance(value, list):
        return [NUMBER.read(item, graphs) for item in value]
    return NUMBER.read(value, graphs)


_AXIS = Kind(lambda value, graphs: int(value), _is_integer)
_NUMBERS = Kind(lambda value, graphs: np.asarray(value).tolist(), _numbers)
_LINEAR = {"in_features": COUNT, "out_features": COUNT}
_WEIGHT = {"weight": ("out_features", "in_features"), "bias?": ("out_features",)}
_SCALE = {"weight?": ("num_features",), "bias?": ("num_features",)}
_SHAPED = {"weight?": ("normalized_shape",), "bias?": ("normalized_shape",)}
_LOSS = {"reduction": TEXT}
_RUNNING = {
    "running_mean?": ("num_features",),
    "running_var?": ("num_features",),
    "num_batches_tracked?": (),
}
_PLAIN = [nn.Step, nn.Sigmoid, nn.LogSigmoid, nn.Tanh, nn.ReLU, nn.SELU, nn.Softplus, nn.SiLU]
_PLAIN += [nn.Identity]
_LOSSES = [nn.MSELoss, nn.L1Loss, nn.BCELoss, nn.BCEWithLogitsLoss, nn.NLLLoss]

LAYERS = {
    layer.kind.__name__: layer
    for layer in [
        Layer(nn.Linear, _LINEAR, _WEIGHT),
        Layer(nn.Perceptron, _LINEAR, _WEIGHT),
        Layer(
            nn.Embedding,
            {"num_embeddings": COUNT, "embedding_dim": COUNT},
            {"weight": ("num_embeddings", "embedding_dim")},
        ),
        Layer(nn.LayerNorm, {"normalized_shape": COUNTS, "eps": NUMBER}, _SHAPED),
        Layer(
            nn.BatchNorm1d,
            {
                "num_features": COUNT,
                "eps": NUMBER,
                "momentum": _optional(NUMBER),
                "track_running_stats": FLAG,
            },
            _SCALE,
            _RUNNING,
        ),
        Layer(nn.Dropout, {"p": NUMBER}, {}, {"key": (2,)}),
        Layer(nn.Flatten, {"start_dim": _AXIS, "end_dim": _AXIS}),
        Layer(nn.LeakyReLU, {"negative_slope": NUMBER}),
        Layer(nn.PReLU, {"num_parameters": COUNT}, {"weight": ("num_parameters",)}),
        Layer(nn.ELU, {"alpha": NUMBER}),
        Layer(nn.GELU, {"approximate": TEXT}),
        Layer(nn.Softmax, {"dim": _AXIS}),
        Layer(nn.LogSoftmax, {"dim": _AXIS}),
        Layer(nn.HuberLoss, {**_LOSS, "delta": NUMBER}),
        Layer(nn.SmoothL1Loss, {**_LOSS, "beta": NUMBER}),
        Layer(nn.CrossEntropyLoss, {**_LOSS, "label_smoothing": NUMBER}),
        Layer(nn.HingeLoss, {**_LOSS, "margin": NUMBER}),
        Layer(
            nn.FocalLoss,
            {**_LOSS, "gamma": NUMBER, "alpha": _optional(_NUMBERS), "multiclass": FLAG},
        ),
        *[Layer(kind) for kind in _PLAIN],
        *[Layer(kind, _LOSS) for kind in _LOSSES],
    ]
}

# They hold other Modules, and Parameters, under any names.
CONTAINERS: dict[str, type[nn.Module]] = {
    kind.__name__: kind for kind in (nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.ParameterList)
}

# What a Lambda may hold: functions of one array, known by name.
_ACTIVATIONS = ["elu", "gelu", "leaky_relu", "log_sigmoid", "log_softmax", "relu", "selu"]
_ACTIVATIONS += ["sigmoid", "silu", "softmax", "softplus"]
_UFUNCS = [
    name
    for name, value in sorted(vars(np).items(), reverse=True)  # `abs` after `absolute`
    if isinstance(value, np.ufunc) and value.nin == value.nout == 1
]
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"numpy.{name}": getattr(np, name) for name in _UFUNCS},
    **{
        f"chainrule.numpy.{name}": getattr(namespace, name)
        for name in _UFUNCS
        if hasattr(namespace, name)
    },
    **{f"chainrule.nn.{name}": getattr(nn, name) for name in _ACTIVATIONS},
}
FUNCTION_NAMES = {id(function): name for name, function in FUNCTIONS.items()}


def fits(shape: tuple[int, ...], spelt: tuple[Any, ...], settings: Mapping[str, Any]) -> bool:
    """Whether an array's shape is the one spelt with settings.

    >>> fits((3, 2), ("out_features", "in_features"), {"in_features": 2, "out_features": 3})
    True
    """
    wanted: list[int] = []
    for part in spelt:
        value = settings[part] if isinstance(part, str) else part
        wanted += value if isinstance(value, tuple) else [value]
    return tuple(wanted) == shape
