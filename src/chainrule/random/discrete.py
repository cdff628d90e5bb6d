"""Random choices: orders, members, integers, classes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.primitives.indexing import argsort, take, take_along_axis
from ..engine.primitives.views import one_axis, shape_of
from ..engine.tensor import Tensor
from .keys import checked_key, draw_bits, finished, split


def permutation(key: Any, x: Any, axis: int = 0, independent: bool = False) -> Any:
    """The numbers 0 ... x-1 in a random order; for an array, its slices along ``axis``.

    ``independent`` shuffles each line along the axis by itself. The order is that of random 32-bit
    numbers, sorted as often as makes a tie that matters unlikely (the same order as JAX's).

    >>> from chainrule import random
    >>> sorted(random.permutation(random.key(0), 5).tolist())
    [0, 1, 2, 3, 4]
    """
    key = checked_key("permutation", key)
    x = x if isinstance(x, Tensor) else np.asarray(x)
    shape = shape_of(x)
    if not shape:
        if isinstance(x, Tensor) or x.dtype.kind not in "iu":
            raise TypeError(f"permutation: x is an array or a Python integer, got {x!r}")
        return finished(_shuffle(key, np.arange(int(x)), 0))
    axis = one_axis(axis, len(shape))
    if independent or len(shape) == 1:
        return finished(_shuffle(key, x, axis))
    return finished(take(x, _shuffle(key, np.arange(shape[axis]), 0), axis))


shuffle = permutation


def _shuffle(key: Any, x: Any, axis: int) -> Any:
    shape = shape_of(x)
    rounds = math.ceil(3 * math.log(max(1, math.prod(shape))) / math.log(2**32 - 1))
    for _ in range(rounds):
        key, part = split(key)
        order = argsort(draw_bits(part, shape, 32), axis)
        x = take_along_axis(x, order, axis)
    return x
