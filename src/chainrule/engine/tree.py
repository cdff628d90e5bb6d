"""Trees: any nesting of dict, list, tuple, dataclass and Module, with arrays at the leaves.

``flatten`` takes a tree apart into its leaves and a ``Structure``; ``unflatten`` puts it together.
A class of one's own takes part by two methods: ``tree_flatten(buffers)``, which returns its
children and a hashable description, and the class method ``tree_unflatten(description, children)``.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from .errors import StructureError


class Structure:
    """A tree without its leaves; compares and hashes by value.

    >>> leaves, structure = flatten({"w": 1.0, "b": [2.0, 3.0]})
    >>> leaves, structure
    ([2.0, 3.0, 1.0], {'b': [*, *], 'w': *})
    >>> unflatten(structure, [0, 1, 2])
    {'w': 2, 'b': [0, 1]}
    """

    __slots__ = ("_hash", "children", "count", "kind", "meta", "order")

    def __init__(
        self, kind: Any, meta: Any = None, children: tuple[Structure, ...] = (), order: Any = None
    ) -> None:
        self.kind, self.meta, self.children = kind, meta, children
        self.order = order  # of a dict's keys, as they were put in: shown, not compared
        self.count: int = sum(c.count for c in children) if kind is not _Leaf else 1
        self._hash = hash((kind, meta, children))

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Structure)
            and self._hash == other._hash
            and (self.kind, self.meta, self.children) == (other.kind, other.meta, other.children)
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        if self.kind is _Leaf:
            return "*"
        parts = [repr(child) for child in self.children]
        if self.kind is dict:
            return (
                "{" + ", ".join(f"{k!r}: {p}" for k, p in zip(self.meta, parts, strict=True)) + "}"
            )
        if self.kind is list:
            return f"[{', '.join(parts)}]"
        if self.kind is type(None):
            return "None"
        name = "" if self.kind is tuple else self.kind.__name__
        return f"{name}({', '.join(parts)}{',' if self.kind is tuple and len(parts) == 1 else ''})"


class _Leaf:
    """Marks the place of a leaf."""


LEAF = Structure(_Leaf)
NONE = Structure(type(None))


def flatten(tree: Any, buffers: bool = False) -> tuple[list[Any], Structure]:
    """Leaves of a tree, left to right (dicts by sorted key), and its structure.

    A Module's leaves are its parameters; with ``buffers``, its buffers (running statistics, random
    keys) as well.
    """
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves, buffers)


def _flatten(tree: Any, leaves: list[Any], buffers: bool) -> Structure:
    kind: Any = type(tree)
    way = _way(kind)
    if way == "leaf":
        leaves.append(tree)
        return LEAF
    meta = order = None
    if way == "dict":
        order = tuple(tree)
        meta = _sorted(order)
        items = [tree[key] for key in meta]
    elif way == "sequence":
        items = tree
    elif way == "own":
        items, meta = tree.tree_flatten(buffers)
    elif way == "dataclass":
        meta = tuple(field.name for field in dataclasses.fields(tree))
        items = [getattr(tree, name) for name in meta]
    else:
        return NONE
    children = []
    is_flat = way != "own"  # whose description must stay this very one, not one that equals it
    for item in items:
        if _way(type(item)) == "leaf":  # type: ignore[arg-type]
            leaves.append(item)
            children.append(LEAF)
        else:
            children.append(_flatten(item, leaves, buffers))
            is_flat = False
    if is_flat:
        return _flat_structure(kind, meta, len(children), order)
    return Structure(kind, meta, tuple(children), order)


@functools.lru_cache(1024)
def _way(kind: Any) -> str:
    """How a value of this class is taken apart."""
    if kind is dict or kind is list or kind is tuple:
        return "dict" if kind is dict else "sequence"
    if hasattr(kind, "tree_flatten"):
        return "own"
    if dataclasses.is_dataclass(kind):
        return "dataclass"
    if issubclass(kind, dict):
        return "dict"
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return "sequence"
    return "none" if kind is type(None) else "leaf"


@functools.lru_cache(1024)
def _flat_structure(kind: type, keys: Any, count: int, order: Any) -> Structure:
    return Structure(kind, keys, (LEAF,) * count, order)


@functools.lru_cache(1024)
def _sorted(keys: tuple[Any, ...]) -> tuple[Any, ...]:
    """Keys in an order that does not depend on how they were put in."""
    try:
        return tuple(sorted(keys))
    except TypeError:  # keys of several kinds have no order but their own
        return keys


def unflatten(structure: Structure, leaves: Iterable[Any]) -> Any:
    """The tree with this structure and these leaves."""
    return _unflatten(structure, iter(leaves))


def _unflatten(structure: Structure, leaves: Iterator[Any]) -> Any:
    kind = structure.kind
    if kind is _Leaf:
        return next(leaves)
    children = [
        next(leaves) if child is LEAF else _unflatten(child, leaves) for child in structure.children
    ]
    if kind is list:
        return children
    if kind is tuple:
        return tuple(children)
    if kind is type(None):
        return None
    if kind is dict and structure.order == structure.meta:
        return dict(zip(structure.meta, children, strict=True))
    if hasattr(kind, "tree_unflatten"):
        return kind.tree_unflatten(structure.meta, children)
    if issubclass(kind, tuple):
        return kind(*children)
    if issubclass(kind, dict):
        filled = dict(zip(structure.meta, children, strict=True))
        if structure.order != structure.meta:
            filled = {key: filled[key] for key in structure.order}
        return filled if kind is dict else kind(filled)
    copy = object.__new__(kind)
    for name, child in zip(structure.meta, children, strict=True):
        object.__setattr__(copy, name, child)
    return copy


def leaves(tree: Any) -> list[Any]:
    """The leaves of a tree, left to right.

    >>> leaves({"w": [1, 2], "b": None})
    [1, 2]
    """
    return flatten(tree)[0]


def structure(tree: Any) -> Structure:
    """The structure of a tree, without its leaves."""
    return flatten(tree)[1]


def map(function: Callable[..., Any], tree: Any, *rest: Any) -> Any:
    """Apply a function to each leaf, and to the leaves at the same place in the other trees.

    >>> map(lambda p, g: p - 0.1 * g, {"w": 1.0, "b": 2.0}, {"w": 10.0, "b": 0.0})
    {'w': 0.0, 'b': 2.0}
    """
    first, shape = flatten(tree)
    others = [_leaves_like(shape, other) for other in rest]
    return unflatten(shape, [function(*items) for items in zip(first, *others, strict=True)])


def _leaves_like(shape: Structure, other: Any) -> list[Any]:
    found, its_shape = flatten(other)
    if its_shape != shape and len(found) != shape.count:
        raise StructureError(f"trees of different structure: {shape} and {its_shape}")
    return found


def reduce(function: Callable[[Any, Any], Any], tree: Any, initial: Any) -> Any:
    """Fold the leaves from left to right.

    >>> reduce(lambda total, leaf: total + leaf, {"a": 1, "b": [2, 3]}, 0)
    6
    """
    for leaf in leaves(tree):
        initial = function(initial, leaf)
    return initial


def prefix_leaves(prefix: Any, tree: Any) -> list[Any]:
    """One entry of ``prefix`` for each leaf of ``tree``; a prefix's leaf is for a whole subtree.

    >>> prefix_leaves((0, None), ([1, 2], {"a": 3}))
    [0, 0, None]
    """
    if prefix is None or isinstance(prefix, int):
        return [prefix] * flatten(tree)[1].count
    if isinstance(prefix, dict):
        pairs: Sequence[Any] = [(prefix[key], tree[key]) for key in _sorted(tuple(tree))]
    else:
        children, _ = tree.tree_flatten(False) if hasattr(tree, "tree_flatten") else (tree, None)
        pairs = list(zip(prefix, children, strict=True))
    return [entry for part, subtree in pairs for entry in prefix_leaves(part, subtree)]


def modules(tree: Any) -> list[Any]:
    """All Modules in a tree, each before those inside it."""
    if hasattr(tree, "own_buffers"):
        return [tree, *modules(list(tree.children()))]
    items = tree.values() if isinstance(tree, dict) else tree
    if not isinstance(tree, dict | list | tuple):
        return []
    return [module for item in items for module in modules(item)]
