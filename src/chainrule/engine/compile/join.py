"""Join: which stored values and reductions are computed together, in the loops of one kernel."""

from __future__ import annotations

from typing import Any

from ..graph import Graph
from ..primitives import indexing
from ..primitives.families import constant_row
from ..tensor import Tensor
from . import access
from .access import Affine, Index, domain_of, own_index
from .ir import (
    Contract,
    Loops,
    Root,
    Step,
    Storage,
    is_own_value,
)
from .store import DRAWN, drawn_from, is_new_shape, stored_values


class Joining:
    """Steps so far; a new root joins the first kernel in which all that it reads is known."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.steps: list[Step] = []
        self.storage: dict[Any, Storage] = {}
        self.constants: list[Storage] = []
        self.maker: dict[Storage, int] = {}  # number of the step that writes it
        self.stored, self.cost = stored_values(graph)

    def _append(self, step: Step) -> None:
        for storage in step.writes:
            self.maker[storage] = len(self.steps)
        if isinstance(step, Loops | Contract):
            step.storage = self.storage
        self.steps.append(step)

    def _loads(self, root: Root) -> dict[Storage, bool]:
        """What a root reads, and whether only at the place where an equal root would write."""
        found: dict[Storage, bool] = {}
        here: dict[tuple[Tensor, Index], None] = {}
        pending = [(root.node, root.index)]
        if root.kind.startswith("scatter"):
            width = len(root.made.inputs[2].shape)
            pending += [(i, root.index[:width]) for i in root.made.inputs[2:]]
        while pending:
            node, index = pending.pop()
            if (node, index) in here:
                continue
            here[node, index] = None
            if node in self.stored and node is not root.made:
                storage = self.storage[node]
                same = index == _same_place(node, root)
                found[storage] = found.get(storage, True) and same
                continue
            if node.primitive is constant_row:
                continue
            if node.primitive is indexing.gather or is_new_shape(node):
                found[self.storage[node.inputs[0]]] = False
            if is_new_shape(node):
                continue
            if node.primitive in DRAWN:
                pending += drawn_from(node, index)
            else:
                pending += access.inputs_at(node, index)
        return found

    def _note_reads(self, kernel: Loops | Contract, root: Root) -> None:
        for storage, same in self._loads(root).items():
            if storage not in kernel.reads:
                kernel.reads.append(storage)
            if not same:
                kernel.elsewhere.add(storage)

    def _join(self, shape: tuple[int, ...], order: tuple[int, ...] | None, root: Root) -> None:
        """Add a root to the first kernel in which it can be computed, or to a new one."""
        loads = self._loads(root)
        first = self.maker.get(root.storage, -1) + 1
        for storage, same in loads.items():
            made = self.maker.get(storage)
            if made is None:
                continue
            step = self.steps[made]
            inside = same and isinstance(step, Loops | Contract) and _is_plain(step, storage)
            first = max(first, made if inside else made + 1)
        for number in range(first, len(self.steps)):
            step = self.steps[number]
            if self._fits(step, shape, order, root):
                if isinstance(step, Loops) and order is not None:
                    step.order = order
                    _turn(step)
                break
        else:
            number = len(self.steps)
            natural = tuple(range(len(shape)))
            step = Loops(shape, natural if order is None else order)
            self._append(step)
        assert isinstance(step, Loops | Contract)
        if isinstance(step, Loops) and order is None:
            root.index = own_index(root.node.shape, step.order)
            root.target = _reordered(root.target, step.order)
        root.cost = 1 + self.cost.get(root.node, 0)
        step.roots.append(root)
        self._note_reads(step, root)
        self.maker[root.storage] = number

    def _fits(self, step: Step, shape: tuple[int, ...], order: Any, root: Root) -> bool:
        if isinstance(step, Contract):
            return (
                order is None
                and root.kind == "store"
                and domain_of(step.node.shape) == shape
                and len(step.roots) < 8
            )
        if not isinstance(step, Loops) or step.sequential or step.shape != shape:
            return False
        if len(step.roots) >= 16:
            return False
        if order is None or step.order == order:
            return order is None or self._agrees(step, root)
        plain = all(r.kind == "store" for r in step.roots)
        return plain and self._agrees(step, root)

    def _agrees(self, step: Loops, root: Root) -> bool:
        """Reductions of one kernel run over the same loops in the same way."""
        mine = root.begin if root.columns else -1
        others = [r for r in step.roots if r.kind != "store"]
        return all([(r.begin if r.columns else -1) == mine for r in others])

    def _forget_inner_values(self, outputs: set[Storage]) -> None:
        """What only its own kernel reads, at its own place, need not be stored."""
        readers: dict[Storage, list[Step]] = {}
        for step in self.steps:
            for storage in step.reads:
                readers.setdefault(storage, []).append(step)
        for step in self.steps:
            if isinstance(step, Loops | Contract):
                for root in step.roots:
                    root.is_stored = _is_needed(root.storage, step, readers, outputs) or (
                        root.kind != "store"
                    )
                inner = {root.storage for root in step.roots if not root.is_stored}
                step.reads = [storage for storage in step.reads if storage not in inner]
                if isinstance(step, Contract):
                    step.is_stored = _is_needed(step.result, step, readers, outputs)
        # A copy for a product that turned out empty.
        self.steps[:] = [step for step in self.steps if not isinstance(step, Loops) or step.writes]


def _is_needed(storage: Storage, step: Any, readers: Any, outputs: set[Storage]) -> bool:
    others = [other for other in readers.get(storage, []) if other is not step]
    return bool(others) or storage in outputs or storage in step.elsewhere


def _turn(step: Loops) -> None:
    """Stores follow when a reduction brings its own order of loops."""
    for root in step.roots:
        if root.kind == "store":
            natural = own_index(root.node.shape)
            if root.index == natural:
                root.index = own_index(root.node.shape, step.order)
                root.target = _reordered(root.target, step.order)


def _reordered(target: Affine, order: tuple[int, ...]) -> Affine:
    """A target over axes as one over loops."""
    return Affine(target.constant, tuple(sorted((order.index(a), c) for a, c in target.terms)))


def _same_place(node: Tensor, root: Root) -> Index:
    """The index of a stored node at which a store of the same shape would be written."""
    if domain_of(node.shape) != domain_of(root.node.shape):
        return (Affine(-1),)
    long = [i for i, n in zip(root.index, root.node.shape, strict=True) if n != 1]
    places = iter(long)
    return tuple([access.ZERO if n == 1 else next(places) for n in node.shape])


def _is_plain(step: Loops | Contract, storage: Storage) -> bool:
    if isinstance(step, Contract) and storage is step.result:
        return True
    return any([r.storage is storage and is_own_value(r) for r in step.roots])
