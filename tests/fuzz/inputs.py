"""Random types, and random arrays of them: lengths around the vector widths, values that hurt."""

import numpy as np

from chainrule.engine.types import TensorType

FLOATS = ("float32", "float64", "float16")
INTEGERS = ("int32", "int64", "int8", "int16", "uint8", "uint16", "uint32", "uint64")
SHARES = {"float32": 40, "float64": 22, "float16": 3, "bool": 7, "int32": 7, "int64": 7}
DTYPES = {name: SHARES.get(name, 2) for name in (*FLOATS, "bool", *INTEGERS)}
LENGTHS = {0: 1, 1: 4, 2: 4, 3: 4, 5: 3, 7: 3, 8: 3, 15: 2, 16: 3, 17: 3, 33: 2, 64: 2, 100: 1}
LONG = (257, 1000, 4099)
AXES = {0: 14, 1: 32, 2: 34, 3: 15, 4: 5}
MOST = 20_000  # elements of a value
KEY = TensorType.of((2,), "uint32")

WILD = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -1e30, 1e-30, 1e-42, 6e4, -1.0, 1.0)


def pick(rng, shares):
    """A key of a dict of shares."""
    weights = np.fromiter(shares.values(), float)
    place = np.searchsorted(np.cumsum(weights), rng.random() * weights.sum(), side="right")
    return list(shares)[place]


def some_lengths(rng):
    """A few lengths that a program's shapes are made of, so that they often meet."""
    if rng.random() < 0.04:
        return [int(rng.choice(LONG)), 2, 1]
    return [pick(rng, LENGTHS) for _ in range(3)]


def random_shape(rng, lengths, most=MOST):
    """A shape of up to four axes."""
    while True:
        shape = tuple([int(rng.choice(lengths)) for _ in range(pick(rng, AXES))])
        if np.prod(shape, dtype=int) <= most:
            return shape


def random_type(rng, lengths, dtypes=None):
    """The type of an input."""
    dtype = pick(rng, DTYPES) if dtypes is None else str(rng.choice(dtypes))
    return TensorType.of(random_shape(rng, lengths), dtype)


def random_array(rng, kind, tame=False):
    """Values of a type; ``tame``: no NaN and no extremes."""
    if kind is KEY:
        return rng.integers(0, 2**32, 2, np.uint32)
    if kind.dtype.kind == "b":
        return rng.random(kind.shape) < 0.5
    if kind.dtype.kind in "iu":
        return _integers(rng, kind, tame)
    return _floats(rng, kind, tame)


def _integers(rng, kind, tame):
    bounds = np.iinfo(kind.dtype)
    low, high = max(bounds.min, -8), 9
    found = rng.integers(low, high, kind.shape).astype(kind.dtype)
    if not tame and rng.random() < 0.2:
        extremes = np.array([bounds.min, bounds.max, 0, 1, 100], kind.dtype)
        found = np.where(rng.random(kind.shape) < 0.2, rng.choice(extremes, kind.shape), found)
    return found


def _floats(rng, kind, tame):
    flavour = rng.choice(
        ["small", "whole", "positive", "zero", "wild"], p=[0.6, 0.2, 0.1, 0.02, 0.08]
    )
    if flavour == "whole":
        found = rng.integers(-4, 5, kind.shape).astype(float)
    elif flavour == "positive":
        found = rng.uniform(0.1, 3.0, kind.shape)
    elif flavour == "zero":
        found = np.zeros(kind.shape)
    else:
        found = rng.uniform(-2.0, 2.0, kind.shape)
    if flavour == "wild" and not tame:
        found = np.where(rng.random(kind.shape) < 0.3, rng.choice(WILD, kind.shape), found)
    with np.errstate(over="ignore"):
        return found.astype(kind.dtype)


def laid_out(rng, array):
    """The same values, now and then in another layout: transposed, strided, backward, read-only."""
    choice = rng.integers(0, 12) if array.ndim else -1
    if choice == 0:
        return np.asfortranarray(array)
    if choice == 1:
        spaced = np.repeat(array, 2, axis=-1)
        return spaced[..., ::2]
    if choice == 2:
        return np.ascontiguousarray(array[::-1])[::-1]
    if choice == 3:
        array = array.copy()
        array.flags.writeable = False
    return array
