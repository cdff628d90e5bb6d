"""Data larger than memory: read in chunks of many examples, from which ``fit`` draws batches."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ..engine import tree
from .batches import Arrays, Portion, Stream
from .orders import Orders

ROWS = 1 << 16  # examples in a pool, unless the caller says otherwise
Source = Iterable[Any] | Callable[[int], Iterable[Any]]


class Chunks:
    """Data for ``fit`` that is read piece by piece, while the piece before is learned from.

    Memory holds some pools of ``rows`` examples, whatever the size of the data. Each pool is
    shuffled anew in each epoch, and its batches are drawn in native code, as from arrays. What is
    sorted in the data beyond the size of a pool stays sorted: shuffle the order of the pieces.

    Parameters
    ----------
    source
        Goes through the data once an epoch: an iterable of ``(x, y)`` or ``(x, y, weights)`` whose
        ``__iter__`` starts anew, or a function of the epoch's number (from 0) that returns one.
        The pieces may have any number of examples.
    rows
        Examples in a pool.
    examples
        How many the data has, where that is known: for the progress bar.

    >>> import chainrule as cr, numpy as np
    >>> def pieces(epoch):
    ...     for part in range(10):
    ...         x = np.random.default_rng(part).uniform(-1, 1, (300, 1))
    ...         yield x, 2.5 * x + 1
    >>> net = cr.nn.Linear(1, 1)
    >>> optimizer = cr.optim.SGD(net.parameters(), lr=0.1)
    >>> data = Chunks(pieces, rows=1000)
    >>> history = cr.train.fit(net, cr.nn.MSELoss(), optimizer, data, epochs=2, batch_size=32)
    >>> len(history.losses), round(net.weight.item(), 3)
    (188, 2.5)
    """

    def __init__(self, source: Source, rows: int = ROWS, examples: int | None = None) -> None:
        if rows < 1:
            raise ValueError(f"Chunks: rows must be 1 or more, got {rows}")
        self.source, self.rows, self.examples = source, rows, examples

    def of(self, epoch: int) -> Iterable[Any]:
        """The pieces of this epoch."""
        return self.source(epoch) if callable(self.source) else self.source


class Pools(Stream):
    """The examples of ``Chunks`` in pools of one size, so that one program serves them all."""

    def __init__(self, chunks: Chunks, dtype: Any) -> None:
        super().__init__((), dtype)
        self._chunks = chunks

    def portions(self, size: int | None, orders: Orders, epochs: range) -> Iterator[Portion]:
        """All examples, pool by pool, each in an order of its own."""
        if size is None:
            raise TypeError("fit: data in Chunks needs a batch_size")
        for epoch in epochs:
            is_empty = True
            for arrays, count, order in ahead(self._pools(epoch, size, orders)):
                is_empty = False
                full = count // size * size
                if full:
                    rows = order[:full].reshape(-1, size)
                    yield Portion(arrays, rows, len(rows), None)
                if count > full:
                    yield Portion(arrays, order[full:count].reshape(1, -1), 1, None)
            if is_empty:
                raise ValueError(
                    "fit: the data gave no example in this epoch. A generator can be gone through "
                    "only once: give a function that makes it, or a list."
                )

    def steps(self, size: int | None) -> int | None:
        """The number of batches, where the number of examples is known."""
        examples = self._chunks.examples
        return None if examples is None or size is None else -(-examples // size)

    def _pools(self, epoch: int, size: int, orders: Orders) -> Iterator[tuple[Any, int, Any]]:
        """Arrays of a pool, how many examples they hold, and the order to take them in.

        All pools have whole batches but the last, which is filled up with rows nobody takes.
        """
        rows = max(1, self._chunks.rows // size) * size
        pieces = (self._arrays(piece) for piece in self._chunks.of(epoch))
        for number, pool in enumerate(regroup(pieces, rows)):
            count = len(tree.leaves(pool)[0])
            if count < rows and number:
                pool = tree.map(lambda leaf: _filled(leaf, rows), pool)
            yield pool, count, orders.within(epoch, number, count)

    def _arrays(self, piece: Any) -> tuple[Any, Any, Any]:
        if not isinstance(piece, tuple | list) or len(piece) not in (2, 3):
            raise TypeError("fit: Chunks must give pieces (x, y) or (x, y, weights)")
        weights = piece[2] if len(piece) == 3 else None
        return Arrays(piece[0], piece[1], weights, self._dtype).all


def regroup(pieces: Iterable[Any], rows: int) -> Iterator[Any]:
    """Trees of arrays with any number of examples, as trees with ``rows`` each (the last: fewer).

    >>> parts = regroup([np.arange(3), np.arange(3, 8)], 4)
    >>> [part.tolist() for part in parts]
    [[0, 1, 2, 3], [4, 5, 6, 7]]
    """
    held: list[Any] = []
    count = 0
    for piece in pieces:
        held.append(piece)
        count += len(tree.leaves(piece)[0])
        if count < rows:
            continue
        whole = _joined(held)
        for start in range(0, count - rows + 1, rows):
            yield tree.map(lambda leaf, start=start: leaf[start : start + rows], whole)
        rest = count % rows
        # A copy, so that the pools that were handed out can be forgotten.
        held = [tree.map(lambda leaf, rest=rest: leaf[-rest:].copy(), whole)] if rest else []
        count = rest
    if count:
        yield _joined(held)


def _joined(parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def _filled(leaf: Any, rows: int) -> Any:
    whole = np.zeros((rows, *leaf.shape[1:]), leaf.dtype)
    whole[: len(leaf)] = leaf
    return whole


def ahead(items: Iterable[Any]) -> Iterator[Any]:
    """The same items, each made in a thread while the one before is in use.

    An error in making one is raised where it would have been; a consumer that stops early stops
    the thread.
    """
    made: queue.Queue[Any] = queue.Queue(1)
    is_over = threading.Event()

    def hand_over(*message: Any) -> bool:
        while not is_over.is_set():
            try:
                made.put(message, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def make() -> None:
        try:
            for item in items:
                if not hand_over(item, None):
                    return
            hand_over(None, None)
        except BaseException as error:
            hand_over(None, error)

    thread = threading.Thread(target=make, name="chainrule chunks", daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        is_over.set()
        thread.join()
