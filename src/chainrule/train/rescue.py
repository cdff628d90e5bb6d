"""When numbers stop being finite in ``fit``: back to the last good step, and what went wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine import trace, tree
from ..engine.compile.loop import Loop
from ..engine.errors import NonFiniteError
from ..engine.graph import Graph
from ..engine.interpret import origin_of_nonfinite
from .run import Run


def all_finite(arrays: Sequence[Any]) -> bool:
    """Whether no array holds a NaN or an Inf."""
    with np.errstate(all="ignore"):  # a finite sum says so quicker; another one may have overflowed
        return all(np.isfinite(np.sum(x)) or bool(np.isfinite(x).all()) for x in arrays)


def go_back(
    loop: Loop, start: list[Any], xs: Any, most: int, is_fine: Callable[[list[Any]], bool]
) -> int:
    """Put the loop after the last step, ``most`` at the latest, whose numbers are fine.

    What is NaN stays NaN, so that halving finds the place; the steps are made again from ``start``.
    """

    def is_fine_after(steps: int) -> bool:
        loop.restore(start)
        loop.advance(xs, steps)
        return is_fine(loop.buffers)

    if is_fine_after(most):
        return most
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_fine_after(middle) else (low, middle)
    is_fine_after(low)
    return low


def origin(step: Callable[..., Any], *arguments: Any) -> str:
    """Which operation of a step makes the loss, its last result, or another result not finite."""
    graph = trace.trace(step, *arguments)
    values = [leaf for leaf in tree.leaves(arguments) if trace.is_value(leaf)]
    *others, loss = graph.outputs
    return origin_of_nonfinite(Graph(graph.inputs, [loss, *others]), *values)


def _advice(data: Sequence[Any]) -> str:
    """What to do: about the first entry of the data that is NaN or Inf, else about the step."""
    for name, part in zip("xyw", data, strict=True):
        for leaf in tree.leaves(part):
            if leaf.dtype.kind == "f" and not all_finite([leaf]):
                wrong = np.argwhere(~np.isfinite(leaf)).tolist()
                first = leaf[tuple(wrong[0])]
                return (
                    f"The data holds NaN or Inf at {len(wrong)} place(s), first {first} at "
                    f"{name}{wrong[0]}: fill in or leave out such rows."
                )
    return "Try a lower learning rate, clip=1.0 or scaled inputs."


def refuse(value: float, run: Run, found: str, data: Sequence[Any]) -> None:
    """The error for the step after those that the run has, whose loss is ``value``."""
    step = len(run.losses)
    passed = (step - run.epoch_start) // run.steps_per_epoch if run.steps_per_epoch else 0
    run.epoch += passed
    what = f"the loss is {value}"
    if math.isfinite(value):
        what = f"parameters turn NaN or Inf after a loss of {value:.6g}"
        found = f"In its gradient: {found}"
    raise NonFiniteError(
        f"fit: {what} at step {step} (epoch {run.epoch}). The model keeps the parameters from "
        f"before this step. {_advice(data)}" + (f"\n{found}" if found else "")
    )
