"""Learning rates as pure functions of the step, ``i -> lr``, for numbers and for tensors.

Give one as the ``step_size`` of a triple (``functional.adam(cosine(1e-3, 1000))``), as
``schedule=`` to ``chainrule.train.fit``, or plot it.

>>> rate = cosine(0.1, 100, warmup=10)
>>> [round(float(rate(i)), 4) for i in (0, 9, 10, 55, 100)]
[0.01, 0.1, 0.1, 0.05, 0.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Schedule = Callable[[Any], Any]


def as_schedule(step_size: Any) -> Schedule:
    """A schedule as it is; a number (or a tensor) as the schedule that never changes."""
    return step_size if callable(step_size) else constant(step_size)


def constant(lr: Any) -> Schedule:
    """Always ``lr``."""
    return lambda i: lr


def step(lr: Any, every: int, factor: Any = 0.1) -> Schedule:
    """lr · factor^⌊i / every⌋: a drop after every so many steps.

    >>> [round(step(1.0, 10)(i), 3) for i in (0, 9, 10, 20)]
    [1.0, 1.0, 0.1, 0.01]
    """
    return lambda i: lr * factor ** (i // every)


def exponential(lr: Any, factor: Any) -> Schedule:
    """lr · factorⁱ: the same shrinking at each step.

    >>> exponential(1.0, 0.5)(3)
    0.125
    """
    return lambda i: lr * factor**i


def cosine(lr: Any, steps: int, warmup: int = 0, final: Any = 0.0) -> Schedule:
    """Up in a line to ``lr`` in ``warmup`` steps, then down half a cosine to ``final`` at
    ``steps``.

    Warm-up: lr·(i + 1)/warmup; then final + (lr − final)·(1 + cos πs)/2 with
    s = (i − warmup)/(steps − warmup), at most 1. Loshchilov and Hutter (2017), "SGDR".
    """
    if not 0 <= warmup < steps:
        raise ValueError(f"cosine: needs 0 <= warmup < steps, got warmup={warmup}, steps={steps}")

    def rate(i: Any) -> Any:
        part = np.clip((i - warmup) / (steps - warmup), 0.0, 1.0)
        down = final + (lr - final) * 0.5 * (1 + np.cos(math.pi * part))
        return np.where(i < warmup, lr * (i + 1) / warmup, down) if warmup else down

    return rate


def one_cycle(
    lr: Any, steps: int, rise: float = 0.3, start_factor: float = 25.0, final_factor: float = 1e4
) -> Schedule:
    """From lr/start_factor up to ``lr`` in the first part of the run, then down below the start.

    Half a cosine each way: up over ``rise`` of the ``steps``, down to lr/start_factor/final_factor
    at the last. Smith and Topin (2018), "Super-convergence".

    >>> rate = one_cycle(1.0, 101, rise=0.3)
    >>> [round(float(rate(i)), 4) for i in (0, 29, 100)]
    [0.04, 0.9998, 0.0]
    """
    first, last = lr / start_factor, lr / start_factor / final_factor
    top = rise * steps - 1
    if not 0 < top < steps - 1:
        raise ValueError(f"one_cycle: the top must lie inside, got rise={rise}, steps={steps}")

    def rate(i: Any) -> Any:
        up = _half_cosine(first, lr, i / top)
        down = _half_cosine(lr, last, (i - top) / (steps - 1 - top))
        return np.where(i <= top, up, down)

    return rate


def _half_cosine(start: Any, end: Any, part: Any) -> Any:
    part = np.clip(part, 0.0, 1.0)
    return end + (start - end) * 0.5 * (1 + np.cos(math.pi * part))


# -- names of jax.example_libraries.optimizers -------------------------------------------------


def exponential_decay(step_size: Any, decay_steps: Any, decay_rate: Any) -> Schedule:
    """step_size · decay_rate^(i / decay_steps)."""
    return lambda i: step_size * decay_rate ** (i / decay_steps)


def inverse_time_decay(
    step_size: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False
) -> Schedule:
    """step_size / (1 + decay_rate · i / decay_steps), with whole steps only for ``staircase``.

    >>> inverse_time_decay(1.0, 10, 1.0)(10)
    0.5
    """

    def rate(i: Any) -> Any:
        turns = i // decay_steps if staircase else i / decay_steps
        return step_size / (1 + decay_rate * turns)

    return rate


def polynomial_decay(
    step_size: Any, decay_steps: Any, final_step_size: Any, power: Any = 1.0
) -> Schedule:
    """From ``step_size`` to ``final_step_size``, by (1 − i/decay_steps)^power."""

    def rate(i: Any) -> Any:
        left = 1 - np.minimum(i, decay_steps) / decay_steps
        return left**power * (step_size - final_step_size) + final_step_size

    return rate


def piecewise_constant(boundaries: Sequence[int], values: Sequence[float]) -> Schedule:
    """``values[0]`` up to and with step ``boundaries[0]``, ``values[1]`` up to the next, and so on.

    >>> [float(piecewise_constant([10, 20], [1.0, 0.1, 0.01])(i)) for i in (0, 10, 11, 21)]
    [1.0, 1.0, 0.1, 0.01]
    """
    if len(values) != len(boundaries) + 1:
        raise ValueError(
            f"piecewise_constant: {len(boundaries)} boundaries need {len(boundaries) + 1} values, "
            f"got {len(values)}"
        )

    def rate(i: Any) -> Any:
        lr: Any = values[0]
        for boundary, value in zip(boundaries, values[1:], strict=True):
            lr = np.where(i > boundary, value, lr)
        return lr

    return rate
