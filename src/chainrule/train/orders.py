"""The order of the examples in each epoch, drawn for several epochs at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import random
from ..engine.primitives.random import derive_keys, random_bits

AT_ONCE = 1 << 14  # examples: enough that the cost of NumPy's calls is shared by many


class Orders:
    """What ``random.permutation(fold_in(key, epoch), size)`` gives for each epoch.

    Without a key the order is that of the data.
    """

    def __init__(self, key: Any, epochs: int) -> None:
        self._key, self.epochs = key, epochs
        self._drawn = range(0)
        self._orders: Any = None

    def of(self, epochs: range, size: int) -> Any:
        """The orders of these epochs in a row, intp[epochs, size]."""
        if self._key is None:
            return np.broadcast_to(np.arange(size), (len(epochs), size))
        if epochs.start not in self._drawn or epochs[-1] not in self._drawn:
            count = max(len(epochs), min(AT_ONCE // size, self.epochs - epochs.start))
            self._drawn = range(epochs.start, epochs.start + count)
            keys = random.fold_in(self._key, np.array(self._drawn))
            self._orders = permutations(keys, size)
        first = epochs.start - self._drawn.start
        return self._orders[first : first + len(epochs)]


def permutations(keys: Any, size: int) -> Any:
    """``random.permutation(key, size)`` for each of uint32[n, 2] keys: intp[n, size].

    Each round sorts by 32 random bits; there are as many rounds as make up for equal bits.
    """
    orders = np.broadcast_to(np.arange(size), (len(keys), size))
    rounds = math.ceil(3 * math.log(max(1, size)) / math.log(2**32 - 1))
    for _ in range(rounds):
        pairs = derive_keys.numpy(keys, np.broadcast_to(np.arange(2, dtype=np.uint32), keys.shape))
        keys, parts = pairs[:, 0], pairs[:, 1]
        ranks = _argsort(random_bits.numpy(parts, shape=(size,), width=32))
        orders = np.take_along_axis(orders, ranks, -1)
    return orders


def _argsort(bits: Any) -> Any:
    """The stable order along the last axis of uint32: by the low half, then by the high half.

    NumPy sorts 16 bits by counting, three times as fast as 32 by comparing.
    """
    low, high = bits.astype(np.uint16), (bits >> 16).astype(np.uint16)
    first = np.argsort(low, axis=-1, kind="stable")
    second = np.argsort(np.take_along_axis(high, first, -1), axis=-1, kind="stable")
    return np.take_along_axis(first, second, -1)
