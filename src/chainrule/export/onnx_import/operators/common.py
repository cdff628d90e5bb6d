"""What the families share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ....engine import trace
from ....engine.tensor import Tensor
from ...errors import ModelFileError

LARGEST_RESULT = 2**28  # elements


def by_name(*functions: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """A table of operators whose functions carry ONNX's names."""
    return {function.__name__: function for function in functions}


def numbers(value: Any, what: str) -> Any:
    """An input that decides a shape, as a NumPy array; under ``jit`` it must not be traced."""
    return trace.concrete(value, what) if isinstance(value, Tensor) else np.asarray(value)


def integers(value: Any, what: str) -> list[int]:
    """Such an input as a list of integers."""
    return [int(n) for n in numbers(value, what).reshape(-1)]


def axes_or_all(axes: Any, ndim: int) -> tuple[int, ...]:
    """Axes that are given as an attribute or as an input; all of them where there are none."""
    return tuple(range(ndim) if axes is None else integers(axes, "the axes of an ONNX operator"))


def bounded(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape, or an error where a file asks for more than anyone can mean."""
    if math.prod(shape) > LARGEST_RESULT:
        raise ModelFileError(f"the model makes an array of shape {tuple(shape)}: too large")
    return tuple(shape)
