"""The order of the examples in each epoch, drawn ahead while the steps are running."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from .. import random
from ..engine.primitives.random import derive_keys, random_bits

FIRST = 1 << 12  # examples that are drawn, by whole epochs, before the first step
AHEAD = 1 << 14  # and each time later: enough that many share the cost of NumPy's calls


class Orders:
    """What ``random.permutation(fold_in(key, epoch), size)`` gives, epoch after epoch.

    Without a key the order is that of the data.
    """

    def __init__(self, key: Any, epochs: int) -> None:
        self._key, self.epochs = key, epochs
        self._now: _Draw | None = None
        self._next: _Draw | None = None

    def of(self, epochs: range, size: int) -> Any:
        """The orders of these epochs in a row, intp[epochs, size]."""
        if self._key is None:
            return np.broadcast_to(np.arange(size), (len(epochs), size))
        return np.stack([self._order(epoch, size) for epoch in epochs])

    def within(self, epoch: int, part: int, size: int) -> Any:
        """An order of one part of the data that is not all at hand, intp[size]."""
        if self._key is None:
            return np.arange(size)
        key = random.fold_in(random.fold_in(self._key, epoch), part)
        return permutations(np.asarray(key)[None], size)[0]

    def _order(self, epoch: int, size: int) -> Any:
        if self._now is None or epoch not in self._now.epochs:
            if self._next is None or epoch not in self._next.epochs:
                self._next = self._draw(epoch, size, FIRST)
            self._now, self._next = self._next, None
            self._now.finish()
            if self._now.epochs.stop < self.epochs:
                self._next = self._draw(self._now.epochs.stop, size, AHEAD)
                self._next.start()
        return self._now.orders[epoch - self._now.epochs.start]

    def _draw(self, epoch: int, size: int, examples: int) -> _Draw:
        stop = min(epoch + max(1, examples // size), self.epochs)
        return _Draw(self._key, range(epoch, stop), size)


class _Draw(threading.Thread):
    """The orders of some epochs, drawn in a thread if it is started, else when they are wanted."""

    def __init__(self, key: Any, epochs: range, size: int) -> None:
        super().__init__(name="chainrule orders", daemon=True)
        self.epochs = epochs
        self._key, self._size = key, size
        self.orders: Any = None  # intp[epochs, size]

    def run(self) -> None:
        keys = random.fold_in(self._key, np.array(self.epochs))
        self.orders = permutations(keys, self._size)

    def finish(self) -> None:
        """Wait for the thread; draw now where there is none, or where it failed."""
        if self.ident is not None:
            self.join()
        if self.orders is None:
            self.run()


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
