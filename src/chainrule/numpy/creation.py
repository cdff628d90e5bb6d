"""New arrays: from values, of a shape, along a range."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import trace
from ..engine.array import Array, as_array
from ..engine.primitives import logic as lg
from ..engine.primitives import views
from ..engine.primitives.reductions import as_operand
from ..engine.tensor import Tensor
from .dtypes import check_device


def array(
    value: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    ndmin: int = 0,
    device: str | None = None,
) -> Any:
    """Nested lists of numbers, arrays and tensors as one array (a tensor, if one is among them).

    >>> array([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2.],
           [3., 4.]])
    """
    made = asarray(value, dtype, copy=copy, device=device)
    missing = ndmin - made.ndim
    return views.reshape(made, (1,) * missing + made.shape) if missing > 0 else made


def asarray(
    value: Any, dtype: Any = None, *, device: str | None = None, copy: bool | None = None
) -> Any:
    """Like ``array``, but what is an array already is not copied.

    >>> asarray([1, 2], dtype=np.float32).dtype
    dtype('float32')
    """
    check_device(device)
    if type(value) is Array and dtype is None and not copy:
        return value
    if isinstance(value, list | tuple):
        value = views.array(value, dtype)
    if isinstance(value, Tensor):
        return value if dtype is None else lg.astype(value, dtype)
    if isinstance(value, np.generic) and copy is False:
        copy = None  # NumPy's scalars never change, so that a copy is as good
    return as_array(np.array(value, dtype=dtype, copy=copy))


asanyarray = asarray
ascontiguousarray = asarray


def copy(x: Any) -> Any:
    """A copy; a tensor, which never changes, is its own."""
    return array(x)


def zeros(shape: Any, dtype: Any = None, *, device: str | None = None) -> Any:
    """Zeros.

    >>> zeros((2, 3))
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    check_device(device)
    return as_array(np.zeros(shape, dtype=dtype))


def ones(shape: Any, dtype: Any = None, *, device: str | None = None) -> Any:
    """Ones.

    >>> ones(3, dtype=int)
    array([1, 1, 1])
    """
    check_device(device)
    return as_array(np.ones(shape, dtype=dtype))


def empty(shape: Any, dtype: Any = None, *, device: str | None = None) -> Any:
    """An array to be filled; here its elements are zero, so that runs repeat exactly."""
    return zeros(shape, dtype, device=device)


def full(shape: Any, fill_value: Any, dtype: Any = None, *, device: str | None = None) -> Any:
    """One value everywhere.

    >>> full(2, 7.0)
    array([7., 7.])
    """
    check_device(device)
    lengths = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    if isinstance(fill_value, Tensor):
        value = fill_value if dtype is None else lg.astype(fill_value, dtype)
        return views.broadcast_to(value, lengths)
    return as_array(np.full(lengths, fill_value, dtype))


def full_like(
    x: Any, fill_value: Any, dtype: Any = None, *, shape: Any = None, device: str | None = None
) -> Any:
    """One value everywhere, with the shape and dtype of ``x``.

    >>> full_like(np.zeros(2), 7)
    array([7., 7.])
    """
    model = as_operand(x)
    lengths = model.shape if shape is None else shape
    return full(lengths, fill_value, model.dtype if dtype is None else dtype, device=device)


def zeros_like(x: Any, dtype: Any = None, *, shape: Any = None, device: str | None = None) -> Any:
    """Zeros with the shape and dtype of ``x``."""
    return full_like(x, 0, dtype, shape=shape, device=device)


def ones_like(x: Any, dtype: Any = None, *, shape: Any = None, device: str | None = None) -> Any:
    """Ones with the shape and dtype of ``x``."""
    return full_like(x, 1, dtype, shape=shape, device=device)


def empty_like(x: Any, dtype: Any = None, *, shape: Any = None, device: str | None = None) -> Any:
    """An array like ``x``, to be filled; here its elements are zero."""
    return zeros_like(x, dtype, shape=shape, device=device)


def _number(value: Any) -> Any:
    return trace.concrete(value, "the length of a range") if isinstance(value, Tensor) else value


def arange(
    start: Any,
    /,
    stop: Any = None,
    step: Any = 1,
    dtype: Any = None,
    *,
    device: str | None = None,
) -> Any:
    """Numbers from ``start`` (0, if one number is given) up to, not including, ``stop``.

    >>> arange(3), arange(1, 7, 2)
    (array([0, 1, 2]), array([1, 3, 5]))
    """
    check_device(device)
    start, stop, step = _number(start), _number(stop), _number(step)
    first, last = (0, start) if stop is None else (start, stop)
    return as_array(np.arange(first, last, step, dtype))


def linspace(
    start: Any,
    stop: Any,
    /,
    num: int = 50,
    endpoint: bool = True,
    *,
    dtype: Any = None,
    device: str | None = None,
) -> Any:
    """``num`` numbers at equal distances, from ``start`` to ``stop``, which it includes.

    >>> linspace(0, 1, 5)
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    check_device(device)
    if not (isinstance(start, Tensor) or isinstance(stop, Tensor)):
        return as_array(np.linspace(start, stop, num, endpoint, dtype=dtype))
    share = np.linspace(0.0, 1.0, num, endpoint)
    share = share.reshape(-1, *[1] * max(np.ndim(start), np.ndim(stop)))
    numbers = start * (1 - share) + stop * share
    return numbers if dtype is None else lg.astype(numbers, dtype)


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: float = 10.0
) -> Any:
    """``base`` to the powers of ``linspace(start, stop, num)``."""
    from .elementwise import power

    return power(base, linspace(start, stop, num, endpoint))


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    k: int = 0,
    dtype: Any = None,
    *,
    device: str | None = None,
) -> Any:
    """Ones along a diagonal, zeros elsewhere.

    >>> eye(2)
    array([[1., 0.],
           [0., 1.]])
    """
    check_device(device)
    return as_array(np.eye(n_rows, n_cols, k, dtype=dtype))


def identity(n: int, dtype: Any = None) -> Any:
    """The unit matrix."""
    return eye(n, dtype=dtype)


def tri(n: int, m: int | None = None, k: int = 0, dtype: Any = float) -> Any:
    """Ones on and below a diagonal, zeros above."""
    return as_array(np.tri(n, m, k, dtype))


def meshgrid(*arrays: Any, indexing: str = "xy", sparse: bool = False) -> Any:
    """Coordinates of a grid, an array for each axis of it.

    >>> x, y = meshgrid(np.arange(3), np.arange(2))
    >>> y
    array([[0, 0, 0],
           [1, 1, 1]])
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing is 'xy' or 'ij', got {indexing!r}")
    count = len(arrays)
    order = list(range(count))
    if indexing == "xy" and count > 1:
        order[:2] = 1, 0
    lines = [views.reshape(as_operand(line), (-1,)) for line in arrays]
    grid = [0] * count
    columns = []
    for line, axis in zip(lines, order, strict=True):
        grid[axis] = line.shape[0]
        columns.append(views.reshape(line, [-1 if a == axis else 1 for a in range(count)]))
    if not sparse:
        columns = [views.broadcast_to(column, tuple(grid)) for column in columns]
    return tuple([as_array(c if isinstance(c, Tensor) else c.copy()) for c in columns])


def from_dlpack(x: Any, /, *, device: str | None = None, copy: bool | None = None) -> Any:
    """An array of another library, without a copy where that is possible.

    >>> from_dlpack(np.arange(3))
    array([0, 1, 2])
    """
    check_device(device)
    return as_array(np.from_dlpack(x, device=device, copy=copy))


def frombuffer(buffer: Any, dtype: Any = float, count: int = -1, offset: int = 0) -> Any:
    """Bytes read as numbers."""
    return as_array(np.frombuffer(buffer, dtype, count, offset))


__all__ = [
    "arange",
    "array",
    "asanyarray",
    "asarray",
    "ascontiguousarray",
    "copy",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "frombuffer",
    "full",
    "full_like",
    "identity",
    "linspace",
    "logspace",
    "meshgrid",
    "ones",
    "ones_like",
    "tri",
    "zeros",
    "zeros_like",
]
