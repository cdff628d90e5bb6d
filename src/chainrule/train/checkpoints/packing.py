"""The state of a run as JSON and arrays, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ...engine.tree import Structure

_TAG = "$array"  # {"$array": name} stands in the JSON where an array was


def pack(state: Any) -> tuple[Any, dict[str, Any]]:
    """The state with its arrays taken out, and these by name: their path in the state.

    The state is made of dicts with text keys, lists, arrays and what JSON has.

    >>> pack({"count": 3, "net": {"w": np.ones(2)}})
    ({'count': 3, 'net': {'w': {'$array': 'net/w'}}}, {'net/w': array([1., 1.])})
    """
    arrays: dict[str, Any] = {}
    return _pack(state, "", arrays), arrays


def _pack(value: Any, path: str, arrays: dict[str, Any]) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        name = path or "array"
        while name in arrays:
            name += "'"
        arrays[name] = np.asarray(value)
        return {_TAG: name}
    start = f"{path}/" if path else ""
    if isinstance(value, Mapping):
        if _TAG in value:
            raise TypeError(f"a state cannot have the key {_TAG!r}")
        return {key: _pack(part, f"{start}{key}", arrays) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(part, f"{start}{i}", arrays) for i, part in enumerate(value)]
    return value


def unpack(plain: Any, arrays: Mapping[str, Any]) -> Any:
    """The state that was packed; numbers that were NumPy's are so again."""
    if isinstance(plain, dict):
        if plain.keys() == {_TAG}:
            return arrays[plain[_TAG]][()]
        return {key: unpack(part, arrays) for key, part in plain.items()}
    if isinstance(plain, list):
        return [unpack(part, arrays) for part in plain]
    return plain


def leaf_names(structure: Structure, path: str = "") -> Iterator[str]:
    """A name for each leaf of a tree: the keys, fields or numbers that lead to it.

    >>> from chainrule.engine import tree
    >>> list(leaf_names(tree.structure({"b": 1.0, "a": [2.0, 3.0]})))
    ['a/0', 'a/1', 'b']
    """
    children = structure.children
    if not children:
        if structure.count:
            yield path
        return
    keys: Any = range(len(children))
    if structure.order is not None or hasattr(structure.kind, "__dataclass_fields__"):
        keys = structure.meta
    start = f"{path}/" if path else ""
    for key, child in zip(keys, children, strict=True):
        yield from leaf_names(child, f"{start}{key}")
