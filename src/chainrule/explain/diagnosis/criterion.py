"""The loss as a function that can be asked: what does it want, and what is the least to expect?

Nothing is known of it by name: a loss of the user's own is asked the same questions, by calling it
on chosen predictions.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...nn import Module

Judge = Callable[[Any], float]
CLOSE = 1e-3  # relative: losses are computed in float32, whose rounding is 1e-7 a term


class Criterion:
    """``criterion(prediction, target)`` or ``loss(model, x, y)``, as one function of the model."""

    def __init__(self, loss: Callable[..., Any]) -> None:
        self._loss = loss
        self._calls_model = not isinstance(loss, Module) and _count_required(loss) == 3

    def __call__(self, model: Callable[..., Any], x: Any, y: Any, weight: Any = None) -> Any:
        """The scalar loss."""
        if self._calls_model:
            loss = self._loss(model, x, y)
        else:
            named = {} if weight is None else {"weight": weight}
            loss = self._loss(model(x), y, **named)
        if getattr(loss, "shape", ()) != ():
            raise ValueError(
                f"diagnose: the loss must be a scalar, and has shape {loss.shape}: take its mean"
            )
        return loss

    def judge(self, x: Any, y: Any, weight: Any = None) -> Judge:
        """The loss as a function of the prediction; NaN where it refuses one."""

        def at(prediction: Any) -> float:
            try:
                return float(self(lambda *_, **__: prediction, x, y, weight))
            except Exception:  # the user's code, asked with predictions that it may not expect
                return math.nan

        return at


def _count_required(function: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 2
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    empty = inspect.Parameter.empty
    return sum(p.kind in positional and p.default is empty for p in parameters)


# -- what a loss wants -------------------------------------------------------------------------


def kind_of(judge: Judge, prediction: Any, y: Any) -> str | None:
    """What the loss takes a prediction for; None where the answers fit nothing known.

    ``logits`` and ``logit`` (it applies softmax or sigmoid itself), ``log-probabilities``,
    ``probabilities`` and ``probability``, ``number`` (it measures a distance).

    >>> y = np.array([0.0, 1.0, 1.0, 0.0])
    >>> kind_of(lambda p: float(np.mean((p - y) ** 2)), np.zeros(4), y)
    'number'
    """
    shape, dtype = np.shape(prediction), np.asarray(prediction).dtype
    y = np.asarray(y)
    if is_for_classes(shape, y):
        return _kind_for_classes(judge, shape, dtype)
    if y.shape != shape:
        return None
    if np.isin(y, (0, 1)).all():
        signs = (2 * y - 1).astype(dtype)
        rows = (
            ("logit", judge(0 * signs), judge(signs), math.log1p(math.exp(-1))),
            ("probability", judge(0 * signs + 0.5), judge(0.5 + signs / 4), math.log(4 / 3)),
        )
        for kind, unsure, surer, expected in rows:
            # Relative, so that a weight or a sum instead of the mean makes no difference.
            if unsure > 0 and _close(surer / unsure, expected / math.log(2)):
                return kind
    target = y.astype(dtype)
    # 0 where both are equal, and nowhere else: a margin (hinge) is also 0 beyond.
    away = min(judge(target + 1), judge(2 * target + 1))
    return "number" if abs(judge(target)) < CLOSE < away else None


def is_for_classes(shape: tuple[int, ...], y: Any) -> bool:
    """Whether y holds labels or distributions for predictions of this shape, (N, C) or (N, C, L).

    >>> is_for_classes((5, 3), np.zeros(5, int)), is_for_classes((5, 1), np.zeros(5))
    (True, False)
    """
    if len(shape) < 2 or shape[1] < 2:
        return False
    if y.dtype.kind in "iu":
        return y.shape == shape[:1] + shape[2:]
    return y.shape == shape and bool((y >= 0).all() and np.allclose(y.sum(axis=1), 1))


def _kind_for_classes(judge: Judge, shape: tuple[int, ...], dtype: Any) -> str | None:
    some = np.cos(np.arange(math.prod(shape))).reshape(shape).astype(dtype)
    first, second, third = judge(some), judge(some + 1), judge(some + 2)
    if not math.isfinite(first + second + third):
        return None
    if _close(first, second) and _close(second, third):
        return "logits"  # softmax does not see what is added to all
    if first > second and _close(first - second, second - third):
        return "log-probabilities"
    even = np.full(shape, 1 / shape[1], dtype)
    if _close(judge(even), math.log(shape[1])):
        return "probabilities"
    return None


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= CLOSE * max(abs(a), abs(b), 1e-9)


# -- the loss of knowing nothing ---------------------------------------------------------------


def expected_loss(judge: Judge, kind: str | None, prediction: Any, y: Any) -> tuple[float, str]:
    """The loss of a prediction that is the same for all examples, and how it is called.

    Of C classes ln C; of a squared error the target's variance. NaN where it cannot be told.

    >>> y = np.array([1.0, 3.0])
    >>> expected_loss(lambda p: float(np.mean((p - y) ** 2)), "number", np.zeros(2), y)
    (1.0, 'that of always predicting the mean')
    """
    shape, dtype = np.shape(prediction), np.asarray(prediction).dtype
    if kind in ("logits", "log-probabilities", "probabilities"):
        count = shape[1]
        levels = {"logits": 0.0, "log-probabilities": -math.log(count), "probabilities": 1 / count}
        return judge(np.full(shape, levels[kind], dtype)), f"ln {count}, that of {count} classes"
    if kind in ("logit", "probability"):
        level = 0.5 if kind == "probability" else 0.0
        return judge(np.full(shape, level, dtype)), "ln 2, that of two classes"
    y = np.asarray(y)
    if y.shape != shape or y.dtype.kind not in "fiub" or not np.isfinite(y).all():
        return math.nan, ""
    constants = [judge(np.broadcast_to(y.mean(axis=0), shape).astype(dtype))]
    constants.append(judge(np.zeros(shape, dtype)))
    name = "that of always predicting the mean"
    return min((c for c in constants if math.isfinite(c)), default=math.nan), name
