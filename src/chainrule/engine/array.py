"""NumPy's array with two additions: a tensor as an index, and ``.at``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .primitives import indexing
from .protocols import namespace
from .tensor import Tensor


class Array(np.ndarray[Any, np.dtype[Any]]):
    """A NumPy array that a tensor may index, and that has ``.at``.

    In every other respect it is an ndarray; NumPy's own operations on it give one again.

    >>> import chainrule as cr
    >>> table = as_array([10.0, 20.0, 30.0])
    >>> cr.jit(lambda i: table[i])(1)
    np.float64(20.0)
    >>> table.at[0].add(5.0)
    array([15., 20., 30.])
    """

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, Tensor):
            return indexing.getitem(self, index)
        if type(index) is tuple:
            for item in index:
                if isinstance(item, Tensor):
                    return indexing.getitem(self, index)
        return super().__getitem__(index)

    @property
    def at(self) -> indexing.At:
        """``x.at[index].set(value)``: a copy with some elements changed (or add, multiply, ...)."""
        return indexing.At(self)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return namespace()

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else array.view(Array)

    def __repr__(self) -> str:
        return repr(self.view(np.ndarray))


def as_array(value: Any) -> Any:
    """A concrete value as an ``Array``, sharing its memory; a tensor as it is.

    >>> as_array(np.arange(3))
    array([0, 1, 2])
    """
    return value if isinstance(value, Tensor) else np.asarray(value).view(Array)
