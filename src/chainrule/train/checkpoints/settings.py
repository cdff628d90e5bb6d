"""What must be the same for a run to go on from a checkpoint, as words and numbers."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np

from ...engine import tree
from ...engine.config import config
from ..batches import Arrays, Stream
from ..models import ModuleModel
from .packing import leaf_names

WHOLE = 2**24  # bytes up to which an array is compared whole, and how many are sampled else
_SAMPLED_STEPS = (0, 1, 10, 100, 1_000, 10_000)
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def describe_data(data: Arrays | Stream | None) -> Any:
    """Shapes, dtypes and a digest of the arrays; of a stream, nothing but that it is one."""
    if data is None:
        return None
    if isinstance(data, Stream):
        return {"stream of batches": data.steps(None)}
    x, y, weights = data.all
    named = {"x": x, "y": y, "weights": weights}
    return {name: describe_leaves(part, digest) for name, part in named.items()}


def describe_leaves(values: Any, how: Callable[[Any], str]) -> Any:
    """Each leaf of a tree in words, by name."""
    leaves, structure = tree.flatten(values, buffers=True)
    names = leaf_names(structure)
    found = {name: how(leaf) for name, leaf in zip(names, leaves, strict=True)}
    return found.get("") or found


def kind(array: Any) -> str:
    """Type and shape, as in ``float32[8, 2]``."""
    array = np.asarray(array)
    return f"{array.dtype}{list(array.shape)}"


def digest(array: Any) -> str:
    """Type, shape and a short hash: of all bytes, or of rows from everywhere in a large array.

    >>> digest(np.zeros((2, 3))) == digest(np.zeros((2, 3)))
    True
    """
    array = np.asarray(array)
    part = array
    if array.nbytes > WHOLE and array.ndim:
        rows = max(1, WHOLE // max(1, array[:1].nbytes))
        part = array[:: -(-len(array) // rows)]
    raw = np.ascontiguousarray(part).reshape(-1).view(np.uint8)
    return f"{kind(array)} {hashlib.blake2b(raw, digest_size=8).hexdigest()}"


def describe_model(model: Any) -> dict[str, Any]:
    """The layers of a Module, and the types of what is trained; frozen numbers by their digest."""
    found: dict[str, Any] = {"parameters": describe_leaves(model.params(), kind)}
    if isinstance(model, ModuleModel):
        fixed = model.fixed()
        found["buffers"] = describe_leaves(fixed["buffers"], kind)
        found["frozen parameters"] = describe_leaves(fixed["frozen"], digest)
        lines = without_addresses(model.module).splitlines()
        found["layers"] = {f"line {i + 1}": line.strip() for i, line in enumerate(lines)}
    return found


def describe_schedule(schedule: Callable[[int], Any] | None, steps: int) -> Any:
    """A schedule by its rates at some of the steps of the run."""
    if schedule is None:
        return None
    sampled = [step for step in _SAMPLED_STEPS if step < steps]
    return {f"at step {step}": float(schedule(step)) for step in sampled}


def surroundings() -> dict[str, Any]:
    """What the last bits of the numbers may depend on, beside the settings."""
    return {
        "chainrule": import_module("chainrule").__version__,
        "NumPy": np.__version__,
        "processor": platform.machine(),
        "config.compile": config.compile,
        "config.mode": config.mode,
        "config.cpu": config.cpu,
    }


def without_addresses(value: Any) -> str:
    """What ``repr`` says, without the places in memory, which differ from run to run."""
    return _ADDRESS.sub("", repr(value))


def name_of(function: Any) -> str:
    """The name of a function; of an object that is called, its ``repr``."""
    named = getattr(function, "__qualname__", None)
    return named if isinstance(named, str) else without_addresses(function)


def differences(saved: Any, present: Any) -> list[str]:
    """A line for each setting that differs.

    >>> differences({"batch size": 32, "seed": 1}, {"batch size": 16, "seed": 1})
    ['batch size: 32 in the checkpoint, 16 now']
    """
    then, now = dict(_flat(saved, "")), dict(_flat(present, ""))
    lines = []
    for name in sorted(then.keys() | now.keys()):
        before, after = then.get(name, "nothing"), now.get(name, "nothing")
        is_other = "at step" in name and "nothing" in (before, after)  # one run is longer
        if before != after and not is_other:
            lines.append(f"{name}: {before} in the checkpoint, {after} now")
    return lines


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _flat(part, f"{path}, {key}" if path else str(key))
    elif isinstance(value, list | tuple):
        yield path, list(value)
    else:
        yield path, value
