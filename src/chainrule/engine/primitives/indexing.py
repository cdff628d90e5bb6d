"""Reading and writing by index: slices, gather, scatter, take_along_axis, sort."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import trace
from ..errors import DtypeError, ShapeError
from ..tensor import Parameter, Tensor
from ..types import TensorType
from . import logic as lg
from .families import Cotangents, Primitive, stack_same
from .reductions import as_operand, batch_axis
from .views import Shape, broadcast_to, flip, moveaxis, one_axis, reshape, shape_of, slice_row

# -- gather and scatter ------------------------------------------------------------------------
#
# ``gather(x, i, j, axes=(0, 2))`` is x[i, :, j] with the index axes in front. Indices have one
# common shape, are not negative, and lie within bounds.


def _gather_shape(x: Shape, index: Shape, axes: Shape) -> Shape:
    return index + tuple([n for a, n in enumerate(x) if a not in axes])


def _infer_gather(x: TensorType, *indices: TensorType, axes: Shape) -> TensorType:
    return TensorType.of(_gather_shape(x.shape, indices[0].shape, axes), x.dtype)


def _to_front(x: Any, axes: Shape) -> Any:
    return np.moveaxis(x, axes, range(len(axes)))


def _numpy_gather(x: Any, *indices: Any, axes: Shape) -> Any:
    return _to_front(np.asarray(x), axes)[tuple(map(np.asarray, indices))]


def _gather_vjp(ct: Any, y: Any, x: Any, *indices: Any, axes: Shape) -> Cotangents:
    return [scatter_add(lg.zeros_like(x), ct, *indices, axes=axes), *[None] * len(indices)]


def _stack_indices(
    size: int, batched: Sequence[bool], indices: Sequence[Any], axes: Shape
) -> tuple[list[Any], Shape]:
    """Indices into a stacked array: which of the stack, then each one's own index."""
    stacked = [i if b else stack_same(i, size) for i, b in zip(indices, batched, strict=True)]
    shape = shape_of(stacked[0])
    number = np.arange(size).reshape((size,) + (1,) * (len(shape) - 1))
    which = np.broadcast_to(number, shape)
    return [which, *stacked], (0, *[a + 1 for a in axes])


def _batch_gather(
    primitive: Primitive, size: int, batched: Sequence[bool], inputs: Any, params: Any
) -> tuple[Any, bool]:
    x, *indices = inputs
    axes = params["axes"]
    if not batched[0]:
        stacked = [
            i if b else stack_same(i, size) for i, b in zip(indices, batched[1:], strict=True)
        ]
        return trace.apply(primitive, x, *stacked, axes=axes), True
    places, moved = _stack_indices(size, batched[1:], indices, axes)
    return trace.apply(primitive, x, *places, axes=moved), True


gather = Primitive("gather", "indexing", _infer_gather, _numpy_gather, _gather_vjp, _batch_gather)


def _infer_scatter(
    x: TensorType, updates: TensorType, *indices: TensorType, axes: Shape
) -> TensorType:
    wanted = _gather_shape(x.shape, indices[0].shape, axes)
    if updates.shape != wanted:
        raise ShapeError(f"scatter: updates have shape {updates.shape}, the places {wanted}")
    if updates.dtype != x.dtype:
        raise DtypeError(f"scatter: {updates.dtype} cannot be written into {x.dtype}")
    return x


def _batch_scatter(
    primitive: Primitive, size: int, batched: Sequence[bool], inputs: Any, params: Any
) -> tuple[Any, bool]:
    x, updates, *indices = inputs
    places, moved = _stack_indices(size, batched[2:], indices, params["axes"])
    x = x if batched[0] else stack_same(x, size)
    updates = updates if batched[1] else stack_same(updates, size)
    return trace.apply(primitive, x, updates, *places, axes=moved), True


def _numpy_scatter_add(x: Any, updates: Any, *indices: Any, axes: Shape) -> Any:
    out = np.array(x)
    np.add.at(_to_front(out, axes), tuple(map(np.asarray, indices)), updates)
    return out


def _numpy_scatter(x: Any, updates: Any, *indices: Any, axes: Shape) -> Any:
    out = np.array(x)
    _to_front(out, axes)[tuple(map(np.asarray, indices))] = updates
    return out


def _scatter_add_vjp(
    ct: Any, y: Any, x: Any, updates: Any, *indices: Any, axes: Shape
) -> Cotangents:
    return [ct, trace.apply(gather, ct, *indices, axes=axes), *[None] * len(indices)]


def _scatter_vjp(ct: Any, y: Any, x: Any, updates: Any, *indices: Any, axes: Shape) -> Cotangents:
    """What was overwritten gets nothing; of several writes to one place the last one counts."""
    zeros = lg.zeros_like(updates)
    order = reshape(np.arange(1, 1 + int(np.prod(shape_of(updates)))), shape_of(updates))
    none = np.zeros(shape_of(x), order.dtype)
    last = trace.apply(scatter, none, order, *indices, axes=axes)
    wins = lg.equal(trace.apply(gather, last, *indices, axes=axes), order)
    taken = trace.apply(gather, ct, *indices, axes=axes)
    kept = trace.apply(scatter, ct, zeros, *indices, axes=axes)
    return [kept, lg.where(wins, taken, zeros), *[None] * len(indices)]


scatter_add = Primitive(
    "scatter_add", "indexing", _infer_scatter, _numpy_scatter_add, _scatter_add_vjp, _batch_scatter
)
scatter = Primitive(
    "scatter", "indexing", _infer_scatter, _numpy_scatter, _scatter_vjp, _batch_scatter
)

# -- x[index] ----------------------------------------------------------------------------------


def getitem(x: Any, index: Any) -> Any:
    """``x[index]`` with NumPy's meaning: integers, slices, None, ..., arrays and boolean masks."""
    if _is_truth(index):
        return getitem(x, (None, ...))[: int(bool(index))]
    plan = _plan(x, index)
    result = _cut(x, plan.slices, plan.shape)
    if plan.arrays:
        result = gather(result, *plan.arrays, axes=plan.axes)
        if plan.target:
            width = len(shape_of(plan.arrays[0]))
            result = moveaxis(result, range(width), range(plan.target, plan.target + width))
    return result


class _Plan(NamedTuple):
    """An index taken apart: a strided cut, a reshape, then a gather along ``axes``."""

    slices: list[slice]
    shape: Shape
    arrays: list[Any]
    axes: Shape
    target: int


def _plan(x: Any, index: Any) -> _Plan:
    shape = shape_of(x)
    items = _spell_out(index, shape)
    slices: list[slice] = []
    lengths: list[int] = []
    arrays: list[Any] = []
    axes: list[int] = []
    scalars: list[int] = []
    axis = 0
    for item in items:
        if item is None:
            lengths.append(1)
            continue
        n = shape[axis]
        if isinstance(item, slice):
            slices.append(item)
            lengths.append(len(range(*item.indices(n))))
        elif _is_integer(item):
            number = operator.index(item)
            if not -n <= number < n:
                raise IndexError(
                    f"index {number} is out of bounds for axis {axis} of shape {shape}"
                )
            slices.append(slice(number % n, number % n + 1))
            scalars.append(len(lengths))
            lengths.append(1)
        else:
            slices.append(slice(None))
            axes.append(len(lengths))
            arrays.append(_valid_index(item, n, axis, shape))
            lengths.append(n)
        axis += 1
    # NumPy treats a scalar beside index arrays as an array; alone, it drops its axis.
    if arrays:
        for place in scalars:
            axes.append(place)
            arrays.append(np.zeros((), np.intp))
        order = sorted(builtins.range(len(axes)), key=axes.__getitem__)
        axes, arrays = [axes[i] for i in order], [arrays[i] for i in order]
        common = np.broadcast_shapes(*[shape_of(a) for a in arrays])
        arrays = [broadcast_to(lg.astype(a, np.intp), common) for a in arrays]
        together = axes == list(range(axes[0], axes[0] + len(axes)))
        return _Plan(slices, tuple(lengths), arrays, tuple(axes), axes[0] if together else 0)
    kept = tuple(n for place, n in enumerate(lengths) if place not in scalars)
    return _Plan(slices, kept, [], (), 0)


def _spell_out(index: Any, shape: Shape) -> list[Any]:
    """One entry an axis (None for a new one): masks become index arrays, ... becomes slices."""
    entries = list(index) if isinstance(index, tuple) else [index]
    items: list[Any] = []
    for entry in entries:
        if isinstance(entry, Parameter):
            entry = entry.data
        if entry is None or entry is Ellipsis or isinstance(entry, slice) or _is_integer(entry):
            items.append(entry)
            continue
        array = entry if isinstance(entry, Tensor) else np.asarray(entry)
        if isinstance(array, np.ndarray) and not array.size and array.dtype.kind == "f":
            array = array.astype(np.intp)
        if array.dtype.kind == "b":
            mask = array.numpy() if isinstance(array, Tensor) else array
            items.extend(np.nonzero(mask))
        elif array.dtype.kind in "iu":
            items.append(array)
        else:
            raise IndexError(
                f"an array of dtype {array.dtype} is no index; use integers or booleans"
            )
    used = builtins.sum(item is not None and item is not Ellipsis for item in items)
    if used > len(shape):
        raise IndexError(f"{used} indices for an array with {len(shape)} axes, of shape {shape}")
    missing = [slice(None)] * (len(shape) - used)
    places = [i for i, item in enumerate(items) if item is Ellipsis]
    if len(places) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    if places:
        return items[: places[0]] + missing + items[places[0] + 1 :]
    return items + missing


def _is_truth(value: Any) -> bool:
    """Whether it is a mask without axes: True keeps all of ``x[None]``, False nothing."""
    if isinstance(value, Tensor | np.ndarray):
        return value.dtype.kind == "b" and not value.ndim
    return isinstance(value, bool | np.bool_)


def _is_integer(value: Any) -> bool:
    if isinstance(value, bool | np.bool_ | Tensor):
        return False
    return isinstance(value, int | np.integer) or (
        isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iu"
    )


def _valid_index(index: Any, n: int, axis: int, shape: Shape) -> Any:
    """Negative indices count from the end. A tensor's cannot be checked: they are clipped."""
    if isinstance(index, Tensor):
        index = lg.astype(index, np.intp)
        wrapped = lg.where(index < 0, index + n, index)
        return lg.maximum(0, lg.minimum(wrapped, max(n - 1, 0)))
    index = index.astype(np.intp)
    if index.size and (index.min() < -n or index.max() >= n):
        bad = index.min() if index.min() < -n else index.max()
        raise IndexError(f"index {bad} is out of bounds for axis {axis} of shape {shape}")
    return np.where(index < 0, index + n, index)


def _cut(x: Any, slices: list[slice], shape: Shape) -> Any:
    """The strided part of an array; a backward slice is a forward one, flipped."""
    old = shape_of(x)
    start, stop, step, backward = [], [], [], []
    for axis, (n, piece) in enumerate(zip(old, slices, strict=True)):
        covered = range(*piece.indices(n))
        if covered.step < 0:
            covered = covered[::-1]
            backward.append(axis)
        start.append(covered.start if len(covered) else 0)
        stop.append(covered[-1] + 1 if len(covered) else 0)
        step.append(covered.step if len(covered) > 1 else 1)
    if (tuple(start), tuple(stop)) != ((0,) * len(old), old) or builtins.any(s != 1 for s in step):
        x = trace.apply(slice_row, x, start=tuple(start), stop=tuple(stop), step=tuple(step))
    if backward:
        x = flip(x, tuple(backward))
    return reshape(x, shape) if shape_of(x) != shape else x


class At:
    """``x.at[index]``: what to change in a copy of ``x``.

    >>> import chainrule as cr, numpy as np
    >>> cr.jit(lambda x: x.at[0].set(5.0))(np.zeros(3))
    array([5., 0., 0.])
    """

    def __init__(self, x: Any, index: Any = None) -> None:
        self._x, self._index = x, index

    def __getitem__(self, index: Any) -> At:
        return At(self._x, index)

    def _write(self, row: Primitive, values: Any) -> Any:
        x = self._x
        number = np.arange(x.size).reshape(x.shape)
        places = getitem(number, self._index)
        values = broadcast_to(lg.astype(as_operand(values), x.dtype), places.shape)
        flat = trace.apply(row, reshape(x, (-1,)), values, places, axes=(0,))
        changed = reshape(flat, x.shape)
        return changed if isinstance(changed, Tensor) else changed.view(type(x))

    def set(self, values: Any) -> Any:
        """A copy with these elements replaced."""
        return self._write(scatter, values)

    def add(self, values: Any) -> Any:
        """A copy with something added to these elements; repeated places add up."""
        return self._write(scatter_add, values)

    def multiply(self, values: Any) -> Any:
        """A copy with these elements multiplied."""
        return self.set(getitem(self._x, self._index) * values)

    def min(self, values: Any) -> Any:
        """A copy with these elements lowered to at most ``values``."""
        return self.set(lg.minimum(getitem(self._x, self._index), values))

    def max(self, values: Any) -> Any:
        """A copy with these elements raised to at least ``values``."""
        return self.set(lg.maximum(getitem(self._x, self._index), values))


# -- along an axis -----------------------------------------------------------------------------


def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Elements at these places of an axis (of the flattened array when None)."""
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    axis = one_axis(axis, len(shape_of(x)))
    return getitem(x, (slice(None),) * axis + (as_operand(indices),))


def take_along_axis(x: Any, indices: Any, axis: int | None = -1) -> Any:
    """``x[..., indices[..., i], ...]``: each line along the axis has its own indices."""
    x, indices = as_operand(x), as_operand(indices)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    axis = one_axis(axis, x.ndim)
    grid: list[Any] = []
    for a, n in enumerate(x.shape):
        shape = [1] * x.ndim
        shape[a] = n
        grid.append(indices if a == axis else np.arange(n).reshape(shape))
    return getitem(x, tuple(grid))


def _sort_vjp(ct: Any, y: Any, x: Any, axis: int) -> Cotangents:
    rank = argsort(argsort(x, axis), axis)
    return [take_along_axis(ct, rank, axis)]


sort_row = Primitive(
    "sort",
    "indexing",
    lambda x, axis: x,
    lambda x, axis: np.sort(x, axis, kind="stable"),
    _sort_vjp,
    batch_axis,
)
argsort_row = Primitive(
    "argsort",
    "indexing",
    lambda x, axis: TensorType.of(x.shape, np.intp),
    lambda x, axis: np.argsort(x, axis, kind="stable"),
    None,
    batch_axis,
)


def sort(x: Any, axis: int | None = -1) -> Any:
    """Elements in ascending order along an axis (of the flattened array when None)."""
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    return trace.apply(sort_row, x, axis=one_axis(axis, len(shape_of(x))))


def argsort(x: Any, axis: int | None = -1) -> Any:
    """The order that sorts along an axis; equal elements keep theirs."""
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    return trace.apply(argsort_row, x, axis=one_axis(axis, len(shape_of(x))))
