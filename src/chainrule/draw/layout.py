"""Layered drawing of a directed acyclic graph (Sugiyama, Tagawa, Toda 1981): where nodes go.

1. Layers by the longest path. 2. An edge that spans layers gets a bend in each between them.
3. Barycentre sweeps order each layer so that few edges cross. 4. Positions: each node moves towards
the median of its neighbours as far as its own neighbours in the layer let it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

Name = Hashable
Edge = tuple[Name, Name]
Bend = tuple[Name, Name, int]

SWEEPS = 12
BEND_WEIGHT, SOURCE_WEIGHT = 4.0, 0.02


@dataclass(frozen=True)
class Layout:
    """Where things go.

    Attributes
    ----------
    layer
        The layer of each node, 0 first.
    position
        The place across the layer of each node's middle, from 0.
    path
        For each edge its points (layer, position), start and end included.
    """

    layer: dict[Name, int]
    position: dict[Name, float]
    path: dict[Edge, list[tuple[int, float]]]


def layout(nodes: Sequence[Name], edges: Sequence[Edge], width: Mapping[Name, float]) -> Layout:
    """Place nodes, given in topological order, so that every edge goes to a later layer.

    ``width`` is the room that each node needs across its layer, space included. The same input
    gives the same drawing.

    >>> edges = [("a", "b"), ("b", "c"), ("a", "c")]
    >>> placed = layout(["a", "b", "c"], edges, width={"a": 1, "b": 1, "c": 1})
    >>> placed.layer
    {'a': 0, 'b': 1, 'c': 2}
    """
    edges = list(dict.fromkeys(edges))
    layer = assign_layers(nodes, edges)
    chains = {edge: _bends(edge, layer) for edge in edges}
    rows = _rows(nodes, layer, chains)
    above, below = _neighbours(chains)
    order(rows, above, below)
    room = {item: float(width.get(item, 0.3 * min(width.values()))) for row in rows for item in row}
    position = place(rows, above, below, room, set(nodes))
    points = {
        edge: [(_layer_of(item, layer), position[item]) for item in chain]
        for edge, chain in chains.items()
    }
    return Layout(layer, {node: position[node] for node in nodes}, points)


def assign_layers(nodes: Sequence[Name], edges: Sequence[Edge]) -> dict[Name, int]:
    """The longest path from a source to each node.

    What only one node needs stands just before it, with all that leads to nothing else.
    """
    layer = dict.fromkeys(nodes, 0)
    users: dict[Name, list[Name]] = {node: [] for node in nodes}
    is_shared = dict.fromkeys(nodes, False)  # or needs what is
    for start, end in edges:
        users[start].append(end)
    for node in nodes:
        is_shared[node] |= len(users[node]) > 1
        for user in users[node]:
            layer[user] = max(layer[user], layer[node] + 1)
            is_shared[user] |= is_shared[node]
    has_input = {end for _, end in edges}
    for node in reversed(nodes):
        if users[node] and not (is_shared[node] and node in has_input):
            layer[node] = min(layer[user] for user in users[node]) - 1
    return layer


def _bends(edge: Edge, layer: dict[Name, int]) -> list[Name]:
    start, end = edge
    between = range(layer[start] + 1, layer[end])
    return [start, *[(start, end, number) for number in between], end]


def _layer_of(item: Name, layer: dict[Name, int]) -> int:
    if item in layer:
        return layer[item]
    assert isinstance(item, tuple)
    return int(item[2])


def _rows(
    nodes: Sequence[Name], layer: dict[Name, int], chains: dict[Edge, list[Name]]
) -> list[list[Name]]:
    rows: list[list[Name]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node in nodes:
        rows[layer[node]].append(node)
    for chain in chains.values():
        for item in chain[1:-1]:
            rows[_layer_of(item, layer)].append(item)
    return rows


Neighbours = dict[Name, list[Name]]


def _neighbours(chains: dict[Edge, list[Name]]) -> tuple[Neighbours, Neighbours]:
    above: Neighbours = {}
    below: Neighbours = {}
    for chain in chains.values():
        for upper, lower in pairwise(chain):
            below.setdefault(upper, []).append(lower)
            above.setdefault(lower, []).append(upper)
    return above, below


def order(rows: list[list[Name]], above: Neighbours, below: Neighbours) -> None:
    """Sort each row by the barycentre of its neighbours, down and up; keep the fewest crossings."""
    best = [list(row) for row in rows]
    fewest = crossings(rows, below)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for number in range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1):
            fixed = rows[number - 1 if downwards else number + 1]
            _sort_by_barycentre(rows[number], fixed, above if downwards else below)
        found = crossings(rows, below)
        if found < fewest:
            fewest = found
            best = [list(row) for row in rows]
    rows[:] = best


def _sort_by_barycentre(row: list[Name], fixed: list[Name], neighbours: Neighbours) -> None:
    index = {item: i for i, item in enumerate(fixed)}
    weight = {}
    for i, item in enumerate(row):
        near = [index[n] for n in neighbours.get(item, [])]
        weight[item] = sum(near) / len(near) if near else float(i)
    row.sort(key=weight.__getitem__)


def crossings(rows: Sequence[Sequence[Name]], below: Neighbours) -> int:
    """How many pairs of edges between successive rows cross."""
    total = 0
    for upper, lower in pairwise(rows):
        index = {item: i for i, item in enumerate(lower)}
        ends = [index[end] for item in upper for end in sorted(below.get(item, []), key=index.get)]
        total += sum(b < a for i, a in enumerate(ends) for b in ends[i + 1 :])
    return total


def place(
    rows: list[list[Name]],
    above: Neighbours,
    below: Neighbours,
    room: dict[Name, float],
    nodes: Collection[Name] = (),
) -> dict[Name, float]:
    """Positions across the layers: orders kept, no overlap, edges as straight as can be.

    Where wishes meet, those of bends count for more than those of ``nodes``, so that a long edge is
    straight; and those of sources count for little, so that what they join goes straight on.
    """
    position: dict[Name, float] = {}
    weight = {item: 1.0 if item in above else SOURCE_WEIGHT for item in room}
    weight |= {item: BEND_WEIGHT for item in room if item not in nodes}
    for row in rows:
        _pack(row, dict.fromkeys(row, 0.0), room, weight, position)
    for sweep in range(SWEEPS):
        neighbours = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wish = {}
            for item in row:
                found = neighbours.get(item, [])
                near = [position[n] for n in found if n in above] or [position[n] for n in found]
                wish[item] = median(near) if near else position[item]
            _pack(row, wish, room, weight, position)
    left = min((position[item] - room[item] / 2 for item in position), default=0.0)
    return {item: at - left for item, at in position.items()}


def _pack(
    row: list[Name],
    wish: dict[Name, float],
    room: dict[Name, float],
    weight: dict[Name, float],
    position: dict[Name, float],
) -> None:
    """The places nearest to the wishes that keep the order and leave each item its room.

    Items that would overlap become a block, which stands where its members wish on average (pool
    adjacent violators).
    """
    blocks: list[tuple[list[Name], float, float, float]] = []  # items, start, length, weight
    for item in row:
        items, start, length, heavy = [item], wish[item] - room[item] / 2, room[item], weight[item]
        while blocks and blocks[-1][1] + blocks[-1][2] > start:
            before, their_start, their_length, their_weight = blocks.pop()
            share = their_weight / (their_weight + heavy)
            start = their_start * share + (start - their_length) * (1 - share)
            items = before + items
            length += their_length
            heavy += their_weight
        blocks.append((items, start, length, heavy))
    for items, start, _, _ in blocks:
        for item in items:
            position[item] = start + room[item] / 2
            start += room[item]
