"""The forms in which ``fit`` takes data: arrays, an iterable of batches, or chunks of a file."""

from __future__ import annotations

from typing import Any

from .batches import Arrays, Stream
from .chunks import Chunks, Pools


def as_data(data: Any, weights: Any, dtype: Any) -> Arrays | Stream:
    """(x, y) arrays, an iterable of batches, or ``Chunks``."""
    if isinstance(data, Chunks):
        if weights is not None:
            raise TypeError("fit: Chunks give the weights with each piece: (x, y, weights)")
        return Pools(data, dtype)
    if isinstance(data, tuple):
        if len(data) != 2:
            raise TypeError(
                f"fit: data is a pair (x, y) or an iterable of batches, got {len(data)}"
            )
        return Arrays(*data, weights, dtype)
    if not hasattr(data, "__iter__"):
        raise TypeError(f"fit: data is a pair (x, y) or an iterable of batches, not {type(data)}")
    if weights is not None:
        raise TypeError("fit: an iterable gives its weights with each batch: (x, y, weights)")
    return Stream(data, dtype)
