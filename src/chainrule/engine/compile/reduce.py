"""How the elements of a reduction are combined, and in which order.

Along the last axis, lane i of a vector collects elements i, i + lanes, i + 2·lanes, ...; halves
are added to halves. Along other axes, elements are taken in order. Long sums are made in blocks,
whose sums are then added. The order is a property of the array's shape alone: it is the same
whatever else the kernel computes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitives import logic
from .instructions import Instructions, Value


def combine(emit: Instructions, name: str, a: Value, b: Value) -> Value:
    """Two partial results as one."""
    if name == "any" or (a.kind == "bool" and name in ("sum", "max", "cumsum")):
        return a | b
    if name == "all" or (a.kind == "bool"):
        return a & b
    if name in ("sum", "cumsum"):
        return a + b
    if name in ("prod", "cumprod"):
        return a * b
    row: Any = logic.maximum if name in ("max", "argmax") else logic.minimum
    found: Value = row.llvm(emit, a, b)
    return found


def first_value(name: str, kind: str) -> Any:
    """What a reduction of nothing gives: the neutral element."""
    if name in ("sum", "cumsum", "any", "prod", "cumprod", "all"):
        return int(name in ("prod", "cumprod", "all"))
    is_max = name in ("max", "argmax")
    if kind[0] == "f":
        return -np.inf if is_max else np.inf
    if kind == "bool":
        return not is_max
    limits = np.iinfo(f"{'int' if kind[0] == 'i' else 'uint'}{kind[1:]}")
    return limits.min if is_max else limits.max


def horizontal(emit: Instructions, name: str, parts: list[Value]) -> Value:
    """The lanes of vectors combined into one number."""
    width = 1
    while width < max(part.lanes for part in parts):
        width *= 2
    total: Value | None = None
    for part in parts:
        wide = _widened(emit, name, part, width)
        total = wide if total is None else combine(emit, name, total, wide)
    assert total is not None
    while width > 1:
        width //= 2
        low = emit.shuffle(total, total, list(range(width)))
        high = emit.shuffle(total, total, list(range(width, 2 * width)))
        total = combine(emit, name, low, high)
    return total


def _widened(emit: Instructions, name: str, part: Value, width: int) -> Value:
    if part.lanes == width:
        return part
    nothing = emit.constant(part.kind, first_value(name, part.kind), max(part.lanes, 1))
    if part.lanes == 1:
        whole = emit.constant(part.kind, first_value(name, part.kind), width)
        return emit.insert(whole, 0, part)
    order = list(range(part.lanes)) + [part.lanes] * (width - part.lanes)
    return emit.shuffle(part, nothing, order)
