"""Products and sums of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.array import as_array
from ..engine.errors import ShapeError
from ..engine.primitives import contraction, reductions, views
from ..engine.primitives.contraction import dot, matmul
from ..engine.primitives.reductions import as_operand
from .joining import stack
from .manipulation import diagonal


def einsum(spec: str, *operands: Any, optimize: Any = None) -> Any:
    """Sums of products of elements, axes named by letters (Einstein's convention).

    ``optimize=`` is accepted, as NumPy does; products of tensors go from left to right.

    >>> einsum("ij,j->i", np.eye(2), np.array([3.0, 4.0]))
    array([3., 4.])
    """
    return _kept(contraction.einsum(spec, *operands))


def outer(a: Any, b: Any) -> Any:
    """Every element of ``a`` times every element of ``b``.

    >>> outer(np.arange(2), np.arange(3))
    array([[0, 0, 0],
           [0, 1, 2]])
    """
    return _kept(contraction.outer(a, b))


def tensordot(x1: Any, x2: Any, /, axes: Any = 2) -> Any:
    """Sum of products over these axes of both, the others kept in order."""
    return _kept(contraction.tensordot(x1, x2, axes))


def _kept(result: Any) -> Any:
    """An array of the kind that a tensor may index; a scalar stays one."""
    return as_array(result) if isinstance(result, np.ndarray) else result


def inner(a: Any, b: Any, /) -> Any:
    """Sums of products over the last axes of both; scalars multiply.

    >>> inner(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    np.float64(11.0)
    """
    a, b = as_operand(a), as_operand(b)
    if not a.ndim or not b.ndim:
        return a * b
    return tensordot(a, b, ((-1,), (-1,)))


def vdot(a: Any, b: Any, /) -> Any:
    """The dot product of the flattened arrays."""
    return dot(views.reshape(as_operand(a), (-1,)), views.reshape(as_operand(b), (-1,)))


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Dot products of vectors along an axis; the others broadcast.

    >>> vecdot(np.eye(2), np.array([3.0, 4.0]))
    array([3., 4.])
    """
    x1, x2 = as_operand(x1), as_operand(x2)
    x1, x2 = views.moveaxis(x1, axis, -1), views.moveaxis(x2, axis, -1)
    if x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"vecdot: the vectors of {x1.shape} and {x2.shape} differ in length")
    return einsum("...i,...i->...", x1, x2)


def matvec(a: Any, x: Any, /) -> Any:
    """Matrices times vectors; stacks broadcast."""
    return einsum("...ij,...j->...i", a, x)


def vecmat(x: Any, a: Any, /) -> Any:
    """Vectors times matrices; stacks broadcast."""
    return einsum("...i,...ij->...j", x, a)


def trace(x: Any, /, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """Sum of the diagonal.

    >>> trace(np.eye(3))
    np.float64(3.0)
    """
    return reductions.sum(diagonal(x, offset, axis1, axis2), -1, dtype)


def kron(a: Any, b: Any) -> Any:
    """The Kronecker product: each element of ``a`` times all of ``b``."""
    a, b = as_operand(a), as_operand(b)
    ndim = max(a.ndim, b.ndim)
    first, second = ((1,) * (ndim - x.ndim) + x.shape for x in (a, b))
    left = views.reshape(a, [length for n in first for length in (n, 1)])
    right = views.reshape(b, [length for n in second for length in (1, n)])
    return views.reshape(left * right, [n * m for n, m in zip(first, second, strict=True)])


def cross(a: Any, b: Any, axis: int = -1) -> Any:
    """The vector product of vectors with three components, along an axis.

    >>> cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    a, b = as_operand(a), as_operand(b)
    if a.shape[axis] != 3 or b.shape[axis] != 3:
        raise ShapeError(f"cross: axis {axis} of {a.shape} and of {b.shape} must have length 3")
    a, b = views.moveaxis(a, axis, -1), views.moveaxis(b, axis, -1)
    a0, a1, a2 = (a[..., i] for i in range(3))
    b0, b1, b2 = (b[..., i] for i in range(3))
    parts = [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0]
    return views.moveaxis(stack(parts, -1), -1, axis)


def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Sums of products of ``a`` and ``v`` reversed, at every overlap.

    ``mode`` says which overlaps: ``full`` (all), ``same`` (as many as the longer one has elements),
    ``valid`` (the complete ones).

    >>> convolve(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([1., 3., 2.])
    """
    a, v = as_operand(a), as_operand(v)
    if a.shape[0] < v.shape[0]:
        a, v = v, a
    n, m = a.shape[0], v.shape[0]
    zeros = np.zeros(m - 1, a.dtype)
    padded = views.concatenate([zeros, a, zeros], 0)
    windows = padded[np.arange(n + m - 1)[:, None] + np.arange(m)]
    full = contraction.matmul(windows, views.flip(v, 0))
    if mode == "full":
        return full
    if mode == "same":
        return full[(m - 1) // 2 : (m - 1) // 2 + n]
    if mode == "valid":
        return full[m - 1 : n]
    raise ValueError(f"convolve: mode is 'full', 'same' or 'valid', got {mode!r}")


def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Sums of products of ``a`` and ``v``, moved along it."""
    return convolve(a, views.flip(as_operand(v), 0), mode)


def polyval(p: Any, x: Any) -> Any:
    """The polynomial with these coefficients, the highest power first, at ``x`` (Horner's rule)."""
    value: Any = 0.0 * as_operand(x)
    for coefficient in as_operand(p):
        value = value * x + coefficient
    return value


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """Powers of the elements of a vector, as columns (the highest first, unless ``increasing``).

    >>> vander(np.array([1.0, 2.0]), 3)
    array([[1., 1., 1.],
           [4., 2., 1.]])
    """
    x = as_operand(x)
    count = x.shape[0] if N is None else N
    powers = [x ** float(n) if x.dtype.kind == "f" else x**n for n in range(count)]
    return stack(powers if increasing else powers[::-1], -1)


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral by the trapezoidal rule.

    >>> trapezoid(np.array([0.0, 1.0, 2.0]))
    np.float64(2.0)
    """
    y = views.moveaxis(as_operand(y), axis, -1)
    if x is not None:
        x = as_operand(x)
        x = views.moveaxis(x, axis, -1) if x.ndim > 1 else x
        dx = x[..., 1:] - x[..., :-1]
    return reductions.sum(dx * (y[..., 1:] + y[..., :-1]) / 2.0, -1)


__all__ = [
    "convolve",
    "correlate",
    "cross",
    "dot",
    "einsum",
    "inner",
    "kron",
    "matmul",
    "matvec",
    "outer",
    "polyval",
    "tensordot",
    "trace",
    "trapezoid",
    "vander",
    "vdot",
    "vecdot",
    "vecmat",
]
