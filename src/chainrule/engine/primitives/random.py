"""Random bits that are a function of a key and a place: the counter-based generator Threefry.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011): 20 rounds of
add, rotate, xor turn a 64-bit key and a 64-bit counter into 64 random bits. There is no state, so
numbers are the same in any order, on any number of workers, alone or in a stack.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import trace
from ..errors import ShapeError
from ..types import TensorType
from .families import Primitive, stack_same
from .views import Shape

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
_MASK = 0xFFFFFFFF
_LEFT = {r: np.array(r, np.uint32) for group in ROTATIONS for r in group}
_RIGHT = {r: np.array(32 - r, np.uint32) for group in ROTATIONS for r in group}
_BLOCKS_AT_ONCE = 1 << 14  # five buffers of this length stay in a processor's second-level cache
_FEW = 8  # so many blocks are quicker one by one, as Python integers

# -- the generator -----------------------------------------------------------------------------


def _one_block(k0: int, k1: int, x0: int, x1: int) -> tuple[int, int]:
    """Threefry-2x32 of one counter, with Python's integers."""
    keys = (k0, k1, k0 ^ k1 ^ PARITY)
    x0 = (x0 + k0) & _MASK
    x1 = (x1 + k1) & _MASK
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            x0 = (x0 + x1) & _MASK
            x1 = ((x1 << rotation) & _MASK | x1 >> (32 - rotation)) ^ x0
        x0 = (x0 + keys[(group + 1) % 3]) & _MASK
        x1 = (x1 + keys[(group + 2) % 3] + group + 1) & _MASK
    return x0, x1


def _many_blocks(k0: Any, k1: Any, x0: Any, x1: Any) -> None:
    """Threefry-2x32 of arrays of counters, in place; the keys broadcast against them."""
    keys = (k0, k1, k0 ^ k1 ^ np.uint32(PARITY))
    spare = np.empty_like(x1)
    np.add(x0, k0, out=x0)
    np.add(x1, k1, out=x1)
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            np.add(x0, x1, out=x0)
            np.left_shift(x1, _LEFT[rotation], out=spare)
            np.right_shift(x1, _RIGHT[rotation], out=x1)
            np.bitwise_or(x1, spare, out=x1)
            np.bitwise_xor(x1, x0, out=x1)
        np.add(x0, keys[(group + 1) % 3], out=x0)
        np.add(x1, keys[(group + 2) % 3], out=x1)
        np.add(x1, np.uint32(group + 1), out=x1)


def threefry2x32(keys: Any, first: Any, second: Any) -> tuple[Any, Any]:
    """The two random words for each counter (first, second), under keys of shape ``[..., 2]``.

    The keys' leading axes and the counters' broadcast.

    >>> words = threefry2x32(np.zeros(2, np.uint32), np.uint32(0), np.uint32(0))
    >>> [f"{int(word):08x}" for word in words]
    ['6b200159', '99ba4efe']
    """
    keys = np.asarray(keys)
    k0, k1 = keys[..., 0], keys[..., 1]
    shape = np.broadcast_shapes(k0.shape, np.shape(first), np.shape(second))
    x0 = np.array(np.broadcast_to(first, shape), np.uint32, order="C")
    x1 = np.array(np.broadcast_to(second, shape), np.uint32, order="C")
    _many_blocks(k0, k1, x0, x1)
    return x0, x1


# -- bits --------------------------------------------------------------------------------------
#
# Element number i of an array gets the words of counter i, whatever the array's shape: for 64 bits
# both words, for less their exclusive or. (JAX counts the same way, so its bits are the same.)


def _infer_bits(key: TensorType, shape: Shape, width: int) -> TensorType:
    _check_keys(key.shape, key.dtype)
    return TensorType.of((*key.shape[:-1], *shape), f"uint{width}")


def _check_keys(shape: Shape, dtype: Any) -> None:
    if shape[-1:] != (2,) or dtype != np.uint32:
        given = f"{np.dtype(dtype).name}{list(shape)}"
        raise ShapeError(f"random bits: a key is uint32[2], not {given}")


def _numpy_bits(key: Any, shape: Shape, width: int) -> Any:
    key = np.asarray(key)
    _check_keys(key.shape, key.dtype)
    lead, size = key.shape[:-1], math.prod(shape)
    if size <= _FEW and not lead:
        return _few_bits(key, size, width).reshape(shape)
    keys = key.reshape(-1, 1, 2)
    out = np.empty((len(keys), size), f"uint{width}")
    # A power of two, so that a piece never straddles a carry into the counter's high word.
    step = 1 << max(0, _BLOCKS_AT_ONCE.bit_length() - len(keys).bit_length())
    for start in range(0, size, step):
        stop = min(start + step, size)
        count = np.arange(start, stop).astype(np.uint32)
        high, low = threefry2x32(keys, np.uint32(start >> 32), count)
        out[:, start:stop] = _joined(high, low) if width == 64 else high ^ low
    return out.reshape(lead + shape)


def _few_bits(key: Any, size: int, width: int) -> Any:
    blocks = _few_blocks(key, range(size))
    words = [high << 32 | low if width == 64 else high ^ low for high, low in blocks]
    return np.array(words, np.uint64).astype(f"uint{width}")


def _few_blocks(key: Any, counters: Iterable[int]) -> list[tuple[int, int]]:
    k0, k1 = key.tolist()
    return [_one_block(k0, k1, 0, counter) for counter in counters]


def _joined(high: Any, low: Any) -> Any:
    return high.astype(np.uint64) << np.uint64(32) | low


def _batch_bits(
    primitive: Primitive, size: int, batched: Sequence[bool], inputs: Any, params: Any
) -> tuple[Any, bool]:
    """A stack of keys: each gives the numbers that it gives alone."""
    return trace.apply(primitive, *inputs, **params), True


random_bits = Primitive(
    "random_bits",
    "random",
    _infer_bits,
    _numpy_bits,
    None,
    _batch_bits,
    latex=r"\mathrm{{bits}}({})",
    flat=True,
)

# -- keys from keys ----------------------------------------------------------------------------
#
# Both words of counter i are a new key. ``split`` takes counters 0, 1, ...; ``fold_in`` the user's.


def _infer_derive(key: TensorType, number: TensorType) -> TensorType:
    _check_keys(key.shape, key.dtype)
    lead = key.shape[:-1]
    if number.shape[: len(lead)] != lead:
        raise ShapeError(f"derive_keys: keys of shape {key.shape}, numbers of shape {number.shape}")
    return TensorType.of((*number.shape, 2), np.uint32)


def _numpy_derive(key: Any, number: Any) -> Any:
    key, number = np.asarray(key), np.asarray(number)
    _check_keys(key.shape, key.dtype)
    if number.size <= _FEW and key.ndim == 1:
        blocks = _few_blocks(key, number.ravel().tolist())
        return np.array(blocks, np.uint32).reshape(*number.shape, 2)
    extra = number.ndim - (key.ndim - 1)
    keys = key.reshape(*key.shape[:-1], *(1,) * extra, 2)
    return np.stack(threefry2x32(keys, np.uint32(0), number), -1)


def _batch_derive(
    primitive: Primitive, size: int, batched: Sequence[bool], inputs: Any, params: Any
) -> tuple[Any, bool]:
    stacked = [x if s else stack_same(x, size) for x, s in zip(inputs, batched, strict=True)]
    return trace.apply(primitive, *stacked), True


derive_keys = Primitive(
    "derive_keys",
    "random",
    _infer_derive,
    _numpy_derive,
    None,
    _batch_derive,
    latex=r"\mathrm{{key}}({}, {})",
    flat=True,
)
