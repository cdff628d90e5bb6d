"""Words for values that are not finite: how many, the first one, and what made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def is_finite(value: Any) -> bool:
    """Whether an array, or each of several, holds neither NaN nor Inf."""
    return all(np.asarray(x).dtype.kind != "f" or bool(np.isfinite(x).all()) for x in _parts(value))


def is_bad(value: Any) -> bool:
    """Whether it holds a NaN or an Inf."""
    return not is_finite(value)


def has_nan(value: Any) -> bool:
    """Whether it holds a NaN."""
    return any(np.asarray(x).dtype.kind == "f" and bool(np.isnan(x).any()) for x in _parts(value))


def describe_bad(value: Any, inputs: Sequence[Any], names: Sequence[str], where: str) -> str:
    """What an operation made of its operands that is not finite.

    >>> x = np.array([1.0, -2.0])
    >>> print("log", describe_bad(np.array([0.0, np.nan]), [x], ["x"], "a.py:3: np.log(x)"))
    log made 1 value(s) that are not finite, first nan at [1]
      at a.py:3: np.log(x)
      x: float64[2] from -2 to 1, there -2
    """
    first = np.asarray(next(part for part in _parts(value) if is_bad(part)))
    wrong = ~np.isfinite(first)
    place = tuple(np.argwhere(wrong)[0].tolist())
    lines = [
        f"made {wrong.sum()} value(s) that are not finite, first {first[place]}"
        + (f" at {list(place)}" if place else ""),
        f"  at {where}",
    ]
    for i, (name, x) in enumerate(zip(names, inputs, strict=True)):
        here = f", there {x[place]:.6g}" if place and np.shape(x) == first.shape else ""
        lines.append(f"  {name or f'operand {i}'}: {summary(x)}{here}")
    return "\n".join(lines)


def summary(value: Any) -> str:
    """A number as it is; of an array its type and its bounds."""
    array = np.asarray(value)
    if array.size == 1:
        return f"{array.reshape(())[()]}"
    if not array.size or array.dtype.kind not in "fiu":
        return f"{array.dtype}{list(array.shape)}"
    return f"{array.dtype}{list(array.shape)} from {array.min():.6g} to {array.max():.6g}"


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
