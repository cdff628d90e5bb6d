"""Losses for tables by name, each of raw outputs (n, k), with weights, and with an L1 penalty."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .. import nn
from ..engine.primitives import logic as lg
from ..engine.primitives.reductions import mean
from ..nn import functional as F
from .recipe import OWN_LOSS, Recipe

Loss = Callable[..., Any]

TASKS = ("binary", "multiclass", "multilabel", "regression")


def _hinge(z: Any, y: Any, reduction: str) -> Any:
    return F.hinge_loss(z, 2 * y - 1, reduction)


# By task, the names and what they mean there; the first is the usual one.
_TWO = {
    "cross_entropy": F.binary_cross_entropy_with_logits,
    "focal": F.binary_focal_loss,
    "hinge": _hinge,
}
NAMED: dict[str, dict[str, Loss]] = {
    "binary": _TWO,
    "multilabel": _TWO,
    "multiclass": {"cross_entropy": F.cross_entropy, "focal": F.focal_loss},
    "regression": {
        "mse": F.mse_loss,
        "mae": F.l1_loss,
        "huber": F.huber_loss,
        "smooth_l1": F.smooth_l1_loss,
    },
}


class Criterion:
    """The loss that ``fit`` minimises: ``(network, x, (y, weights))`` to a number.

    A named loss is the mean over rows (and outputs) of weight · loss, the weights being 1 on
    average; a function of the user's is called with (raw outputs, targets), and with ``weight=``
    where there are weights. The L1 penalty is added while training.
    """

    def __init__(self, recipe: Recipe, task: str) -> None:
        self._l1 = recipe.l1
        if callable(recipe.loss):
            self._loss, self._is_named = recipe.loss, False
            return
        if recipe.loss == OWN_LOSS:
            raise ValueError("the loss was a function, which no file keeps: give it again as loss=")
        known = NAMED[task]
        name = recipe.loss or next(iter(known))
        if name not in known:
            raise ValueError(f"loss {name!r} is not for {task}: one of {', '.join(known)}")
        self._loss, self._is_named = known[name], True

    def __call__(self, network: nn.Module, x: Any, target: Any) -> Any:
        """The loss of these rows."""
        y, weight = target
        value = self.of_outputs(network(x), y, weight)
        if self._l1 and network.training:
            weights = [p for p in network.parameters() if p.ndim >= 2]
            value = value + nn.l1_penalty(weights, self._l1)
        return value

    def of_outputs(self, z: Any, y: Any, weight: Any) -> Any:
        """The loss of raw outputs, shape (n, k)."""
        if not self._is_named:
            return self._loss(z, y, **({} if weight is None else {"weight": weight}))
        if weight is None:
            return self._loss(z, y, reduction="mean")
        losses = self._loss(z, y, reduction="none")
        if losses.ndim > weight.ndim:
            weight = lg.astype(weight, losses.dtype).reshape(-1, 1)
        return mean(losses * weight)


def takes_weight(loss: Loss) -> bool:
    """Whether a function has a parameter ``weight``."""
    try:
        return "weight" in inspect.signature(loss).parameters
    except (TypeError, ValueError):
        return False
