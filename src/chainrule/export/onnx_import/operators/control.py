"""If, Loop and Scan: subgraphs come as functions of their inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .... import lax
from .... import numpy as cnp
from ....engine import trace
from ....engine.primitives.reductions import as_operand
from ....engine.tensor import Tensor
from .common import by_name, numbers

Body = Callable[..., list[Any]]


def If(condition: Any, *, then_branch: Body, else_branch: Body) -> list[Any]:
    """One branch or the other; both are traced where the condition is not known."""
    known = trace.resolve(condition)
    if isinstance(known, Tensor):
        return list(lax.cond(cnp.reshape(condition, ()), then_branch, else_branch))
    return then_branch() if np.all(known) else else_branch()


def Loop(trips: Any = None, condition: Any = None, *carried: Any, body: Body) -> list[Any]:
    """The body again and again, at most ``trips`` times, while its condition holds.

    What it returns beyond the carried values is stacked. How often it runs must be known.
    """
    limit = None if trips is None else int(numbers(trips, "Loop"))
    goes_on, turn, state = condition is None or _is_true(condition), 0, list(carried)
    kept: list[list[Any]] = []
    while goes_on and (limit is None or turn < limit):
        again, *rest = body(np.array(turn, np.int64), np.array(True), *state)
        state, scanned = rest[: len(state)], rest[len(state) :]
        kept.append(scanned)
        goes_on, turn = _is_true(again), turn + 1
    stacked = [cnp.stack(column) for column in zip(*kept, strict=True)]
    return [*state, *stacked]


def _is_true(condition: Any) -> bool:
    return bool(np.all(numbers(condition, "the condition of a Loop")))


def Scan(
    *inputs: Any,
    body: Body,
    num_scan_inputs: int,
    scan_input_axes: Any = None,
    scan_input_directions: Any = None,
    scan_output_axes: Any = None,
    scan_output_directions: Any = None,
) -> list[Any]:
    """The body for each slice of the scanned inputs, with a carry; its further outputs stacked."""
    first = len(inputs) - num_scan_inputs
    axes = scan_input_axes or [0] * num_scan_inputs
    turned = scan_input_directions or [0] * num_scan_inputs
    columns = [cnp.moveaxis(x, a, 0) for x, a in zip(inputs[first:], axes, strict=True)]
    columns = [cnp.flip(x, 0) if r else x for x, r in zip(columns, turned, strict=True)]

    def step(carry: Any, slices: Any) -> Any:
        results = body(*carry, *slices)
        return results[:first], results[first:]

    carry, stacked = lax.scan(step, [as_operand(x) for x in inputs[:first]], columns)
    turned = scan_output_directions or [0] * len(stacked)
    stacked = [cnp.flip(y, 0) if r else y for y, r in zip(stacked, turned, strict=True)]
    axes = scan_output_axes or [0] * len(stacked)
    return [*carry, *[cnp.moveaxis(y, 0, a) for y, a in zip(stacked, axes, strict=True)]]


OPERATORS: dict[str, Any] = {"Scan": {9: Scan}, **by_name(If, Loop)}
