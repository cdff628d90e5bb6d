"""Random choices: yes or no, integers, classes, members, orders."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.primitives import elementwise as ew
from ..engine.primitives import logic as lg
from ..engine.primitives.indexing import argsort, getitem, take, take_along_axis
from ..engine.primitives.reductions import argmax, cumsum
from ..engine.primitives.views import moveaxis, one_axis, reshape, shape_of
from ..engine.tensor import Tensor
from .continuous import as_dtype, gumbel, uniform
from .keys import Shape, checked_key, draw_bits, finished, fits, joint_shape, shape_tuple, split


def bernoulli(key: Any, p: Any = 0.5, shape: Shape | None = None) -> Any:
    """True with probability ``p``.

    >>> from chainrule import random
    >>> random.bernoulli(random.key(0), 0.25, (1000,)).mean().round(1)
    np.float64(0.2)
    """
    key = checked_key("bernoulli", key)
    shape = joint_shape("bernoulli", shape, p)
    return finished(lg.less(uniform(key, shape), as_dtype(p, np.dtype(np.float32))))


def rademacher(key: Any, shape: Shape = (), dtype: Any = np.int32) -> Any:
    """-1 or 1, each with probability one half.

    >>> from chainrule import random
    >>> sorted(set(random.rademacher(random.key(0), (20,)).tolist()))
    [-1, 1]
    """
    heads = lg.astype(bernoulli(key, 0.5, shape), dtype)
    return finished(2 * heads - 1)


# -- integers ----------------------------------------------------------------------------------


def randint(key: Any, shape: Shape, minval: Any, maxval: Any, dtype: Any = np.int32) -> Any:
    """Integers from minval to maxval - 1; minval where that is empty.

    The remainder of twice as many random bits as the dtype has, up to a span of 2^16 (of 2^32 for
    64 bits); of the dtype's bits for a larger one, where probabilities are uneven by up to
    span/2^32. The same numbers as JAX's.

    >>> from chainrule import random
    >>> sorted(set(random.randint(random.key(0), (50,), 1, 7).tolist()))
    [1, 2, 3, 4, 5, 6]
    """
    key, dtype = checked_key("randint", key), np.dtype(dtype)
    if dtype.kind not in "iu":
        raise TypeError(f"randint: dtype is an integer's, got {dtype.name}")
    shape = joint_shape("randint", shape, minval, maxval)
    if dtype.itemsize < 4:
        minval, maxval = _within(minval, dtype, 0), _within(maxval, dtype, 1)
        return finished(lg.astype(randint(key, shape, minval, maxval), dtype))
    low, span = _range(minval, maxval, dtype)
    # At least one axis: NumPy's scalars warn where integers wrap around, its arrays do not.
    high_bits, low_bits = [draw_bits(k, shape or (1,), 8 * dtype.itemsize) for k in split(key)]
    if span is None:
        offset = low_bits
    else:
        half = span.dtype.type(1 << 4 * dtype.itemsize)
        root = ew.remainder(half, span)
        factor = ew.remainder(root * root, span)
        total = ew.remainder(high_bits, span) * factor + ew.remainder(low_bits, span)
        offset = ew.remainder(total, span)
    return finished(reshape(low + lg.astype(offset, dtype), shape))


def _range(minval: Any, maxval: Any, dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """The lowest number, and how many there are; None for all of the dtype."""
    info = np.iinfo(dtype)
    unsigned = np.dtype(f"uint{info.bits}")
    if isinstance(minval, int | np.integer) and isinstance(maxval, int | np.integer):
        start = min(max(int(minval), info.min), info.max)
        stop = min(max(int(maxval), info.min), info.max + 1)
        span = max(1, stop - start)
        low = np.full(1, start, dtype)
        return low, None if span > np.iinfo(unsigned).max else np.full(1, span, unsigned)
    low, high = [reshape(_integers(v, dtype), shape_of(v) or (1,)) for v in (minval, maxval)]
    return low, lg.astype(lg.where(lg.greater(high, low), high - low, dtype.type(1)), unsigned)


def _within(value: Any, dtype: np.dtype[Any], beyond: int) -> Any:
    """Bounds cut to the numbers that a small dtype has."""
    info = np.iinfo(dtype)
    value = value if isinstance(value, Tensor) else np.asarray(value)
    return lg.maximum(info.min, lg.minimum(info.max + beyond, lg.astype(value, np.int32)))


def _integers(value: Any, dtype: np.dtype[Any]) -> Any:
    value = value if isinstance(value, Tensor) else np.asarray(value)
    if value.dtype == dtype:
        return value
    info = np.iinfo(dtype)
    wide = lg.astype(value, np.uint64 if info.max > np.iinfo(np.int64).max else np.int64)
    return lg.astype(lg.minimum(lg.maximum(wide, info.min), info.max), dtype)


# -- classes and members -----------------------------------------------------------------------


def categorical(
    key: Any, logits: Any, axis: int = -1, shape: Shape | None = None, replace: bool = True
) -> Any:
    """Classes with probabilities ``softmax(logits)`` along an axis, as integers.

    The place of the largest of logits plus Gumbel noise. ``shape`` may put axes before those of the
    logits, for several draws; without replacement these draws differ.

    >>> from chainrule import random
    >>> random.categorical(random.key(0), np.log([0.1, 0.9]), shape=(8,)).shape
    (8,)
    """
    key = checked_key("categorical", key)
    logits = logits if isinstance(logits, Tensor) else np.asarray(logits)
    axis = one_axis(axis, len(logits.shape))
    length = logits.shape[axis]
    rest = logits.shape[:axis] + logits.shape[axis + 1 :]
    shape = rest if shape is None else shape_tuple(shape)
    front = len(shape) - len(rest)
    if not (fits(rest, shape) if replace else shape[max(front, 0) :] == rest):
        raise ValueError(
            f"categorical: shape={shape} must end with the shape of the logits without their axis "
            f"{axis}, which is {rest}"
        )
    if not replace:
        draws = math.prod(shape[:front])
        found = _largest(logits + gumbel(key, logits.shape), axis, draws)
        return finished(reshape(found, shape))
    lengths = list(shape)
    lengths.insert(front + axis, length)
    return finished(argmax(gumbel(key, lengths) + logits, axis=front + axis))


def _largest(scores: Any, axis: int, count: int) -> Any:
    """The places of the ``count`` largest scores along an axis, which comes first."""
    length = shape_of(scores)[axis]
    if count > length:
        raise ValueError(f"{count} draws without replacement from {length} possibilities")
    return getitem(moveaxis(argsort(-scores, axis), axis, 0), slice(count))


def choice(
    key: Any,
    a: Any,
    shape: Shape = (),
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
) -> Any:
    """Random members of an array along an axis; of 0 ... a-1 for an integer.

    ``p`` gives each member's probability (it need not sum to 1). Without replacement and with ``p``
    it is the order of ln p plus Gumbel noise (Vieira 2014).

    >>> from chainrule import random
    >>> sorted(random.choice(random.key(0), 4, (4,), replace=False).tolist())
    [0, 1, 2, 3]
    """
    key = checked_key("choice", key)
    a = a if isinstance(a, Tensor) else np.asarray(a)
    shape = shape_tuple(shape)
    whole = a.shape
    axis = one_axis(axis, len(whole)) if whole else 0
    length = whole[axis] if whole else int(a)
    draws = math.prod(shape)
    if length <= 0 < draws:
        raise ValueError("choice: there is nothing to choose from")
    if not replace and draws > length:
        raise ValueError(
            f"choice: {draws} draws without replacement from {length} members; draw fewer, or pass "
            "replace=True"
        )
    if p is None and not replace:
        order = permutation(key, a if whole else length, axis)
        found = getitem(order, (slice(None),) * axis + (slice(draws),))
        return finished(reshape(found, whole[:axis] + shape + whole[axis + 1 :]))
    places = _places(key, length, shape, replace, p)
    return finished(take(a, places, axis) if whole else places)


def _places(key: Any, length: int, shape: tuple[int, ...], replace: bool, p: Any) -> Any:
    if p is None:
        return lg.astype(randint(key, shape, 0, length), np.intp)
    p = p if isinstance(p, Tensor) else np.asarray(p, np.result_type(p, np.float32))
    if p.shape != (length,):
        raise ValueError(f"choice: p has shape {p.shape}, the members number {length}")
    if not replace:
        # A member of probability 0 comes last.
        known = lg.where(lg.greater(p, 0), p, 1)
        scores = lg.where(lg.greater(p, 0), ew.log(known) + gumbel(key, (length,)), -np.inf)
        return reshape(_largest(scores, 0, math.prod(shape)), shape)
    from ..numpy import searchsorted

    total = cumsum(p)
    return searchsorted(total, getitem(total, -1) * (1 - uniform(key, shape)))


# -- orders ------------------------------------------------------------------------------------


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
