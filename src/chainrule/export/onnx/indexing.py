"""Reading and writing by index, and sorting, as ONNX operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import Row
from .kernels import computed_in
from .writer import Writer


def _gather(w: Writer, node: Any, x: str, *indices: str) -> str:
    axes = node.params["axes"]
    if axes == (0,):
        return w.op("Gather", x, *indices, axis=0)
    x = _moved(w, x, _order(axes, node.inputs[0].ndim))
    return w.op("GatherND", x, _places(w, indices))


def _places(w: Writer, indices: tuple[str, ...]) -> str:
    """Indices side by side along a last axis, as GatherND and ScatterND take them."""
    columns = [w.op("Unsqueeze", w.cast(i, np.int64), w.ints(-1)) for i in indices]
    return columns[0] if len(columns) == 1 else w.op("Concat", *columns, axis=-1)


def _order(axes: tuple[int, ...], ndim: int) -> list[int]:
    """The indexed axes first, then the others."""
    return [*axes, *[a for a in range(ndim) if a not in axes]]


def _moved(w: Writer, x: str, order: list[int]) -> str:
    return x if order == sorted(order) else w.op("Transpose", x, perm=order)


def _scatter(reduction: str) -> Row:
    """Where two go to one place, ``add`` adds both; without it the standard leaves open which."""

    def row(w: Writer, node: Any, x: str, updates: str, *indices: str) -> str:
        order = _order(node.params["axes"], node.ndim)
        x = _moved(w, x, order)
        places = _places(w, indices)
        found = w.typed(
            "ScatterND", node, x, places, updates, data=(0, 2), of=0, reduction=reduction
        )
        return _moved(w, found, np.argsort(order).tolist())

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
