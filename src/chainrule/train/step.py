"""One step of training and one look at the model, each traced once and then only run."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..engine import tree
from ..engine.compile.jit import jit
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
            f"fit: the loss has shape {loss.shape}, not of a scalar: use reduction='mean'"
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
) -> Callable[..., Any]:
    """``(state, fixed, i, rates, key, x, y, weight) -> (state, fixed, loss)``, traced once."""
    gradient = make_gradient(model, objective, l2)

    @jit
    def train_step(
        state: Any, fixed: Any, i: Any, rates: Any, key: Any, x: Any, y: Any, weight: Any
    ) -> Any:
        params = updates.params(state)
        (value, fixed), grads = gradient(params, fixed, key, x, y, weight)
        if clip is not None:
            grads = clip_by_global_norm(grads, clip)
        return updates.update(i, rates, grads, state), fixed, value

    return train_step  # type: ignore[no-any-return]


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
