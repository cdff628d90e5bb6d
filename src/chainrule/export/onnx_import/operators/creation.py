"""Arrays made from nothing, or from a shape."""

from __future__ import annotations

import numpy as np

from ....numpy import expand_dims, moveaxis, where
from ..reading import dtype_of
from .common import bounded, by_name, integers, numbers


def Constant(
    *,
    value=None,
    value_float=None,
    value_floats=None,
    value_int=None,
    value_ints=None,
    sparse_value=None,
):
    """The array or the numbers that the node holds."""
    floats = value_float if value_floats is None else value_floats
    whole = value_int if value_ints is None else value_ints
    if floats is not None:
        return np.asarray(floats, np.float32)
    if whole is not None:
        return np.asarray(whole, np.int64)
    return sparse_value if value is None else value


def ConstantOfShape(shape, *, value=None):
    """One value everywhere, 0 as float32 if there is none."""
    lengths = bounded(integers(shape, "ConstantOfShape"))
    value = np.zeros(1, np.float32) if value is None else value
    return np.full(lengths, value.reshape(())[()], value.dtype)


def EyeLike(x, *, dtype=None, k=0):
    """Ones on the k-th diagonal, in the shape of x."""
    return np.eye(*x.shape, k=k, dtype=dtype_of(dtype) if dtype else x.dtype)


def Range(start, limit, delta):
    """start, start + delta, ... before limit."""
    ends = [numbers(x, "Range").reshape(()) for x in (start, limit, delta)]
    first, last, step = ends
    count = max(0, int(np.ceil((last - first) / step)))
    (count,) = bounded((count,))
    return first + np.arange(count).astype(first.dtype) * step


def Shape(x, *, start=0, end=None):
    """The lengths of the axes, known while tracing."""
    return np.array(x.shape[start:end], np.int64)


def Size(x):
    """The number of elements, known while tracing."""
    return np.array(x.size, np.int64)


def OneHot(indices, depth, values, *, axis=-1):
    """The second value at the index, the first elsewhere, along a new axis of length ``depth``."""
    (count,) = integers(depth, "OneHot")
    bounded((*indices.shape, count))
    places = where(indices < 0, indices + count, indices)
    hit = expand_dims(places, -1) == np.arange(count)
    return moveaxis(where(hit, values[1], values[0]), -1, axis)


OPERATORS = by_name(Constant, ConstantOfShape, EyeLike, OneHot, Range, Shape, Size)
