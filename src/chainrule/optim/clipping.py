"""Gradient clipping: keep a step from being thrown by a gradient that is too long."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..engine import tree
from ..engine.errors import NonFiniteError
from ..engine.tensor import Parameter

_TINY = 1e-6  # keeps the scale finite where all gradients are 0


def l2_norm(gradients: Any) -> Any:
    """√Σg² over all leaves of a tree.

    >>> float(l2_norm({"w": 3.0, "b": 4.0}))
    5.0
    """
    return np.sqrt(sum(np.sum(g * g) for g in tree.leaves(gradients)))


def clip_by_global_norm(gradients: Any, max_norm: Any) -> Any:
    """A tree scaled so that its norm over all leaves is at most ``max_norm``.

    g ← g · min(1, max_norm / (‖g‖ + 10⁻⁶)); Pascanu, Mikolov and Bengio (2013).

    >>> clipped = clip_by_global_norm({"w": 3.0, "b": 4.0}, 1.0)
    >>> round(float(clipped["w"]), 5)
    0.6
    """
    scale = np.minimum(1.0, max_norm / (l2_norm(gradients) + _TINY))
    return tree.map(lambda g: g * scale, gradients)


def clip_by_value(gradients: Any, limit: Any) -> Any:
    """A tree with each element kept between ``-limit`` and ``limit``.

    >>> float(clip_by_value({"w": -3.0}, 1.0)["w"])
    -1.0
    """
    return tree.map(lambda g: np.minimum(np.maximum(g, -limit), limit), gradients)


def clip_grad_norm_(
    parameters: Iterable[Parameter] | Parameter,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> float:
    """Scale the ``grad`` of Parameters so that their joint norm is at most ``max_norm``.

    Call it between ``loss.backward()`` and ``optimizer.step()``. Returns the norm as it was before.
    ``norm_type`` is p of the p-norm, ``math.inf`` for the largest absolute element.

    >>> import chainrule as cr
    >>> w = cr.tensor([3.0, 4.0])
    >>> (w * w).sum().backward()
    >>> clip_grad_norm_([w], 1.0)
    10.0
    >>> w.grad.round(3)
    array([0.6, 0.8])
    """
    found = _with_gradient(parameters)
    norm = _joint_norm([p.grad for p in found], norm_type)
    if error_if_nonfinite and not math.isfinite(norm):
        raise NonFiniteError(
            f"clip_grad_norm_: the norm of the gradients is {norm}; chainrule.debug_nans() around "
            "the forward pass and backward() names the line that made it"
        )
    scale = max_norm / (norm + _TINY)
    if scale < 1:
        for parameter in found:
            parameter.grad = parameter.grad * scale
    return norm


def clip_grad_value_(parameters: Iterable[Parameter] | Parameter, clip_value: float) -> None:
    """Keep each element of the ``grad`` of Parameters between ``-clip_value`` and ``clip_value``.

    >>> import chainrule as cr
    >>> w = cr.tensor([3.0, 0.1])
    >>> (w * w).sum().backward()
    >>> clip_grad_value_([w], 1.0)
    >>> w.grad
    array([1. , 0.2])
    """
    for parameter in _with_gradient(parameters):
        parameter.grad = np.clip(parameter.grad, -clip_value, clip_value)


def _with_gradient(parameters: Iterable[Parameter] | Parameter) -> list[Parameter]:
    if isinstance(parameters, Parameter):
        parameters = [parameters]
    return [p for p in parameters if p.grad is not None]


def _joint_norm(gradients: list[Any], p: float) -> float:
    if not gradients:
        return 0.0
    if math.isinf(p):
        return max(float(np.abs(g).max()) for g in gradients)
    total = sum(float((np.abs(g) ** p).sum()) for g in gradients)
    return float(total ** (1 / p))
