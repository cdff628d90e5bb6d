"""Reading and writing by index, and sorting, as ONNX operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import Row
from .kernels import computed_in
from .writer import Writer


def _gather(w: Writer, node: Any, x: str, *indices: str) -> str:
    axes = node.params["axes"]
    ndim = node.inputs[0].ndim
    if len(indices) == 1 and axes == (0,):
        return w.op("Gather", x, indices[0], axis=0)
    return w.op("GatherND", _to_front(w, x, axes, ndim), _places(w, indices))


def _places(w: Writer, indices: tuple[str, ...]) -> str:
    """Indices side by side along a last axis, as GatherND and ScatterND take them."""
    columns = [w.op("Unsqueeze", w.cast(i, np.int64), w.ints(-1)) for i in indices]
    return columns[0] if len(columns) == 1 else w.op("Concat", *columns, axis=-1)


def _order(axes: tuple[int, ...], ndim: int) -> list[int]:
    return [*axes, *[a for a in range(ndim) if a not in axes]]


def _to_front(w: Writer, x: str, axes: tuple[int, ...], ndim: int) -> str:
    order = _order(axes, ndim)
    return x if order == list(range(ndim)) else w.op("Transpose", x, perm=order)


def _scatter(reduction: str) -> Row:
    """Where two go to one place, ``add`` adds both; without it the standard leaves open which."""

    def row(w: Writer, node: Any, x: str, updates: str, *indices: str) -> str:
        axes, ndim = node.params["axes"], node.ndim
        order = _order(axes, ndim)
        moved = _to_front(w, x, axes, ndim)
        wide = np.float32 if node.dtype == np.float16 else node.dtype  # float16 has no kernel
        data = [v if wide == node.dtype else w.cast(v, wide) for v in (moved, updates)]
        found = w.op("ScatterND", data[0], _places(w, indices), data[1], reduction=reduction)
        found = found if wide == node.dtype else w.cast(found, node.dtype)
        if order == list(range(ndim)):
            return found
        return w.op("Transpose", found, perm=np.argsort(order).tolist())

    return row


def _sorted(w: Writer, node: Any, x: str) -> list[str]:
    """Values and places in ascending order; of equal ones the earlier is first."""
    axis = node.params["axis"]
    dtype = node.inputs[0].type.dtype
    wide = computed_in("TopK", dtype)
    x = x if wide == dtype else w.cast(x, wide)
    count = w.length(w.file.sizes.shape(node.inputs[0])[axis])
    return w.op("TopK", x, count, outputs=2, axis=axis, largest=0, sorted=1)


def _sort(w: Writer, node: Any, x: str) -> str:
    return w.cast(_sorted(w, node, x)[0], node.dtype)


INDEXING: dict[str, Row] = {
    "gather": _gather,
    "scatter": _scatter("none"),
    "scatter_add": _scatter("add"),
    "sort": _sort,
    "argsort": lambda w, node, x: w.op("Identity", _sorted(w, node, x)[1]),
    "pick": lambda w, node, x: w.op("Identity", x[node.params["index"]]),
}
