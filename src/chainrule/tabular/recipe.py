"""Recipe: how a network for a table is made and trained, as plain values that are checked."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any

ACTIVATIONS = ("relu", "gelu", "silu", "elu", "selu", "leaky_relu", "tanh", "sigmoid", "identity")
OPTIMIZERS = ("adamw", "adam", "sgd", "rmsprop", "adagrad", "lion")
SCHEDULES = ("constant", "cosine", "one-cycle", "exponential")
DTYPES = ("float32", "float64")
LOSSES = ("cross_entropy", "focal", "hinge", "mse", "mae", "huber", "smooth_l1")
OWN_LOSS = "own function"  # in a file, of a loss that was a function


@dataclass(frozen=True)
class Recipe:
    """How to make and train a network for a table; ``auto`` (None) adapts to the number of rows.

    Parameters
    ----------
    hidden, activation, dropout, batch_norm
        The hidden layers' sizes, and what follows each of them.
    embedding
        How many numbers stand for a category of many values; None: by the number of its values.
    l1, l2
        Penalties: l1 · Σ |w| and l2 · Σ w² over the weights.
    loss
        One of ``LOSSES``, None for the task's usual one, or a function ``(prediction, target)`` of
        raw outputs (n, k), with ``weight=`` if it is to be weighted.
    optimizer, learning_rate, weight_decay, schedule, clip
        The update rule, its largest rate, AdamW's decay, how the rate goes on, and the largest norm
        of a gradient. A decay of None takes from the weights, in a step at the largest rate, a
        share of 3 over the number of rows, at most 0.009: a prior counts for less beside more data.
    batch_size, epochs
        None: from the number of rows.
    patience
        Epochs without a better validation loss (of calibrated probabilities) that are borne; None:
        all epochs are done. Either way the parameters are those of the best epoch, where there is a
        validation part.
    validation_fraction
        What is kept apart for that; 0: nothing; None: a tenth of 2,000 rows or more.
    class_weight
        None, ``"balanced"``, or a weight for each class by its number.
    calibrate
        Fit a temperature on the validation part (Guo et al. 2017). None: where there is one.
    dtype
        float32, or float64: twice as slow, for numbers that must agree to more digits.
    seed
        Of the first weights, the split, the order and dropout: the same seed, the same bits.

    >>> Recipe(hidden=(32,), learning_rate=0.01).hidden
    (32,)
    >>> Recipe(dropout=1.5)
    Traceback (most recent call last):
    ...
    ValueError: dropout must be a number from 0 to below 1, not 1.5
    """

    hidden: tuple[int, ...] = (128, 128)
    activation: str = "relu"
    dropout: float = 0.1
    batch_norm: bool = False
    embedding: int | None = None
    l1: float = 0.0
    l2: float = 0.0
    loss: str | Callable[..., Any] | None = None
    optimizer: str = "adamw"
    learning_rate: float = 3e-3
    weight_decay: float | None = None
    schedule: str = "cosine"
    clip: float | None = None
    batch_size: int | None = None
    epochs: int | None = None
    patience: int | None = 20
    validation_fraction: float | None = None
    class_weight: str | Mapping[int, float] | None = None
    calibrate: bool | None = None
    dtype: str = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", _sizes(self.hidden))
        for name, (allowed, accepts) in RULES.items():
            value = getattr(self, name)
            if not accepts(value):
                raise ValueError(f"{name} must be {allowed}, not {value!r}{_hint(name, value)}")

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON has them; a function as loss becomes a note that there was one."""
        found = {each.name: _plain(getattr(self, each.name)) for each in fields(self)}
        found["hidden"] = [int(size) for size in self.hidden]
        if callable(self.loss):
            found["loss"] = OWN_LOSS
        if isinstance(self.class_weight, Mapping):
            weights = self.class_weight.items()
            found["class_weight"] = {str(name): float(weight) for name, weight in weights}
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """A Recipe from such a dict; fields that are absent have their defaults.

        >>> Recipe.from_dict({"hiden": [8]})
        Traceback (most recent call last):
        ...
        ValueError: a recipe has no 'hiden'; did you mean 'hidden'?
        """
        names = [each.name for each in fields(cls)]
        for name in values:
            if name not in names:
                near = difflib.get_close_matches(str(name), names, 1)
                more = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(names)}"
                raise ValueError(f"a recipe has no {name!r}; {more}")
        known = dict(values)
        if isinstance(known.get("class_weight"), Mapping):
            weights = known["class_weight"].items()
            known["class_weight"] = {int(name): weight for name, weight in weights}
        return cls(**known)


# -- what each field may be --------------------------------------------------------------------


def _sizes(value: Any) -> Any:
    """One size or several, as a tuple; what is neither stays, for the rule to refuse."""
    if isinstance(value, Integral):
        return (value,)
    return tuple(value) if isinstance(value, list | tuple) else value


def _plain(value: Any) -> Any:
    """A number of NumPy's as one of Python's."""
    return value.item() if hasattr(value, "item") else value


def _count(value: Any, least: int = 1) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= least


def _number(value: Any, low: float = 0.0, high: float = float("inf")) -> bool:
    """Whether low <= value < high."""
    return isinstance(value, Real) and not isinstance(value, bool) and low <= value < high


def _positive(value: Any) -> bool:
    return _number(value) and value > 0


def _class_weight(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return value is None or value == "balanced"
    return all(_count(name, 0) and _number(weight) for name, weight in value.items())


def _or_none(accepts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or accepts(value)


def _one_of(names: tuple[str, ...]) -> tuple[str, Callable[[Any], bool]]:
    return f"one of {', '.join(names)}", lambda value: isinstance(value, str) and value in names


CHOICES = {
    "activation": ACTIVATIONS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "dtype": DTYPES,
}
NOT_NEGATIVE = ("a number, 0 or more", _number)
SWITCH = ("true or false", lambda value: isinstance(value, bool))
COUNT_OR_NONE = ("a whole number above 0, or None", _or_none(_count))

RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "hidden": (
        "a list of whole numbers above 0",
        lambda value: isinstance(value, tuple) and all(map(_count, value)),
    ),
    "dropout": ("a number from 0 to below 1", lambda value: _number(value, 0, 1)),
    "batch_norm": SWITCH,
    "embedding": COUNT_OR_NONE,
    "l1": NOT_NEGATIVE,
    "l2": NOT_NEGATIVE,
    "loss": (
        f"one of {', '.join(LOSSES)}, a function (prediction, target), or None",
        lambda value: value is None or callable(value) or value in (*LOSSES, OWN_LOSS),
    ),
    "learning_rate": ("a number above 0", _positive),
    "weight_decay": ("a number, 0 or more, or None", _or_none(_number)),
    "clip": ("a number above 0, or None", _or_none(_positive)),
    "batch_size": COUNT_OR_NONE,
    "epochs": COUNT_OR_NONE,
    "patience": COUNT_OR_NONE,
    "validation_fraction": (
        "a number from 0 to below 1, or None",
        _or_none(lambda value: _number(value, 0, 1)),
    ),
    "class_weight": ("None, 'balanced', or a weight for each class number", _class_weight),
    "calibrate": ("true, false or None", lambda value: value is None or isinstance(value, bool)),
    "seed": ("a whole number, 0 or more", lambda value: _count(value, 0)),
    **{name: _one_of(names) for name, names in CHOICES.items()},
}


def _hint(name: str, value: Any) -> str:
    known = LOSSES if name == "loss" else CHOICES.get(name, ())
    near = difflib.get_close_matches(str(value).lower(), known, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
