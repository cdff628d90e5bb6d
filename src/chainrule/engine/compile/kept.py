"""Kept: what was compiled in an earlier process, found again by the structure of the graph.

A text that names everything the code depends on, node by node, is the key. So a second start
traces, but neither fuses nor writes nor compiles.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..config import config
from ..graph import Graph
from ..primitives.calls import CustomRule
from ..primitives.families import Primitive
from ..types import TensorType
from . import cache
from .machine import llvmlite_version, this_machine

_LARGE = 100_000  # bytes of constants from which on nothing is kept


def name_of(graph: Graph, *options: Any) -> str | None:
    """The key of a graph's code; None where something in it has no name (a user's own row)."""
    parts = [repr(options), config.mode, str(config.threads), _version(), llvmlite_version()]
    machine = this_machine(config.cpu)
    parts += [machine.cpu, machine.features, machine.triple]
    try:
        parts.append(_describe(graph))
    except _Unnamed:
        return None
    return cache.key(*parts)


class _Unnamed(Exception):
    pass


def _describe(graph: Graph) -> str:
    number = {node: i for i, node in enumerate(graph.inputs)}
    lines = [" ".join([repr(node.type) for node in graph.inputs])]
    for node in graph.nodes:
        number[node] = len(number)
        row = node.primitive
        if not isinstance(row, Primitive) or not _is_ours(row):
            raise _Unnamed
        operands = [number[x] for x in node.inputs]
        line = f"{row.name} {operands} {node.type}"
        if not node.inputs and node.known is not None:
            line += node.known.tobytes().hex()
        lines.append(line + "".join([f" {k}={_value(v)}" for k, v in node.params.items()]))
    lines.append(str([number[node] for node in graph.outputs]))
    return "\n".join(lines)


def _is_ours(row: Primitive) -> bool:
    return (row.llvm is None and row.family != "elementwise") or (
        getattr(row.llvm, "__module__", "").startswith("chainrule.")
    )


def _value(value: Any) -> str:
    if isinstance(value, Graph):
        return f"({_describe(value)})"
    if isinstance(value, CustomRule):
        return "rule"  # it has been applied already
    if isinstance(value, tuple | list):
        return f"({','.join([_value(each) for each in value])})"
    if isinstance(value, bool | int | float | str | np.dtype | np.generic) or value is None:
        return repr(value)
    if isinstance(value, type) and issubclass(value, np.generic):
        return value.__name__
    raise _Unnamed


@functools.cache
def _version() -> str:
    """What the engine's files are, as far as their sizes and times tell."""
    folder = Path(__file__).parent.parent
    found = []
    for place in (folder, folder / "primitives", folder / "compile"):
        for entry in os.scandir(place):
            if entry.name.endswith(".py"):
                status = entry.stat()
                found.append(f"{entry.name} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(sorted(found))


# -- entries -----------------------------------------------------------------------------------


def write(name: str, header: dict[str, Any], constants: Sequence[Any], code: bytes) -> None:
    """Keep code, what calls of it need to know, and its constant arrays."""
    store = cache.default_cache()
    if store is None or sum([a.nbytes for a in constants]) > _LARGE:
        return
    header = {**header, "constants": [[a.dtype.str, a.shape] for a in constants]}
    text = json.dumps(header).encode()
    store.write(name, b"\n".join([text, b"".join([a.tobytes() for a in constants]) + code]))


def read(name: str) -> tuple[dict[str, Any], list[Any], bytes] | None:
    """What ``write`` kept; None if there is nothing (whole)."""
    store = cache.default_cache()
    found = store.read(name) if store is not None else None
    if found is None:
        return None
    text, _, rest = found.partition(b"\n")
    try:
        header = json.loads(text)
    except ValueError:
        return None
    constants = []
    for dtype, shape in header["constants"]:
        kind = TensorType.of(tuple(shape), np.dtype(dtype))
        nbytes = kind.size * kind.dtype.itemsize
        constants.append(np.frombuffer(rest[:nbytes], kind.dtype).reshape(kind.shape))
        rest = rest[nbytes:]
    return header, constants, rest
