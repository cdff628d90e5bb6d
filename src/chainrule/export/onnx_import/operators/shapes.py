"""The same elements in another shape, order or number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .... import numpy as cnp
from ....engine.primitives.reductions import as_operand
from .common import axes_or_all, bounded, by_name, integers, numbers


def Reshape(x: Any, shape: Any, *, allowzero: int = 0) -> Any:
    """x in another shape; -1 stands for what is left, 0 for the axis's old length."""
    old, wanted = cnp.shape(x), integers(shape, "Reshape")
    if not allowzero:
        wanted = [old[i] if n == 0 else n for i, n in enumerate(wanted)]
    return cnp.reshape(as_operand(x), tuple(wanted))


def Flatten(x: Any, *, axis: int = 1) -> Any:
    """A matrix: the axes before ``axis`` are the rows."""
    x = as_operand(x)
    axis = axis % x.ndim if axis < 0 else axis
    return cnp.reshape(x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))


def Squeeze(x: Any, axes: Any = None) -> Any:
    """Without these axes of length 1; without all of them when none is named."""
    return cnp.squeeze(x, None if axes is None else tuple(integers(axes, "Squeeze")))


def Unsqueeze(x: Any, axes: Any) -> Any:
    """A new axis of length 1 at each of these places."""
    return cnp.expand_dims(x, tuple(integers(axes, "Unsqueeze")))


def Transpose(x: Any, *, perm: Any = None) -> Any:
    """Axes in another order, reversed when none is given."""
    return cnp.transpose(x, perm)


def Expand(x: Any, shape: Any) -> Any:
    """Repeated to the shape in which x and ``shape`` meet."""
    met = np.broadcast_shapes(cnp.shape(x), tuple(integers(shape, "Expand")))
    return cnp.broadcast_to(x, bounded(met))


def Tile(x: Any, repeats: Any) -> Any:
    """The whole array again and again along each axis."""
    times = integers(repeats, "Tile")
    bounded((cnp.size(x), *times))
    return cnp.tile(x, tuple(times))


def Concat(*arrays: Any, axis: int) -> Any:
    """Joined along an axis."""
    return cnp.concatenate(arrays, axis)


def Split(
    x: Any, split: Any = None, *, axis: int = 0, num_outputs: int | None = None, outputs: int
) -> Any:
    """Parts along an axis: of these lengths, or of equal ones, the last part shorter."""
    if split is None:
        count, length = num_outputs or outputs, cnp.shape(x)[axis]
        cuts = [min(length, -(-length // count) * i) for i in range(1, count)]
    else:
        cuts = np.cumsum(integers(split, "Split"))[:-1].tolist()
    return cnp.array_split(x, np.asarray(cuts, int), axis)


def Slice(x: Any, starts: Any, ends: Any, axes: Any = None, steps: Any = None) -> Any:
    """x[start:end:step] along these axes, the first ones when none is named."""
    first, last = integers(starts, "Slice"), integers(ends, "Slice")
    along = axes_or_all(axes, len(first))
    strides = [1] * len(first) if steps is None else integers(steps, "Slice")
    index = [slice(None)] * len(cnp.shape(x))
    for axis, low, high, step in zip(along, first, last, strides, strict=True):
        # Going backwards, an end before the first element means: up to and with that.
        stop = None if step < 0 and high < -cnp.shape(x)[axis] else high
        index[axis] = slice(low, stop, step)
    return as_operand(x)[tuple(index)]


def Pad(x: Any, pads: Any, value: Any = None, axes: Any = None, *, mode: str = "constant") -> Any:
    """Elements added at (or, by negative numbers, taken from) both ends of axes."""
    x = as_operand(x)
    along, ends = axes_or_all(axes, x.ndim), integers(pads, "Pad")
    widths = [(0, 0)] * x.ndim
    for axis, low, high in zip(along, ends, ends[len(along) :], strict=False):
        widths[axis] = (low, high)
    kept = [slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(widths, x.shape, strict=True)]
    added = [(max(a, 0), max(b, 0)) for a, b in widths]
    bounded([n + a + b for (a, b), n in zip(added, x.shape, strict=True)])
    fill = {"constant_values": 0 if value is None else as_operand(value).reshape(())}
    return cnp.pad(x[tuple(kept)], added, mode, **(fill if mode == "constant" else {}))


def pad_of_old(x: Any, *, pads: Any, mode: str = "constant", value: float = 0.0) -> Any:
    """Until version 10 the value was a number."""
    return Pad(x, pads, np.asarray(value, as_operand(x).dtype), mode=mode)


def Trilu(x: Any, k: Any = None, *, upper: int = 1) -> Any:
    """The upper (lower) triangle of the last two axes, zeros elsewhere."""
    (diagonal,) = [0] if k is None else integers(k, "Trilu")
    return (cnp.triu if upper else cnp.tril)(x, diagonal)


def DepthToSpace(x: Any, *, blocksize: int, mode: str = "DCR") -> Any:
    """(N, C b², H, W) to (N, C, H b, W b)."""
    n, c, h, w = cnp.shape(x)
    b = blocksize
    if mode == "DCR":
        blocks = cnp.transpose(cnp.reshape(x, (n, b, b, c // b**2, h, w)), (0, 3, 4, 1, 5, 2))
    else:
        blocks = cnp.transpose(cnp.reshape(x, (n, c // b**2, b, b, h, w)), (0, 1, 4, 2, 5, 3))
    return cnp.reshape(blocks, (n, c // b**2, h * b, w * b))


def SpaceToDepth(x: Any, *, blocksize: int, mode: str = "DCR") -> Any:
    """(N, C, H b, W b) to (N, C b², H, W)."""
    n, c, h, w = cnp.shape(x)
    b = blocksize
    blocks = cnp.reshape(x, (n, c, h // b, b, w // b, b))
    order = (0, 3, 5, 1, 2, 4) if mode == "DCR" else (0, 1, 3, 5, 2, 4)
    return cnp.reshape(cnp.transpose(blocks, order), (n, c * b**2, h // b, w // b))


def ReverseSequence(x: Any, lengths: Any, *, batch_axis: int = 1, time_axis: int = 0) -> Any:
    """The first ``lengths[b]`` steps of each sequence in reverse order."""
    moved = cnp.moveaxis(x, (batch_axis, time_axis), (0, 1))
    steps = np.arange(cnp.shape(moved)[1])
    ends = cnp.expand_dims(as_operand(lengths), 1)
    order = cnp.where(steps < ends, ends - 1 - steps, steps)
    rows = np.arange(cnp.shape(moved)[0])[:, None]
    return cnp.moveaxis(cnp.asarray(moved)[rows, order], (0, 1), (batch_axis, time_axis))


def Identity(x: Any) -> tuple[Any]:
    """x, which may be a sequence."""
    return (x,)


def Dropout(
    x: Any, ratio: Any = None, training_mode: Any = None, *, seed: int | None = None
) -> Any:
    """x: an exported model is run, not trained with noise; the mask is all true."""
    if training_mode is not None and numbers(training_mode, "Dropout").any():
        share = 0.5 if ratio is None else float(numbers(ratio, "Dropout"))
        if share:
            raise NotImplementedError("Dropout in training mode: export the model for inference")
    return x, np.ones(cnp.shape(x), bool)


OPERATORS: dict[str, Any] = {
    "Pad": {1: pad_of_old, 11: Pad},
    **by_name(Concat, DepthToSpace, Dropout, Expand, Flatten, Identity, Reshape),
    **by_name(ReverseSequence, Slice, SpaceToDepth, Split, Squeeze, Tile, Transpose, Trilu),
    **by_name(Unsqueeze),
}
