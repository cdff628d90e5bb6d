"""``numpy.linalg``: norms and products; decompositions are NumPy's own, for arrays only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.linalg import (
    LinAlgError,
    cholesky,
    cond,
    det,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    inv,
    lstsq,
    matrix_rank,
    pinv,
    qr,
    slogdet,
    solve,
    svd,
    svdvals,
)

from ..engine.primitives import reductions, views
from ..engine.primitives.elementwise import abs, power, square
from ..engine.primitives.logic import astype, where
from ..engine.primitives.reductions import as_operand
from ..engine.primitives.views import axes_of, one_axis
from ..engine.tensor import Tensor
from .manipulation import diagonal as _diagonal
from .manipulation import matrix_transpose
from .products import cross, matmul, outer, tensordot, vecdot
from .products import trace as _trace
from .statistics import root


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Length of a vector, or of a matrix; all elements as one vector by default.

    ``ord`` is 2 (None), 1, inf, -inf, 0 or any power for vectors along one axis; "fro", 1, -1, inf,
    -inf for matrices along two. Where the length is 0 its derivative is 0.

    >>> norm(np.array([3.0, 4.0]))
    np.float64(5.0)
    """
    x = _floating(x)
    if axis is None and (ord is None or x.ndim == 1):
        flat = vector_norm(views.reshape(x, (-1,)), ord=2 if ord is None else ord)
        return views.reshape(flat, (1,) * x.ndim) if keepdims else flat
    axes = tuple(range(x.ndim)) if axis is None else axis
    if isinstance(axes, tuple | list) and len(axes) == 2:
        return _matrix_norm(x, "fro" if ord is None else ord, axes, keepdims)
    return vector_norm(x, axis=axes, keepdims=keepdims, ord=2 if ord is None else ord)


def _floating(x: Any) -> Any:
    x = as_operand(x)
    return x if x.dtype.kind == "f" else astype(x, np.float64)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Length of vectors along an axis (of all elements when None): (Σ |x|^ord)^(1/ord)."""
    x = _floating(x)
    if ord == 2:
        return root(reductions.sum(square(x), axis, None, keepdims))
    if ord == 0:
        return reductions.sum(astype(x != 0, x.dtype), axis, None, keepdims)
    size = abs(x)
    if ord == math.inf:
        return reductions.max(size, axis, keepdims)
    if ord == -math.inf:
        return reductions.min(size, axis, keepdims)
    if ord == 1:
        return reductions.sum(size, axis, None, keepdims)
    total = reductions.sum(power(size, ord), axis, None, keepdims)
    if not isinstance(total, Tensor):
        return np.power(total, 1 / ord)
    zero = total == 0
    length = power(where(zero, np.ones((), x.dtype), total), 1 / ord)
    return where(zero, np.asarray(0 if ord > 0 else math.inf, x.dtype), length)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Size of matrices along the last two axes: "fro", 1, -1, inf or -inf."""
    return _matrix_norm(_floating(x), ord, (-2, -1), keepdims)


def _matrix_norm(x: Any, ord: Any, axes: Any, keepdims: bool) -> Any:
    row, column = (one_axis(a, x.ndim) for a in axes)
    both = axes_of((row, column), x.ndim)
    if ord in ("fro", "f"):
        return root(reductions.sum(square(x), both, None, keepdims))
    if ord not in (1, -1, math.inf, -math.inf):
        if not isinstance(x, Tensor):
            return np.linalg.norm(x, ord, both, keepdims)
        raise ValueError(
            f"the matrix norm {ord!r} needs singular values, which have no derivative rule here; "
            "'fro', 1, -1, inf and -inf have"
        )
    summed, searched = (row, column) if ord in (1, -1) else (column, row)
    lengths = reductions.sum(abs(x), summed, None, True)
    find = reductions.max if ord > 0 else reductions.min
    result = find(lengths, searched, True)
    return result if keepdims else views.squeeze(result, both)


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonals of the last two axes."""
    return _diagonal(x, offset, -2, -1)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Sums of the diagonals of the last two axes."""
    return _trace(x, offset, -2, -1, dtype)


def matrix_power(x: Any, n: int, /) -> Any:
    """A matrix times itself, ``n`` times (n >= 0).

    >>> matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), 3)
    array([[1., 3.],
           [0., 1.]])
    """
    if n < 0:
        raise ValueError("matrix_power: negative powers need an inverse, which has no rule here")
    x = as_operand(x)
    result: Any = np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape)
    while n:
        if n % 2:
            result = matmul(result, x)
        x, n = matmul(x, x) if n > 1 else x, n // 2
    return result


def multi_dot(arrays: Any) -> Any:
    """The product of several matrices, from the left."""
    first, *rest = arrays
    for each in rest:
        first = matmul(first, each)
    return first


__all__ = [
    "LinAlgError",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]
