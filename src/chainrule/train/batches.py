"""Data for ``fit``: checked once, then handed out in mini-batches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sized
from typing import Any, NamedTuple

import numpy as np

from .. import random
from ..engine import tree
from ..engine.errors import ShapeError
from .orders import Orders


class Portion(NamedTuple):
    """Some steps in a row whose batches come from the same arrays.

    ``arrays`` is (x, y, weights); ``rows`` says which examples each step takes, shape
    (steps, batch size), or is None where each takes all. ``total`` is how many such steps the whole
    run has, where that is known.
    """

    arrays: tuple[Any, Any, Any]
    rows: Any
    steps: int
    total: int | None

    def after(self, steps: int) -> Portion:
        """What is left of it after so many steps."""
        rows = None if self.rows is None else self.rows[steps:]
        return self._replace(rows=rows, steps=self.steps - steps)


class Arrays:
    """Examples along axis 0 of x, y and (or None) weights, each an array or a tree of arrays."""

    def __init__(self, x: Any, y: Any, weights: Any = None, dtype: Any = None) -> None:
        self.all: tuple[Any, Any, Any] = (
            as_arrays(x, dtype),
            as_arrays(y, dtype),
            as_arrays(weights, dtype),
        )
        self.size = _common_length(*self.all)

    def take(self, index: Any) -> Arrays:
        """The examples with these numbers."""
        part = object.__new__(Arrays)
        part.all = tree.map(lambda leaf: leaf[index], self.all)
        part.size = len(index)
        return part

    def pieces(self, size: int) -> Iterator[Any]:
        """x in pieces of at most so many examples, in order."""
        x = self.all[0]
        for start in range(0, self.size, size):
            yield tree.map(lambda leaf, start=start: leaf[start : start + size], x)

    def portions(self, size: int | None, orders: Orders, epochs: range) -> Iterator[Portion]:
        """All examples in groups of ``size``, once an epoch, in the orders of these epochs."""
        size = self.size if size is None else min(size, self.size)
        total = self.size // size * orders.epochs
        if size == self.size:  # the order within a batch says nothing
            yield Portion(self.all, None, len(epochs), total)
            return
        rest = self.size % size
        if not rest:
            rows = orders.of(epochs, self.size).reshape(-1, size)
            yield Portion(self.all, rows, len(rows), total)
            return
        for order in orders.of(epochs, self.size):
            rows = order[:-rest].reshape(-1, size)
            yield Portion(self.all, rows, len(rows), total)
            yield Portion(self.all, order[-rest:].reshape(1, rest), 1, orders.epochs)

    def split(self, fraction: float, key: Any) -> tuple[Arrays, Arrays]:
        """A part to train on and, of about ``fraction``, one to validate on; drawn by ``key``."""
        if not 0 < fraction < 1:
            raise ValueError(f"fit: validation_split lies between 0 and 1, got {fraction}")
        order = np.asarray(random.permutation(key, self.size))
        count = round(self.size * fraction)
        if not 0 < count < self.size:
            raise ValueError(
                f"fit: validation_split={fraction} of {self.size} examples leaves one part empty"
            )
        return self.take(order[count:]), self.take(order[:count])

    def steps(self, size: int | None) -> int:
        """The number of batches."""
        return 1 if size is None else math.ceil(self.size / size)


class Stream:
    """An iterable of batches (x, y) or (x, y, weights), gone through once an epoch.

    One whose order depends on the epoch has ``set_epoch``, which is called before each.
    """

    def __init__(self, source: Iterable[Any], dtype: Any) -> None:
        self._source, self._dtype = source, dtype

    def portions(self, size: int | None, orders: Orders, epochs: range) -> Iterator[Portion]:
        """The batches as they come; their sizes and their order are the source's affair."""
        is_empty = True
        if hasattr(self._source, "set_epoch"):
            self._source.set_epoch(epochs.start)
        for batch in self._source:
            if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
                raise TypeError(
                    "fit: an iterable of data must give batches (x, y) or (x, y, weights)"
                )
            weights = batch[2] if len(batch) == 3 else None
            is_empty = False
            yield Portion(Arrays(batch[0], batch[1], weights, self._dtype).all, None, 1, None)
        if is_empty:
            raise ValueError(
                "fit: the data gave no batch in this epoch. A generator can be gone through only "
                "once: give a list, or an object whose __iter__ starts anew."
            )

    def steps(self, size: int | None) -> int | None:
        """The number of batches, where the source knows it."""
        return len(self._source) if isinstance(self._source, Sized) else None


def as_arrays(value: Any, dtype: Any) -> Any:
    """A tree of NumPy arrays, floating-point ones in the model's dtype."""
    if value is None:
        return None
    if isinstance(value, dict):
        return {name: as_arrays(part, dtype) for name, part in value.items()}
    if isinstance(value, tuple):
        return tuple([as_arrays(part, dtype) for part in value])
    array = np.asarray(value, order="C")
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"fit: data must be numbers, got an array of dtype {array.dtype}; "
            "labels in words: np.unique(y, return_inverse=True)[1]"
        )
    if dtype is not None and array.dtype.kind == "f":
        array = array.astype(dtype, copy=False)
    return array


def _common_length(x: Any, y: Any, weights: Any) -> int:
    shapes = [leaf.shape for leaf in tree.leaves((x, y, weights))]
    lengths = {shape[0] if shape else None for shape in shapes}
    if len(lengths) != 1 or None in lengths:
        named = [("x", x), ("y", y), ("weights", weights)]
        found = ", ".join(
            f"{name} {[leaf.shape for leaf in tree.leaves(part)]}" for name, part in named
        )
        raise ShapeError(f"fit: one example a row, so all need the same first axis; got {found}")
    (length,) = lengths
    if not length:
        raise ValueError(f"fit: there are no examples (shapes {shapes})")
    return int(length)
