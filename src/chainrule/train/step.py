"""One step of training and one look at the model, as functions that are traced once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .. import random
from ..engine import trace, tree
from ..engine.compile.jit import jit
from ..engine.primitives.indexing import gather
from ..engine.transforms import value_and_grad
from ..nn import Module, l2_penalty
from ..optim import clip_by_global_norm
from .models import FunctionModel, ModuleModel
from .updates import Updates

Model = ModuleModel | FunctionModel


class Objective:
    """A loss as a function of (model, x, y, weight), whichever of the two forms it came in.

    ``criterion(prediction, target)`` compares the model's answer with the target; a function of
    three required arguments, ``loss(model, x, y)``, calls the model itself.
    """

    def __init__(self, loss: Callable[..., Any]) -> None:
        self._loss = loss
        required = [] if isinstance(loss, Module) else _required(loss)
        self.calls_model = len(required) == 3

    def __call__(self, model: Callable[..., Any], x: Any, y: Any, weight: Any) -> Any:
        """The scalar loss."""
        if self.calls_model:
            if weight is not None:
                raise TypeError(
                    "fit: weights= goes to a criterion; a loss(model, x, y) weighs itself"
                )
            return _scalar(self._loss(model, x, y))
        return self.of_prediction(model(x), y, weight)

    def of_prediction(self, prediction: Any, y: Any, weight: Any) -> Any:
        """A criterion's loss, where the prediction is there already."""
        named = {} if weight is None else {"weight": weight}
        return _scalar(self._loss(prediction, y, **named))


def _required(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    empty = inspect.Parameter.empty
    return [p for p in parameters if p.kind in positional and p.default is empty]


def _scalar(loss: Any) -> Any:
    if getattr(loss, "shape", ()) != ():
        raise ValueError(
            f"fit: the loss must be a scalar, and has shape {loss.shape}: take its mean"
        )
    return loss


def make_gradient(model: Model, objective: Objective, l2: float) -> Callable[..., Any]:
    """``(params, fixed, key, x, y, weight) -> ((loss, fixed), gradients)``."""

    def loss_and_gradient(params: Any, fixed: Any, key: Any, x: Any, y: Any, weight: Any) -> Any:
        def total(params: Any) -> Any:
            value, after = model.run(
                params, fixed, key, lambda net: objective(net, x, y, weight), training=True
            )
            if l2:
                weights = [leaf for leaf in tree.leaves(params) if leaf.ndim >= 2]
                value = value + l2_penalty(weights, l2)
            return value, after

        return value_and_grad(total, has_aux=True)(params)

    return loss_and_gradient


def make_step(
    model: Model, objective: Objective, updates: Updates, l2: float, clip: float | None
) -> Callable[[Any, Any, Any], Any]:
    """``(constants, carry, x) -> (carry, loss)``, as ``Loop`` wants it.

    constants: all arrays of the batches, what is frozen, a random key and the optimizer's count;
    carry: the optimizer's state, with the parameters in it, and the model's buffers; x: the number
    of the step, its learning rates and, where batches are drawn, the rows of this one.
    """
    gradient = make_gradient(model, objective, l2)
    takes_key = getattr(model, "takes_key", False)

    def train_step(constants: Any, carry: Any, x: Any) -> Any:
        state, buffers = carry
        key = random.fold_in(constants["key"], x["step"]) if takes_key else None
        fixed = {"frozen": constants["frozen"], "buffers": buffers}
        batch = constants["arrays"]
        if "rows" in x:
            batch = tree.map(lambda leaf: trace.apply(gather, leaf, x["rows"], axes=(0,)), batch)
        (value, fixed), grads = gradient(updates.params(state), fixed, key, *batch)
        if clip is not None:
            grads = clip_by_global_norm(grads, clip)
        turn = constants["count"] + x["step"]
        return (updates.update(turn, x["rates"], grads, state), fixed["buffers"]), value

    return train_step


def make_predict(model: Model) -> Callable[..., Any]:
    """``(params, fixed, x) -> prediction`` in evaluation mode, traced once."""

    @jit
    def predict(params: Any, fixed: Any, x: Any) -> Any:
        return model.run(params, fixed, None, lambda net: net(x), training=False)[0]

    return predict  # type: ignore[no-any-return]


def make_judge(model: Model, objective: Objective) -> Callable[..., Any]:
    """``(params, fixed, x, y, weight) -> loss`` in evaluation mode, traced once."""

    @jit
    def judge(params: Any, fixed: Any, x: Any, y: Any, weight: Any) -> Any:
        found, _ = model.run(
            params, fixed, None, lambda net: objective(net, x, y, weight), training=False
        )
        return found

    return judge  # type: ignore[no-any-return]
