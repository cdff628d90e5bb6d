"""Threefry-2x32 in vectors; see ``primitives/random.py``, whose bits these are."""

from __future__ import annotations

from ..primitives.random import PARITY, ROTATIONS
from .instructions import Instructions, Value


def threefry2x32(
    emit: Instructions, k0: Value, k1: Value, x0: Value, x1: Value
) -> tuple[Value, Value]:
    """The two random words for counters (x0, x1) under the key (k0, k1), in each lane."""
    keys = (k0, k1, k0 ^ k1 ^ PARITY)
    x0, x1 = x0 + k0, x1 + k1
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            x0 = x0 + x1
            turned = emit.constant("u32", rotation)
            x1 = emit.rotate_left(x1, turned) ^ x0
        x0 = x0 + keys[(group + 1) % 3]
        x1 = x1 + keys[(group + 2) % 3] + (group + 1)
    return x0, x1
