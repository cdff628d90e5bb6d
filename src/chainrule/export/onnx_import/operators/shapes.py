"""The same elements in another shape, order or number."""

from __future__ import annotations

import math

import numpy as np

from .... import numpy as cnp
from ....numpy import array_split, broadcast_to, concatenate, expand_dims, moveaxis, squeeze
from .common import axes_or_all, bounded, by_name, integers, numbers


def Reshape(x, shape, *, allowzero=0):
    """x in another shape; -1 stands for what is left, 0 for the axis's old length."""
    wanted = integers(shape, "Reshape")
    if not allowzero:
        wanted = [x.shape[i] if n == 0 else n for i, n in enumerate(wanted)]
    return x.reshape(tuple(wanted))


def Flatten(x, *, axis=1):
    """A matrix: the axes before ``axis`` are the rows."""
    axis = axis + x.ndim if axis < 0 else axis
    return x.reshape((math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))


def Squeeze(x, axes=None):
    """Without these axes of length 1; without all of them when none is named."""
    return squeeze(x, None if axes is None else tuple(integers(axes, "Squeeze")))


def Unsqueeze(x, axes):
    """A new axis of length 1 at each of these places."""
    return expand_dims(x, tuple(integers(axes, "Unsqueeze")))


def Transpose(x, *, perm=None):
    """Axes in another order, reversed when none is given."""
    return cnp.transpose(x, perm)


def Expand(x, shape):
    """Repeated to the shape in which x and ``shape`` meet."""
    wanted = tuple(integers(shape, "Expand"))
    return broadcast_to(x, bounded(np.broadcast_shapes(x.shape, wanted)))


def Tile(x, repeats):
    """The whole array again and again along each axis."""
    times = integers(repeats, "Tile")
    bounded((x.size, *times))
    return cnp.tile(x, tuple(times))


def Concat(*arrays, axis):
    """Joined along an axis."""
    return concatenate(arrays, axis)


def Split(x, split=None, *, axis=0, num_outputs=None, outputs):
    """Parts along an axis: of these lengths, or of equal ones, the last part shorter."""
    count, length = num_outputs or outputs, x.shape[axis]
    if split is None:
        size = -(-length // count)
        cuts = [min(length, size * i) for i in range(1, count)]
    else:
        cuts = np.cumsum(integers(split, "Split"))[:-1]
    return array_split(x, np.asarray(cuts, int), axis)


def Slice(x, starts, ends, axes=None, steps=None):
    """x[start:end:step] along these axes, the first ones when none is named."""
    first, last = integers(starts, "Slice"), integers(ends, "Slice")
    along = range(len(first)) if axes is None else axes_or_all(axes, x.ndim)
    strides = [1] * len(first) if steps is None else integers(steps, "Slice")
    index = [slice(None)] * x.ndim
    for axis, low, high, step in zip(along, first, last, strides, strict=True):
        # Going backwards, an end before the first element means: up to and with that.
        beyond = step < 0 and high < -x.shape[axis]
        index[axis] = slice(low, None if beyond else high, step)
    return x[tuple(index)]


def Pad(x, pads, value=None, axes=None, *, mode="constant"):
    """Elements added at (or, by negative numbers, taken from) both ends of axes."""
    along, ends = axes_or_all(axes, x.ndim), integers(pads, "Pad")
    lows, highs = ends[: len(along)], ends[len(along) :]
    widths = [(0, 0)] * x.ndim
    for axis, low, high in zip(along, lows, highs, strict=True):
        widths[axis] = (low, high)
    return pad(x, widths, 0 if value is None else value.reshape(()), mode)


def pad(x, widths, fill, mode="constant"):
    """As ``numpy.pad``, with negative widths that cut."""
    taken = [slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(widths, x.shape, strict=True)]
    added = [(max(a, 0), max(b, 0)) for a, b in widths]
    x = x if all(a >= 0 <= b for a, b in widths) else x[tuple(taken)]
    if not np.any(added):
        return x
    bounded([a + n + b for (a, b), n in zip(added, x.shape, strict=True)])
    return cnp.pad(x, added, mode, **({"constant_values": fill} if mode == "constant" else {}))


def pad_of_old(x, *, pads, mode="constant", value=0.0):
    """Until version 10 the value was a number."""
    return Pad(x, pads, np.asarray(value, x.dtype), mode=mode)


def Trilu(x, k=None, *, upper=1):
    """The upper (lower) triangle of the last two axes, zeros elsewhere."""
    (diagonal,) = [0] if k is None else integers(k, "Trilu")
    return cnp.triu(x, diagonal) if upper else cnp.tril(x, diagonal)


def DepthToSpace(x, *, blocksize, mode="DCR"):
    """(N, C b², H, W) to (N, C, H b, W b)."""
    n, c, h, w = x.shape
    b, c = blocksize, c // blocksize**2
    if mode == "DCR":
        blocks = x.reshape((n, b, b, c, h, w)).transpose((0, 3, 4, 1, 5, 2))
    else:
        blocks = x.reshape((n, c, b, b, h, w)).transpose((0, 1, 4, 2, 5, 3))
    return blocks.reshape((n, c, h * b, w * b))


def SpaceToDepth(x, *, blocksize, mode="DCR"):
    """(N, C, H b, W b) to (N, C b², H, W)."""
    n, c, h, w = x.shape
    b, h, w = blocksize, h // blocksize, w // blocksize
    order = (0, 3, 5, 1, 2, 4) if mode == "DCR" else (0, 1, 3, 5, 2, 4)
    blocks = x.reshape((n, c, h, b, w, b)).transpose(order)
    return blocks.reshape((n, c * b**2, h, w))


def ReverseSequence(x, lengths, *, batch_axis=1, time_axis=0):
    """The first ``lengths[b]`` steps of each sequence in reverse order."""
    moved = cnp.asarray(moveaxis(x, (batch_axis, time_axis), (0, 1)))
    rows, steps = np.ogrid[: moved.shape[0], : moved.shape[1]]
    ends = expand_dims(lengths, 1)
    order = cnp.where(steps < ends, ends - 1 - steps, steps)
    return moveaxis(moved[rows, order], (0, 1), (batch_axis, time_axis))


def Identity(x):
    """x, which may be a sequence."""
    return (x,)


def Dropout(x, ratio=None, training_mode=None, *, seed=None):
    """x: an exported model is run, not trained with noise; the mask is all true."""
    if training_mode is not None and numbers(training_mode, "Dropout").any():
        share = 0.5 if ratio is None else float(numbers(ratio, "Dropout"))
        if share:
            raise NotImplementedError("Dropout in training mode: export the model for inference")
    return x, np.ones(x.shape, bool)


OPERATORS = {
    "Pad": {1: pad_of_old, 11: Pad},
    **by_name(
        Concat,
        DepthToSpace,
        Dropout,
        Expand,
        Flatten,
        Identity,
        Reshape,
        ReverseSequence,
        Slice,
        SpaceToDepth,
        Split,
        Squeeze,
        Tile,
        Transpose,
        Trilu,
        Unsqueeze,
    ),
}
