"""Arrays made from nothing, or from a shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import numpy as cnp
from ....engine.primitives.reductions import as_operand
from ..reading import dtype_of
from .common import bounded, by_name, integers, numbers


def Constant(
    *,
    value: Any = None,
    value_float: float | None = None,
    value_floats: Any = None,
    value_int: int | None = None,
    value_ints: Any = None,
    sparse_value: Any = None,
) -> Any:
    """The array or the numbers that the node holds."""
    floats = value_float if value_floats is None else value_floats
    whole = value_int if value_ints is None else value_ints
    if floats is not None:
        return np.asarray(floats, np.float32)
    if whole is not None:
        return np.asarray(whole, np.int64)
    return sparse_value if value is None else value


def ConstantOfShape(shape: Any, *, value: Any = None) -> Any:
    """One value everywhere, 0 as float32 if there is none."""
    lengths = bounded(integers(shape, "ConstantOfShape"))
    value = np.zeros(1, np.float32) if value is None else value
    return np.full(lengths, value.reshape(())[()], value.dtype)


def EyeLike(x: Any, *, dtype: int | None = None, k: int = 0) -> Any:
    """Ones on the k-th diagonal, in the shape of x."""
    x = as_operand(x)
    return np.eye(*x.shape, k=k, dtype=dtype_of(dtype) if dtype else x.dtype)


def Range(start: Any, limit: Any, delta: Any) -> Any:
    """start, start + delta, ... before limit."""
    first, last, step = (numbers(x, "Range").reshape(())[()] for x in (start, limit, delta))
    count = max(0, int(np.ceil((last - first) / step)))
    bounded((count,))
    return (first + np.arange(count, dtype=first.dtype) * step).astype(first.dtype)


def Shape(x: Any, *, start: int = 0, end: int | None = None) -> Any:
    """The lengths of the axes, known while tracing."""
    return np.array(cnp.shape(x)[start:end], np.int64)


def Size(x: Any) -> Any:
    """The number of elements, known while tracing."""
    return np.array(cnp.size(x), np.int64)


def OneHot(indices: Any, depth: Any, values: Any, *, axis: int = -1) -> Any:
    """The second value at the index, the first elsewhere, along a new axis of length ``depth``."""
    (count,) = integers(depth, "OneHot")
    indices, values = as_operand(indices), as_operand(values)
    bounded((*indices.shape, count))
    places = cnp.expand_dims(cnp.where(indices < 0, indices + count, indices), -1)
    hit = cnp.where(places == np.arange(count), values[1], values[0])
    return cnp.moveaxis(hit, -1, axis)


OPERATORS = by_name(Constant, ConstantOfShape, EyeLike, OneHot, Range, Shape, Size)
