"""Keys: where randomness comes from, and how it is passed on."""

from __future__ import annotations

import operator
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.array import as_array
from ..engine.primitives import logic as lg
from ..engine.primitives.random import derive_keys, random_bits
from ..engine.primitives.views import shape_of, stack
from ..engine.tensor import Tensor

Shape = int | Sequence[int]


def key(seed: Any) -> Any:
    """A key made from an integer; the same integer always gives the same key.

    The two words of the key are the high and the low half of the seed, 64 bits in all.

    >>> key(7)
    array([0, 7], dtype=uint32)
    """
    if isinstance(seed, Tensor):
        return _traced_key(seed)
    try:
        number = operator.index(np.asarray(seed)[()])
    except TypeError:
        raise TypeError(f"key: a seed is one integer, got {seed!r}") from None
    words = number >> 32 & 0xFFFFFFFF, number & 0xFFFFFFFF
    return as_array(np.array(words, np.uint32))


PRNGKey = key


def _traced_key(seed: Tensor) -> Tensor:
    if seed.shape != () or seed.dtype.kind not in "iu":
        raise TypeError(f"key: a seed is one integer, got {seed.type}")
    wide = lg.astype(seed, np.uint64)
    halves = lg.right_shift(wide, 32), wide
    return stack([lg.astype(half, np.uint32) for half in halves])  # type: ignore[no-any-return]


def split(key: Any, num: Shape = 2) -> Any:
    """``num`` new keys, uint32[num, 2], whose numbers have nothing to do with each other.

    Use a key once: split it first, and draw with the parts.

    >>> first, second = split(key(0))
    >>> first
    array([1797259609, 2579123966], dtype=uint32)
    """
    key = checked_key("split", key)
    shape = shape_tuple(num)
    count = np.arange(int(np.prod(shape)), dtype=np.uint32).reshape(shape)
    return finished(derive_keys(key, count))


def fold_in(key: Any, data: Any) -> Any:
    """The new key for number ``data``: that of a step, of a worker, of a layer.

    >>> bool((fold_in(key(0), 1) == split(key(0))[1]).all())
    True
    """
    key = checked_key("fold_in", key)
    if isinstance(data, Tensor):
        return derive_keys(key, lg.astype(data, np.uint32))
    number = np.asarray(data)
    if number.dtype.kind not in "iu":
        raise TypeError(f"fold_in: data is an integer, got {data!r}")
    return finished(derive_keys(key, number.astype(np.uint32)))


def bits(key: Any, shape: Shape = (), dtype: Any = np.uint32) -> Any:
    """Uniformly random bits as unsigned integers of 8, 16, 32 or 64 bits.

    Threefry-2x32 (Salmon et al. 2011); the same bits as JAX's.

    >>> bits(key(0), (2,))
    array([4070199207, 4202968722], dtype=uint32)
    """
    dtype = np.dtype(dtype)
    if dtype.kind != "u":
        raise TypeError(f"bits: dtype is an unsigned integer's, got {dtype.name}")
    return finished(draw_bits(checked_key("bits", key), shape_tuple(shape), 8 * dtype.itemsize))


def draw_bits(key: Any, shape: tuple[int, ...], width: int) -> Any:
    """Bits under a key that was checked."""
    return random_bits(key, shape=shape, width=width)


# -- the default stream ------------------------------------------------------------------------


class _Stream:
    """A root key and how many keys were derived from it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.restart(0)

    def restart(self, number: int) -> None:
        root = key(number)
        with self.lock:
            self.root, self.count = root, 0

    def following(self) -> Any:
        with self.lock:
            root, count = self.root, self.count
            self.count += 1
        return fold_in(root, count)


_stream = _Stream()


def default_key() -> Any:
    """The next key of the default stream, for code that has no key of its own.

    ``nn.Linear(2, 3)`` is written without a key, as in PyTorch, and must begin somewhere. The
    stream starts at seed 0, so that a script gives the same result each time; ``seed`` restarts it.
    Functions that are transformed should take a key as an argument instead.

    >>> seed(0)
    >>> first = default_key()
    >>> bool((first == default_key()).all())
    False
    """
    return _stream.following()


def seed(number: int = 0) -> None:
    """Restart the default stream at a seed.

    >>> seed(3); before = default_key()
    >>> seed(3); bool((before == default_key()).all())
    True
    """
    _stream.restart(number)


# -- arguments and results ---------------------------------------------------------------------


def checked_key(name: str, key: Any) -> Any:
    """The key, or an error that says how to get one."""
    found = key if isinstance(key, Tensor) else np.asarray(key)
    if found.dtype == np.uint32 and found.shape == (2,):
        return found
    advice = "Make one by chainrule.random.key(seed), and more by chainrule.random.split(key)."
    if found.dtype == np.uint32 and found.shape[-1:] == (2,):
        advice = "These are several keys: take one, or use chainrule.vmap to draw with each."
    given = f"{found.dtype.name}{list(found.shape)}" if found.shape else repr(key)
    raise TypeError(f"{name}: the first argument is a key, uint32[2], got {given}. {advice}")


def shape_tuple(shape: Shape) -> tuple[int, ...]:
    """A shape as a tuple of integers."""
    if isinstance(shape, int | np.integer):
        return (int(shape),)
    return tuple([operator.index(length) for length in shape])


def joint_shape(name: str, shape: Shape | None, *parameters: Any) -> tuple[int, ...]:
    """The shape asked for, or that to which the parameters broadcast; they must fit into it."""
    shapes = [shape_of(parameter) for parameter in parameters]
    if shape is None:
        return np.broadcast_shapes(*shapes)
    wanted = shape_tuple(shape)
    for own in shapes:
        if not fits(own, wanted):
            raise ValueError(f"{name}: parameters of shape {own} do not fit into shape={wanted}")
    return wanted


def fits(own: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether an array of shape ``own`` broadcasts to ``wanted``."""
    pairs = zip(own[::-1], wanted[::-1], strict=False)
    return len(own) <= len(wanted) and all(a in (1, b) for a, b in pairs)


def float_dtype(name: str, dtype: Any) -> np.dtype[Any]:
    """A dtype that is one of floating point."""
    dtype = np.dtype(dtype)
    if dtype.kind != "f" or dtype.itemsize not in (2, 4, 8):
        raise TypeError(f"{name}: dtype is float16, float32 or float64, got {dtype.name}")
    return dtype


def finished(value: Any) -> Any:
    """What a sampler returns: an array that a tensor may index; a tensor; a scalar."""
    if isinstance(value, Tensor):
        return value
    return as_array(value) if np.ndim(value) else value
