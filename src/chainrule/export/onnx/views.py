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
    axes, *numbers = zip(*cut, strict=True)
    start, stop, step = map(w.shape, numbers)
    return w.op("Slice", x, start, stop, w.ints(*axes), step)


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
    return w.typed("Pad", node, x, w.shape((*before, *after)), data=(0,))


def _spread(w: Writer, x: str, axis: int, gap: int, ndim: int) -> str:
    """``gap`` zeros after each element along an axis, but not after the last."""
    x = w.op("Unsqueeze", x, w.ints(axis + 1))
    before, after = [0] * (ndim + 1), [0] * (ndim + 1)
    after[axis + 1] = gap
    x = w.op("Pad", x, w.ints(*before, *after))
    lengths = w.op("Shape", x)
    head = w.op("Slice", lengths, w.ints(0), w.ints(axis))
    tail = w.op("Slice", lengths, w.ints(axis + 2), w.ints(ndim + 1))
    shape = w.op("Concat", head, w.ints(-1), tail, axis=0)
    x = w.op("Reshape", x, shape)
    return w.op("Slice", x, w.ints(0), w.ints(-gap), w.ints(axis))


def _reversed(w: Writer, x: str, axes: tuple[int, ...]) -> str:
    """Elements in reverse order along these axes: from the last to before the first."""
    last = w.ints(*[-1] * len(axes))
    before_first = w.ints(*[np.iinfo(np.int64).min + 1] * len(axes))
    return w.op("Slice", x, last, before_first, w.ints(*axes), last)


def _flip(w: Writer, node: Any, x: str) -> str:
    axes = node.params["axes"]
    return _reversed(w, x, axes) if axes else w.op("Identity", x)


VIEWS = {
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast": _broadcast,
    "slice": _slice,
    "pad": _pad,
    "flip": _flip,
    "concatenate": lambda w, node, *xs: w.op("Concat", *xs, axis=node.params["axis"]),
}
