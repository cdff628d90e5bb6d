"""L-BFGS: Newton's method with a Hessian known only from the last steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from . import line_search
from .line_search import Point
from .optimizer import Optimizer

_SEARCHES = {None: None, "armijo": line_search.armijo, "strong_wolfe": line_search.strong_wolfe}


def two_loop(gradient: Any, steps: Sequence[Any], changes: Sequence[Any]) -> Any:
    """The direction −H·gradient, where H ≈ the inverse Hessian known from past steps.

    ``steps`` are s = x' − x and ``changes`` y = g' − g, oldest first; γ = s·y / y·y of the newest
    scales the start. Nocedal (1980), "Updating quasi-Newton matrices with limited storage".
    Works on arrays and tensors of shape (n,).

    On f(x) = x², whose Hessian is 2, one pair is enough to know it:

    >>> two_loop(np.array([6.0]), [np.array([1.0])], [np.array([2.0])])
    array([-3.])
    """
    q = gradient
    pairs = [(s, y, 1 / np.sum(y * s)) for s, y in zip(steps, changes, strict=True)]
    weights = []
    for s, y, rho in reversed(pairs):
        weight = rho * np.sum(s * q)
        weights.append(weight)
        q = q - weight * y
    if pairs:
        s, y, _ = pairs[-1]
        q = q * (np.sum(s * y) / np.sum(y * y))
    for (s, y, rho), weight in zip(pairs, reversed(weights), strict=True):
        q = q + (weight - rho * np.sum(y * q)) * s
    return -q


class LBFGS(Optimizer):
    """L-BFGS with a fixed step length or a line search; for whole data sets, not for mini-batches.

    ``step(closure)`` makes up to ``max_iter`` iterations; ``closure`` clears the gradients,
    computes the loss, calls ``backward()`` and returns the loss. Returned is the loss before the
    first iteration.

    Parameters
    ----------
    lr
        Step length (times 1/‖g‖₁ at the very first, if that is below 1), where a search begins.
    max_iter, max_eval
        Iterations and evaluations in one ``step``; ``max_eval`` is 1.25·max_iter if not given.
    tolerance_grad, tolerance_change
        Stop where no element of the gradient, or of the change, is larger.
    history_size
        How many past steps are remembered.
    line_search_fn
        None, ``"armijo"`` (backtracking) or ``"strong_wolfe"``.

    Liu and Nocedal (1989), "On the limited memory BFGS method for large scale optimization".

    >>> import chainrule as cr, numpy as np
    >>> w = cr.tensor([0.0, 0.0])
    >>> optimizer = LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - np.array([1.0, 2.0])) ** 2 * np.array([1.0, 50.0])).sum()
    ...     loss.backward()
    ...     return loss
    >>> start = optimizer.step(closure)
    >>> w.data.round(6)
    array([1., 2.])
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if line_search_fn not in _SEARCHES:
            raise ValueError(
                f"LBFGS: line_search_fn is None, 'armijo' or 'strong_wolfe', got {line_search_fn!r}"
            )
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
            },
        )
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS moves all parameters together: it takes one group only")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to ``max_iter`` iterations; the loss before the first of them."""
        if closure is None:
            raise TypeError("LBFGS evaluates the loss several times in a step: call step(closure)")
        settings = self.param_groups[0]
        search = _SEARCHES[settings["line_search_fn"]]
        x = self._flat([p.data for p in self.parameters()])
        first = loss = closure()
        here = Point(0.0, float(loss), self._gradient(), 0.0)
        evaluations = 1
        memory = self.state.setdefault(0, {"step": 0, "steps": [], "changes": []})
        for turn in range(settings["max_iter"]):
            if np.abs(here.gradient).max() <= settings["tolerance_grad"]:
                break
            direction = self._direction(memory, here.gradient)
            slope = float(direction @ here.gradient)
            if not slope <= -settings["tolerance_change"]:
                break
            start = Point(0.0, here.value, here.gradient, slope)
            length = settings["lr"]
            if memory["step"] == 0:
                length *= min(1.0, 1.0 / float(np.abs(here.gradient).sum()))
            looks = 0

            def phi(t: float, x: Any = x, direction: Any = direction) -> Point:
                nonlocal looks
                looks += 1
                self._put(x + t * direction)
                value = float(closure())
                gradient = self._gradient()
                return Point(t, value, gradient, float(direction @ gradient))

            is_last = turn == settings["max_iter"] - 1
            if search is not None:
                here = search(phi, start, length)
            elif is_last:  # the next step() evaluates here first
                here = Point(length, math.nan, here.gradient, slope)
            else:
                here = phi(length)
            evaluations += looks
            change = here.t * direction
            x = x + change
            self._put(x)
            self._remember(memory, start.gradient, change)
            if (
                evaluations >= settings["max_eval"]
                or np.abs(change).max() <= settings["tolerance_change"]
                or abs(here.value - start.value) < settings["tolerance_change"]
            ):
                break
        return first

    def _direction(self, memory: dict[str, Any], gradient: Any) -> Any:
        """Learn from the last change, then solve for the next direction."""
        if memory["step"]:
            y = gradient - memory["gradient"]
            s = memory["change"]
            if float(y @ s) > 1e-10:  # only so does H stay positive definite
                size = self.param_groups[0]["history_size"]
                memory["steps"] = [*memory["steps"], s][-size:]
                memory["changes"] = [*memory["changes"], y][-size:]
        return two_loop(gradient, memory["steps"], memory["changes"])

    def _remember(self, memory: dict[str, Any], gradient: Any, change: Any) -> None:
        memory["step"] += 1
        memory["gradient"], memory["change"] = gradient, change

    # -- all parameters as one vector

    def _flat(self, arrays: Sequence[Any]) -> Any:
        return np.concatenate([np.ravel(array) for array in arrays])

    def _gradient(self) -> Any:
        found = [
            np.zeros(p.shape, p.dtype) if p.grad is None else p.grad for p in self.parameters()
        ]
        return self._flat(found)

    def _put(self, x: Any) -> None:
        start = 0
        for parameter in self.parameters():
            part = x[start : start + parameter.size]
            parameter.data = part.reshape(parameter.shape).astype(parameter.dtype, copy=False)
            start += parameter.size

    def _check_shapes(self, number: int, memory: Mapping[str, Any], shape: Any) -> None:
        size = sum(p.size for p in self.parameters())
        for name, value in memory.items():
            if name != "step" and np.size(value) and np.shape(value)[-1] != size:
                raise ValueError(
                    f"load_state_dict: {name} is for {np.shape(value)[-1]} numbers, these "
                    f"parameters have {size}"
                )

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from what ``state_dict`` saved for the same Parameters."""
        super().load_state_dict(saved)
        for memory in self.state.values():
            memory["steps"], memory["changes"] = list(memory["steps"]), list(memory["changes"])
