"""If, Loop and Scan: subgraphs come as functions of their inputs."""

from __future__ import annotations

import numpy as np

from .... import lax
from ....engine import trace
from ....engine.tensor import Tensor
from ....numpy import flip, moveaxis, stack
from .common import by_name, numbers


def If(condition, *, then_branch, else_branch):
    """One branch or the other; both are traced where the condition is not known."""
    known = trace.resolve(condition)
    if isinstance(known, Tensor):
        return list(lax.cond(condition.reshape(()), then_branch, else_branch))
    return then_branch() if np.all(known) else else_branch()


def Loop(trips=None, condition=None, *carried, body):
    """The body again and again, at most ``trips`` times, while its condition holds.

    What it returns beyond the carried values is stacked. How often it runs must be known.
    """
    limit = np.inf if trips is None else int(numbers(trips, "Loop"))
    goes_on = condition is None or _is_true(condition)
    turn, state, kept = 0, list(carried), []
    while goes_on and turn < limit:
        again, *rest = body(np.array(turn, np.int64), np.array(True), *state)
        state, scanned = rest[: len(state)], rest[len(state) :]
        kept.append(scanned)
        goes_on = _is_true(again)
        turn += 1
    return [*state, *[stack(column) for column in zip(*kept, strict=True)]]


def _is_true(condition):
    return bool(np.all(numbers(condition, "the condition of a Loop")))


def Scan(
    *inputs,
    body,
    num_scan_inputs,
    scan_input_axes=None,
    scan_input_directions=None,
    scan_output_axes=None,
    scan_output_directions=None,
):
    """The body for each slice of the scanned inputs, with a carry; its further outputs stacked."""
    first = len(inputs) - num_scan_inputs
    columns = []
    for i, x in enumerate(inputs[first:]):
        x = moveaxis(x, _at(scan_input_axes, i), 0)
        columns.append(flip(x, 0) if _at(scan_input_directions, i) else x)

    def step(carry, slices):
        results = body(*carry, *slices)
        return results[:first], results[first:]

    carry, stacked = lax.scan(step, list(inputs[:first]), columns)
    outputs = []
    for i, y in enumerate(stacked):
        y = flip(y, 0) if _at(scan_output_directions, i) else y
        outputs.append(moveaxis(y, 0, _at(scan_output_axes, i)))
    return [*carry, *outputs]


def _at(numbers, place):
    """One of these numbers; 0 where there are none."""
    return numbers[place] if numbers else 0


OPERATORS = {"Scan": {9: Scan}, **by_name(If, Loop)}
