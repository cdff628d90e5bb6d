"""Operations that only move elements: reshape, transpose, broadcast, slice, pad, concatenate."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...hints import shapes
from .. import trace
from ..errors import DtypeError, ShapeError
from ..tensor import Tensor
from ..types import TensorType
from .families import Cotangents, Primitive, stack_same

Shape = tuple[int, ...]


def view(
    name: str,
    *,
    infer: Callable[..., TensorType],
    numpy: Callable[..., Any],
    vjp: Callable[..., Cotangents],
    batch: Callable[..., dict[str, Any]],
) -> Primitive:
    """A row with one array input that moves elements.

    ``batch(size, **params)`` gives the parameters for a stack along a new axis 0.
    """

    def batch_view(
        primitive: Primitive, size: int, batched: Any, inputs: Any, params: Any
    ) -> tuple[Any, bool]:
        return trace.apply(primitive, *inputs, **batch(size, **params)), True

    return Primitive(name, "view", infer, numpy, vjp, batch_view)


def shape_of(x: Any) -> Shape:
    """The shape of a tensor, array or number."""
    return x.shape if isinstance(x, Tensor) else np.shape(x)


def axes_of(axis: Any, ndim: int) -> Shape:
    """Axes as non-negative numbers, in order; None means all of them."""
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int and -ndim <= axis < ndim:
        return (axis % ndim,)
    given = axis if isinstance(axis, tuple | list) else (axis,)
    found = tuple(sorted(one_axis(a, ndim) for a in given))
    if len(set(found)) != len(found):
        raise ValueError(f"an axis is named twice in {axis}")
    return found


def one_axis(axis: Any, ndim: int) -> int:
    """One axis as a non-negative number."""
    number = operator.index(axis)
    if not -ndim <= number < ndim:
        raise np.exceptions.AxisError(number, ndim)
    return number % ndim


# -- reshape -----------------------------------------------------------------------------------


def _infer_reshape(x: TensorType, shape: Shape) -> TensorType:
    return TensorType.of(shape, x.dtype)


reshape_row = view(
    "reshape",
    infer=_infer_reshape,
    numpy=lambda x, shape: np.reshape(x, shape),
    vjp=lambda ct, y, x, shape: [reshape(ct, shape_of(x))],
    batch=lambda size, shape: {"shape": (size, *shape)},
)


def reshape(x: Any, shape: Any) -> Any:
    """The same elements, in row-major order, in another shape; one length may be -1."""
    old = shape_of(x)
    new = tuple(operator.index(n) for n in (shape if isinstance(shape, tuple | list) else (shape,)))
    size = int(np.prod(old, dtype=np.int64))
    if new.count(-1) == 1:
        known = int(np.prod([n for n in new if n != -1], dtype=np.int64))
        if known and size % known == 0:
            new = tuple(size // known if n == -1 else n for n in new)
    if min(new, default=0) < 0 or int(np.prod(new, dtype=np.int64)) != size:
        raise ShapeError(shapes.not_filling(old, new))
    if new == old and isinstance(x, Tensor):
        return x
    return trace.apply(reshape_row, x, shape=new)


def expand_dims(x: Any, axis: Any) -> Any:
    """A new axis of length 1 at each of these places."""
    old = shape_of(x)
    ndim = len(old) + (len(axis) if isinstance(axis, tuple | list) else 1)
    places = axes_of(axis, ndim)
    lengths = iter(old)
    return reshape(x, tuple(1 if i in places else next(lengths) for i in range(ndim)))


def squeeze(x: Any, axis: Any = None) -> Any:
    """Without these axes of length 1 (all such axes when none is named)."""
    old = shape_of(x)
    if axis is None:
        return reshape(x, tuple(n for n in old if n != 1))
    gone = axes_of(axis, len(old))
    for i in gone:
        if old[i] != 1:
            raise ShapeError(f"squeeze: axis {i} of shape {old} has length {old[i]}, not 1")
    return reshape(x, tuple(n for i, n in enumerate(old) if i not in gone))


# -- transpose ---------------------------------------------------------------------------------


def _infer_transpose(x: TensorType, axes: Shape) -> TensorType:
    return TensorType.of(tuple(x.shape[a] for a in axes), x.dtype)


transpose_row = view(
    "transpose",
    infer=_infer_transpose,
    numpy=lambda x, axes: np.transpose(x, axes),
    vjp=lambda ct, y, x, axes: [transpose(ct, np.argsort(axes).tolist())],
    batch=lambda size, axes: {"axes": (0, *[a + 1 for a in axes])},
)


def transpose(x: Any, axes: Any = None) -> Any:
    """Axes in another order; reversed when none is given."""
    ndim = len(shape_of(x))
    order = tuple(reversed(range(ndim))) if axes is None else tuple(one_axis(a, ndim) for a in axes)
    if sorted(order) != list(range(ndim)):
        raise ValueError(f"transpose: {axes} does not name each of {ndim} axes once")
    if order == tuple(range(ndim)) and isinstance(x, Tensor):
        return x
    return trace.apply(transpose_row, x, axes=order)


def swapaxes(x: Any, first: int, second: int) -> Any:
    """Two axes exchanged."""
    ndim = len(shape_of(x))
    if ndim < 2:
        raise ShapeError(f"a transposed matrix needs two axes; the shape is {shape_of(x)}")
    order = list(range(ndim))
    first, second = one_axis(first, ndim), one_axis(second, ndim)
    order[first], order[second] = order[second], order[first]
    return transpose(x, order)


def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Axes moved to new places, the others in their order."""
    ndim = len(shape_of(x))
    sources = [one_axis(a, ndim) for a in _as_tuple(source)]
    targets = [one_axis(a, ndim) for a in _as_tuple(destination)]
    order = [a for a in range(ndim) if a not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return transpose(x, order)


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list | range) else (value,)


# -- broadcast ---------------------------------------------------------------------------------


def _infer_broadcast(x: TensorType, shape: Shape, axes: Shape) -> TensorType:
    for length, axis in zip(x.shape, axes, strict=True):
        if length not in (1, shape[axis]):
            raise ShapeError(f"broadcast: {x.shape} does not fit axes {axes} of {shape}")
    return TensorType.of(shape, x.dtype)


def _numpy_broadcast(x: Any, shape: Shape, axes: Shape) -> Any:
    x = np.asarray(x)
    lengths = [1] * len(shape)
    for length, axis in zip(x.shape, axes, strict=True):
        lengths[axis] = length
    return np.broadcast_to(x.reshape(lengths), shape)


def _broadcast_vjp(ct: Any, y: Any, x: Any, shape: Shape, axes: Shape) -> Cotangents:
    from .reductions import sum

    mine = shape_of(x)
    repeated = [a for a in range(len(shape)) if a not in axes]
    repeated += [a for n, a in zip(mine, axes, strict=True) if n == 1 != shape[a]]
    return [reshape(sum(ct, axis=tuple(repeated)) if repeated else ct, mine)]


# Axis i of the input becomes axis ``axes[i]`` of the result; the others repeat it.
broadcast = view(
    "broadcast",
    infer=_infer_broadcast,
    numpy=_numpy_broadcast,
    vjp=_broadcast_vjp,
    batch=lambda size, shape, axes: {"shape": (size, *shape), "axes": (0, *[a + 1 for a in axes])},
)


def broadcast_in_dim(x: Any, shape: Shape, axes: Shape) -> Any:
    """Repeat along new axes: input axis ``i`` becomes axis ``axes[i]`` of the result."""
    return trace.apply(broadcast, x, shape=shape, axes=axes)


def broadcast_to(x: Any, shape: Any) -> Any:
    """Repeat to this shape, by NumPy's rule (axes meet from the right)."""
    old, new = shape_of(x), _as_tuple(shape)
    if old == new and isinstance(x, Tensor):
        return x
    offset = len(new) - len(old)
    if offset < 0 or any(n not in (1, m) for n, m in zip(old, new[offset:], strict=True)):
        raise ShapeError(f"broadcast_to: shape {old} cannot be repeated to {new}")
    return broadcast_in_dim(x, new, tuple(range(offset, len(new))))


# -- slice, pad, flip --------------------------------------------------------------------------


def _infer_slice(x: TensorType, start: Shape, stop: Shape, step: Shape) -> TensorType:
    lengths = [len(range(*bounds)) for bounds in zip(start, stop, step, strict=True)]
    return TensorType.of(tuple(lengths), x.dtype)


def _slice_vjp(ct: Any, y: Any, x: Any, start: Shape, stop: Shape, step: Shape) -> Cotangents:
    after = []
    for length, first, count, stride in zip(shape_of(x), start, shape_of(y), step, strict=True):
        after.append(length - first - (1 + (count - 1) * stride if count else 0))
    return [pad_row(ct, before=start, after=tuple(after), between=tuple(s - 1 for s in step))]


slice_row = view(
    "slice",
    infer=_infer_slice,
    numpy=lambda x, start, stop, step: x[tuple(map(slice, start, stop, step))],
    vjp=_slice_vjp,
    batch=lambda size, start, stop, step: dict(
        start=(0, *start), stop=(size, *stop), step=(1, *step)
    ),
)


def _infer_pad(x: TensorType, before: Shape, after: Shape, between: Shape) -> TensorType:
    lengths = [
        low + n + max(n - 1, 0) * gap + high
        for n, low, high, gap in zip(x.shape, before, after, between, strict=True)
    ]
    return TensorType.of(tuple(lengths), x.dtype)


def _pad_places(shape: Shape, before: Shape, between: Shape) -> tuple[slice, ...]:
    return tuple(
        slice(low, low + max((n - 1) * (gap + 1) + 1, 0), gap + 1)
        for n, low, gap in zip(shape, before, between, strict=True)
    )


def _numpy_pad(x: Any, before: Shape, after: Shape, between: Shape) -> Any:
    x = np.asarray(x)
    out = np.zeros(
        _infer_pad(TensorType.of(x.shape, x.dtype), before, after, between).shape, x.dtype
    )
    out[_pad_places(x.shape, before, between)] = x
    return out


def _pad_vjp(ct: Any, y: Any, x: Any, before: Shape, after: Shape, between: Shape) -> Cotangents:
    places = _pad_places(shape_of(x), before, between)
    bounds = {
        "start": tuple(p.start for p in places),
        "stop": tuple(p.stop for p in places),
        "step": tuple(p.step for p in places),
    }
    return [trace.apply(slice_row, ct, **bounds)]


# Zeros around the array, and ``between`` its elements.
pad_row = view(
    "pad",
    infer=_infer_pad,
    numpy=_numpy_pad,
    vjp=_pad_vjp,
    batch=lambda size, before, after, between: dict(
        before=(0, *before), after=(0, *after), between=(0, *between)
    ),
)


flip_row: Primitive = view(
    "flip",
    infer=lambda x, axes: x,
    numpy=lambda x, axes: np.flip(x, axes),
    vjp=lambda ct, y, x, axes: [trace.apply(flip_row, ct, axes=axes)],
    batch=lambda size, axes: {"axes": tuple(a + 1 for a in axes)},
)


def flip(x: Any, axis: Any = None) -> Any:
    """Elements in reverse order along these axes (all of them when none is named)."""
    return trace.apply(flip_row, x, axes=axes_of(axis, len(shape_of(x))))


# -- concatenate -------------------------------------------------------------------------------


def _infer_concatenate(*types: TensorType, axis: int) -> TensorType:
    first = types[0]
    rest = first.ndim, first.shape[:axis], first.shape[axis + 1 :]
    for other in types:
        if (other.ndim, other.shape[:axis], other.shape[axis + 1 :]) != rest:
            listed = ", ".join(str(t.shape) for t in types)
            raise ShapeError(f"concatenate: shapes {listed} differ outside axis {axis}")
        if other.dtype != first.dtype:
            raise DtypeError(f"concatenate: dtypes {first.dtype} and {other.dtype} differ")
    total = sum(t.shape[axis] for t in types)
    return TensorType.of((*rest[1], total, *rest[2]), first.dtype)


def _concatenate_vjp(ct: Any, y: Any, *inputs: Any, axis: int) -> Cotangents:
    parts = []
    first = 0
    for x in inputs:
        count = shape_of(x)[axis]
        index = (slice(None),) * axis + (slice(first, first + count),)
        parts.append(ct[index])
        first += count
    return parts


def _batch_concatenate(
    primitive: Primitive, size: int, batched: Sequence[bool], inputs: Any, params: Any
) -> tuple[Any, bool]:
    stacked = [x if b else stack_same(x, size) for x, b in zip(inputs, batched, strict=True)]
    return trace.apply(primitive, *stacked, axis=params["axis"] + 1), True


concatenate_row = Primitive(
    "concatenate",
    "view",
    _infer_concatenate,
    lambda *arrays, axis: np.concatenate(arrays, axis),
    _concatenate_vjp,
    _batch_concatenate,
)


def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    """Arrays joined along an axis; with ``axis=None``, flattened first."""
    items = [a if isinstance(a, Tensor) else np.asarray(a) for a in arrays]
    if not any(isinstance(a, Tensor) for a in items):
        return np.concatenate(items, axis)
    if axis is None:
        items, axis = [reshape(a, (-1,)) for a in items], 0
    if not items[0].ndim:
        raise ShapeError("concatenate: scalars have no axis to join along; use stack")
    dtype = np.result_type(*[a.dtype for a in items])
    from .logic import astype

    place = one_axis(axis, items[0].ndim)
    try:
        return trace.apply(concatenate_row, *[astype(a, dtype) for a in items], axis=place)
    except ShapeError as error:
        raise error.about("concatenate", items, shapes.join(place)) from None


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Arrays of one shape joined along a new axis."""
    items = [*arrays]
    place = one_axis(axis, len(shape_of(items[0])) + 1)
    if len({shape_of(item) for item in items}) > 1:
        nodes = [trace.node_of(item) for item in items]
        raise ShapeError("stack: the shapes differ", "stack", nodes, shapes.equal)
    return concatenate([expand_dims(item, place) for item in items], place)


def array(value: Any, dtype: Any = None) -> Any:
    """Nested lists of numbers, arrays and tensors as one array or tensor."""
    joined = _join(value)
    if isinstance(joined, Tensor):
        from .logic import astype

        return joined if dtype is None else astype(joined, dtype)
    return np.array(joined, dtype=dtype)


def _join(value: Any) -> Any:
    if isinstance(value, list | tuple):
        parts = [_join(item) for item in value]
        return stack(parts) if any(isinstance(part, Tensor) for part in parts) else value
    return value
