"""Primitives that move elements, as ONNX operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..batch_size import Size
from .writer import Writer


def _reshape(w: Writer, node: Any, x: str) -> str:
    lengths = w.file.sizes.params(node)["shape"]
    free = [n for n in lengths if isinstance(n, Size)]
    if len(free) == 1:
        shape = w.ints(*[-1 if isinstance(n, Size) else n for n in lengths])
    else:
        shape = w.shape(lengths)
    return w.op("Reshape", x, shape)


def _transpose(w: Writer, node: Any, x: str) -> str:
    return w.op("Transpose", x, perm=node.params["axes"])


def _broadcast(w: Writer, node: Any, x: str) -> str:
    return w.expanded(w.with_ones(x, node), w.file.sizes.params(node)["shape"])


def _slice(w: Writer, node: Any, x: str) -> str:
    params = w.file.sizes.params(node)
    bounds = zip(params["start"], params["stop"], params["step"], strict=True)
    whole = w.file.sizes.shape(node.inputs[0])
    cut = [(axis, *b) for axis, b in enumerate(bounds) if not _is_all(b, whole[axis])]
    if not cut:
        return w.op("Identity", x)
    axes, start, stop, step = zip(*cut, strict=True)
    return w.op("Slice", x, w.shape(start), w.shape(stop), w.ints(*axes), w.shape(step))


def _is_all(bounds: tuple[int, int, int], length: int) -> bool:
    return bounds == (0, length, 1)


def _pad(w: Writer, node: Any, x: str) -> str:
    """Zeros between elements: each gets an axis of its own, which is padded and folded back."""
    params = w.file.sizes.params(node)
    before, after, between = params["before"], params["after"], params["between"]
    lengths = w.file.sizes.shape(node.inputs[0])
    for axis, gap in enumerate(between):
        if gap and lengths[axis] > 1:
            x = _spread(w, x, axis, gap, len(lengths))
    if not any((*before, *after)):
        return w.op("Identity", x)
    return _padded(w, node, x, before, after)


def _spread(w: Writer, x: str, axis: int, gap: int, ndim: int) -> str:
    """``gap`` zeros after each element along an axis, but not after the last."""
    x = w.op("Unsqueeze", x, w.ints(axis + 1))
    widths = [0] * (ndim + 1)
    x = w.op("Pad", x, w.ints(*widths, *[gap * (a == axis + 1) for a in range(ndim + 1)]))
    lengths = w.op("Shape", x)
    head = w.op("Slice", lengths, w.ints(0), w.ints(axis))
    tail = w.op("Slice", lengths, w.ints(axis + 2), w.ints(ndim + 1))
    x = w.op("Reshape", x, w.op("Concat", head, w.ints(-1), tail, axis=0))
    return w.op("Slice", x, w.ints(0), w.ints(-gap), w.ints(axis))


def _padded(w: Writer, node: Any, x: str, before: Any, after: Any) -> str:
    from .kernels import computed_in

    widths = w.shape((*before, *after))
    wide = computed_in("Pad", node.dtype)
    if wide == node.dtype:
        return w.op("Pad", x, widths)
    return w.cast(w.op("Pad", w.cast(x, wide), widths), node.dtype)


def reverse(w: Writer, x: str, axes: Any) -> str:
    """Elements in reverse order along these axes."""
    count = len(axes)
    last = [np.iinfo(np.int64).min + 1] * count
    ends = w.ints(*last), w.ints(*axes), w.ints(*[-1] * count)
    return w.op("Slice", x, w.ints(*[-1] * count), *ends)


def _flip(w: Writer, node: Any, x: str) -> str:
    axes = node.params["axes"]
    return reverse(w, x, axes) if axes else w.op("Identity", x)


VIEWS = {
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast": _broadcast,
    "slice": _slice,
    "pad": _pad,
    "flip": _flip,
    "concatenate": lambda w, node, *xs: w.op("Concat", *xs, axis=node.params["axis"]),
}
