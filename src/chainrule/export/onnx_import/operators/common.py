"""What the families share."""

from __future__ import annotations

import math

import numpy as np

from ....engine import trace
from ....engine.tensor import Tensor
from ...errors import ModelFileError

LARGEST_RESULT = 2**28  # elements


def by_name(*functions):
    """A table of operators whose functions carry ONNX's names."""
    return {function.__name__: function for function in functions}


def numbers(value, what):
    """An input that decides a shape, as a NumPy array; under ``jit`` it must not be traced."""
    if isinstance(value, Tensor):
        return trace.concrete(value, what)
    return np.asarray(value)


def integers(value, what):
    """Such an input as a list of integers."""
    return [int(n) for n in numbers(value, what).reshape(-1)]


def axes_or_all(axes, ndim):
    """Axes, given as an attribute or as an input, from 0 on; all where there are none."""
    if axes is None:
        return tuple(range(ndim))
    return tuple(axis % ndim for axis in integers(axes, "the axes of an operator"))


def bounded(shape):
    """The shape, or an error where a file asks for more than anyone can mean."""
    if math.prod(shape) > LARGEST_RESULT:
        raise ModelFileError(f"the model makes an array of shape {tuple(shape)}: too large")
    return tuple(shape)


def limits(dtype):
    """The smallest and the largest number of a dtype."""
    if dtype.kind == "f":
        return -np.inf, np.inf
    if dtype.kind == "b":
        return False, True
    return np.iinfo(dtype).min, np.iinfo(dtype).max
