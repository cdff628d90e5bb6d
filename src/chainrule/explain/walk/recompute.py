"""Change a value in a graph that ran, and compute again only what depends on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ...engine.graph import Node

Values = dict[Node, Any]


def dependents(
    nodes: Sequence[Any], changed: Collection[Node], fixed: Collection[Node] = ()
) -> list[Any]:
    """The nodes that depend on a changed one, in order; ``fixed`` ones do not."""
    touched = set(changed)
    found = []
    for node in nodes:
        if node not in touched and node not in fixed and any(x in touched for x in node.inputs):
            touched.add(node)
            found.append(node)
    return found


def compute(node: Any, values: Mapping[Node, Any]) -> Any:
    """A node's value from those of its operands."""
    with np.errstate(all="ignore"):
        return node.primitive.numpy(*[values[x] for x in node.inputs], **node.params)


def compute_wide(node: Any, values: Mapping[Node, Any]) -> Any:
    """The same in float64 wherever that is possible: loops and random bits keep their dtypes."""
    row, params = node.primitive, dict(node.params)
    operands = [values[x] for x in node.inputs]
    if row.family in ("control", "random") or row.name == "bitcast":
        kinds = [x.type for x in node.inputs]
        operands = [_narrowed(x, kind) for x, kind in zip(operands, kinds, strict=True)]
    elif row.name == "convert" and np.dtype(params["dtype"]).kind == "f":
        params["dtype"] = np.dtype(np.float64)
    with np.errstate(all="ignore"):
        return row.numpy(*operands, **params)


def _narrowed(value: Any, kind: Any) -> Any:
    return value if isinstance(kind, tuple) else np.asarray(value).astype(kind.dtype)[()]


def widened(value: Any) -> Any:
    """Real numbers in float64; several results one by one."""
    if isinstance(value, tuple):
        return tuple(map(widened, value))
    array = np.asarray(value)
    return array.astype(np.float64)[()] if array.dtype.kind == "f" else value
