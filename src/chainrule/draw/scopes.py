"""Folding: the operations of a layer, a function or a call become one box."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

from ..engine.graph import Node
from .boxes import Box, Edge, Edges
from .formula import escaped

LONGEST = 32  # letters of a call

Users = dict[Box, dict[Box, None]]
Path = tuple[str, ...]


def name_scopes(boxes: list[Box], edges: Edges) -> None:
    """Give each box its scope: the Modules that were being called, else the function it is in;
    then the call that made it, where that made several.

    The function whose result the graph is encloses everything, and so is no scope. Parameters and
    constants belong where all that uses them does.
    """
    whole = {box.node.place[0] for box in boxes if box.is_output and box.node.place}
    operations = [box for box in boxes if box.kind == "operation" and box.node.place]
    for box in operations:
        code, _, modules = box.node.place
        is_function = code.co_name[0] != "<" and code not in whole
        box.scope = modules or ((f"{code.co_name}()",) if is_function else ())
    calls = Counter((box.scope, box.node.place) for box in operations)
    sizes = Counter(box.scope for box in operations)
    for box in operations:
        count = calls[box.scope, box.node.place]
        if count > 1 and (count < sizes[box.scope] or not box.scope):
            box.scope = (*box.scope, call_text(box.node))
    for leaf, users in _users(edges).items():
        if leaf.kind in ("parameter", "constant"):
            leaf.scope = _common([user.scope for user in users])


def _common(scopes: list[Path]) -> Path:
    """The scope in which all of these are."""
    first, last = min(scopes), max(scopes)
    length = 0
    while first[length : length + 1] == last[length : length + 1] != ():
        length += 1
    return first[:length]


def call_text(node: Node) -> str:
    """The part of the user's line that made a node: ``np.mean(errors ** 2)``."""
    import linecache

    assert node.place is not None
    code, instruction, _ = node.place
    line, last, start, end = list(code.co_positions())[instruction // 2]
    text = linecache.getline(code.co_filename, line or 0)
    if not text or line != last:
        return f"line {line}"
    found = text.encode()[start:end].decode()  # columns are counted in bytes
    if len(found) > LONGEST:
        found = re.sub(r"^[\w.]+\.(?=\w+\()", "", found)  # without the module of the function
    return found if len(found) <= LONGEST else found[: LONGEST - 1] + "…"


def fold(
    boxes: list[Box], edges: Edges, depth: int, opened: Collection[str] = ()
) -> tuple[list[Box], Edges]:
    """Scopes at this depth, outermost 0, as one box each; those in ``opened`` are left open.

    A scope that is left and entered again (a layer in the forward and in the backward half, say)
    becomes a box for each time, so that no edge ever leads back.
    """
    groups: dict[Path, list[Box]] = {}
    for box in boxes:
        key = _folded_path(box.scope, depth, opened)
        if key:
            groups.setdefault(key, []).append(box)
    owner = {box: box for box in boxes}
    for key, members in groups.items():
        parts = [part for part in _convex_parts(members, owner, edges) if len(part) > 1]
        for number, part in enumerate(parts, 1):
            scope = _scope_box(key, number if len(parts) > 1 else 0)
            owner.update(dict.fromkeys(part, scope))
    return _contracted(boxes, owner, edges)


def fold_to_fit(boxes: list[Box], edges: Edges, most: int) -> tuple[list[Box], Edges]:
    """Folded as little as leaves at most so many boxes, or else as far as it goes.

    A loop of your own may still be far too many: then each line of the program is one box.
    """
    deepest = max((len(box.scope) for box in boxes), default=0)
    found = boxes, edges
    for depth in range(deepest - 1, -1, -1):
        if len(found[0]) <= most:
            break
        found = fold(boxes, edges, depth)
    if len(found[0]) > 5 * most:
        for box in boxes:
            text = box.line.partition(": ")[2] or box.line
            if box.kind == "operation" and text:
                box.scope = (text if len(text) <= LONGEST else text[: LONGEST - 1] + "…",)
        found = fold(boxes, edges, 0)
    return found


def _folded_path(scope: Path, depth: int, opened: Collection[str]) -> Path:
    """The scope in whose box it is: the outermost one at this depth or deeper that is not open."""
    for length in range(depth + 1, len(scope) + 1):
        if "/".join(scope[:length]) not in opened:
            return scope[:length]
    return ()


def _convex_parts(members: list[Box], owner: dict[Box, Box], edges: Edges) -> list[list[Box]]:
    """The members by how often a path to them has left the group before."""
    inside = set(members)
    times = dict.fromkeys(owner.values(), 0)
    users = _users((owner[start], owner[end]) for start, end in edges)
    for box in _in_order(times, users):
        for user in users.get(box, ()):
            left = box in inside and user not in inside
            times[user] = max(times[user], times[box] + left)
    parts: dict[int, list[Box]] = {}
    for box in members:
        parts.setdefault(times[box], []).append(box)
    return [parts[number] for number in sorted(parts)]


def _users(pairs: Iterable[Edge]) -> Users:
    """For each box those that use it, once each, in order."""
    found: Users = {}
    for start, end in pairs:
        if start is not end:
            found.setdefault(start, {})[end] = None
    return found


def _in_order(boxes: Iterable[Box], users: Users) -> list[Box]:
    """Boxes before their users (Kahn 1962)."""
    waiting = Counter(user for found in users.values() for user in found)
    ready = [box for box in dict.fromkeys(boxes) if not waiting[box]]
    for box in ready:
        for user in users.get(box, ()):
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    return ready


def _scope_box(key: Path, number: int) -> Box:
    mark = f" #{number}" if number else ""
    name, label = "/".join(key) + mark, key[-1] + mark
    return Box(name, "scope", label, rf"\mathrm{{{escaped(label)}}}", scope=key[:-1])


def _contracted(boxes: list[Box], owner: dict[Box, Box], edges: Edges) -> tuple[list[Box], Edges]:
    """The graph of the owners; each knows which of its results are used outside."""
    for box in boxes:
        if owner[box] is not box:
            owner[box].nodes += box.nodes
            owner[box].is_output |= box.is_output
            owner[box].results += box.results if box.is_output else []
    found: Edges = {}
    for (start, end), carried in edges.items():
        a, b = owner[start], owner[end]
        if a is not b:
            found[a, b] = list(dict.fromkeys([*found.get((a, b), []), *carried]))
            if a.kind == "scope":
                a.results = list(dict.fromkeys([*a.results, *carried]))
    return _in_order(owner.values(), _users(found)), found
