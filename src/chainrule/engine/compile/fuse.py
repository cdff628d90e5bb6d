"""Fuse: a graph becomes a program of kernels.

``store`` says which values are kept in memory; each is a root of a kernel here, and ``join`` puts
roots over the same loops into one kernel.
"""

from __future__ import annotations

from typing import Any

from .. import trace
from ..graph import Graph
from ..primitives import contraction as ct
from ..primitives import indexing, views
from ..primitives import reductions as red
from ..primitives.closures import pick
from ..primitives.families import constant_row
from ..tensor import Tensor
from ..types import TensorType
from . import access
from .access import (
    Affine,
    Index,
    domain_of,
    linear,
    own_index,
    strides_of,
)
from .ir import (
    Contract,
    Control,
    Evaluate,
    Loops,
    Program,
    Root,
    Storage,
)
from .join import Joining
from .store import (
    REDUCED,
    RUNNING,
    SCATTERS,
    is_affine_view,
    is_control,
    is_plain_product,
    why_evaluated,
)


def fuse(graph: Graph) -> Program:
    """A prepared graph as a program of kernels."""
    return _Fusion(graph).program()


class _Fusion(Joining):
    """Places every stored value of a graph."""

    def program(self) -> Program:
        inputs = []
        for node in self.graph.inputs:
            self.storage[node] = Storage(_type(node))
            inputs.append(self.storage[node])
        kept = [node for node in self.graph.nodes if node in self.stored]
        for node in sorted(kept, key=lambda node: node.primitive is not constant_row):
            self._place(node)
        outputs = [self.storage[node] for node in self.graph.outputs]
        types = [_type(node) for node in self.graph.outputs]
        self._forget_inner_values(set(outputs))
        return Program(inputs, outputs, self.constants, self.steps, self.storage, types, self.graph)

    # -- placing roots -------------------------------------------------------------------------

    def _place(self, node: Tensor) -> None:
        row = node.primitive
        if row is constant_row:
            self.storage[node] = Storage(node.type, node.known)
            self.constants.append(self.storage[node])
        elif row is pick:
            self.storage[node] = self.storage[node.inputs[0], node.params["index"]]
        elif is_control(node):
            self._place_control(node)
        elif why_evaluated(node):
            self.storage[node] = Storage(_type(node))
            reads = [self.storage[x] for x in node.inputs]
            reason = why_evaluated(node)
            self._append(Evaluate(node, reads, [self.storage[node]], reason))
        elif row is views.reshape_row and node.inputs[0] in self.stored:
            self.storage[node] = self.storage[node.inputs[0]]
        elif row is ct.einsum_row and not is_plain_product(node):
            self._place_product(node)
        elif row is views.pad_row or row is views.concatenate_row:
            self._place_parts(node)
        elif row in SCATTERS:
            self._place_scatter(node)
        else:
            self._place_loops(node)

    def _place_loops(self, node: Tensor) -> None:
        storage = self.storage[node] = Storage(_type(node))
        row = node.primitive
        assert row is not None
        if row in REDUCED:
            self._place_reduction(node, storage)
        elif row in RUNNING:
            (x,) = node.inputs
            self._place_running(node, x, storage)
        else:
            self._store(node, node, storage, linear(node.shape, own_index(node.shape)))

    def _store(self, made: Tensor, node: Tensor, storage: Storage, target: Affine) -> None:
        """The values of ``node``, where ``target`` says for each."""
        if node.type.size == 0:
            return
        root = Root("store", node, own_index(node.shape), storage, target, made)
        self._join(domain_of(node.shape), None, root)

    def _fill(self, made: Tensor, storage: Storage, value: Any) -> None:
        kind = storage.type
        nothing = views.broadcast_in_dim(trace.constant(value, kind.dtype), kind.shape, ())
        self._store(made, nothing, storage, linear(kind.shape, own_index(kind.shape)))

    def _place_reduction(self, node: Tensor, storage: Storage) -> None:
        (x,) = node.inputs
        row = node.primitive
        assert row is not None
        if x.type.size == 0:
            self._fill(node, storage, {"prod": 1, "all": 1}.get(row.name, 0))
            return
        shape = domain_of(x.shape)
        axes = [i for i, (a, n) in enumerate(_long_axes(x.shape)) if a in node.params["axes"]]
        kept = [i for i in range(len(shape)) if i not in axes]
        last = len(shape) - 1
        columns = bool(axes) and last in kept
        order = tuple(kept + axes) if not columns else (*kept[:-1], *axes, last)
        if not axes:
            self._store(node, x, storage, linear(x.shape, own_index(x.shape)))
            return
        index = own_index(x.shape, order)
        left = [i for a, i in enumerate(index) if a not in node.params["axes"]]
        target = linear(node.shape, tuple(left))
        begin = len(kept) - columns
        self._join(shape, order, Root(row.name, x, index, storage, target, node, begin, columns))

    def _place_running(self, node: Tensor, x: Tensor, storage: Storage) -> None:
        if x.type.size == 0:
            return
        row = node.primitive
        assert row is not None
        axis = node.params["axis"]
        shape = domain_of(x.shape)
        long = [a for a, _ in _long_axes(x.shape)]
        if axis not in long:
            if row in (red.argmax_row, red.argmin_row):
                self._fill(node, storage, 0)
            else:
                self._store(node, x, storage, linear(x.shape, own_index(x.shape)))
            return
        at = long.index(axis)
        order = tuple([*[i for i in range(len(long)) if i != at], at])
        index = own_index(x.shape, order)
        out = index if len(node.shape) == len(x.shape) else index[:axis] + index[axis + 1 :]
        root = Root(row.name, x, index, storage, linear(node.shape, out), node, len(long) - 1)
        kernel = Loops(shape, order, [root], sequential=True)
        self._note_reads(kernel, root)
        self._append(kernel)

    def _place_parts(self, node: Tensor) -> None:
        """Inputs copied to their places: pad, concatenate."""
        storage = self.storage[node] = Storage(_type(node))
        strides = strides_of(node.shape)
        if node.primitive is views.pad_row:
            (x,) = node.inputs
            before, between = node.params["before"], node.params["between"]
            if x.shape != node.shape:
                self._fill(node, storage, 0)
            spread = [
                i.scaled((gap + 1), low).scaled(s)
                for i, low, gap, s in zip(own_index(x.shape), before, between, strides, strict=True)
            ]
            self._store(node, x, storage, access.total(spread))
            return
        axis, first = node.params["axis"], 0
        for x in node.inputs:
            parts = [i.scaled(s) for i, s in zip(own_index(x.shape), strides, strict=True)]
            offset = Affine(first * strides[axis])
            self._store(node, x, storage, access.total([*parts, offset]))
            first += x.shape[axis]

    def _place_scatter(self, node: Tensor) -> None:
        storage = self.storage[node] = Storage(_type(node))
        x, updates = node.inputs[:2]
        self._store(node, x, storage, linear(x.shape, own_index(x.shape)))
        if updates.type.size == 0:
            return
        shape = domain_of(updates.shape)
        name = "scatter" if node.primitive is indexing.scatter else "scatter_add"
        index = own_index(updates.shape)
        root = Root(name, updates, index, storage, access.ZERO, node)
        kernel = Loops(shape, tuple(range(len(shape))), [root], sequential=True)
        self._note_reads(kernel, root)
        kernel.reads.append(storage)
        self._append(kernel)

    def _place_product(self, node: Tensor) -> None:
        storage = self.storage[node] = Storage(_type(node))
        if node.type.size == 0:
            return
        if 0 in node.inputs[0].shape:
            self._fill(node, storage, 0)
            return
        terms, result = node.params["spec"].split("->")
        letters = [*dict.fromkeys(result), "Y"]
        number = {c: i for i, c in enumerate(letters)}
        sides = []
        for x, own in zip(node.inputs, terms.split(","), strict=True):
            index = tuple([Affine(0, ((number[c], 1),)) for c in own])
            base, address = self._base(x, index)
            sides.append((self.storage[base], address))
        kernel = Contract(node, storage, sides[0], sides[1])
        kernel.reads = [sides[0][0], sides[1][0]]
        kernel.elsewhere = set(kernel.reads)
        self._append(kernel)

    def _base(self, x: Tensor, index: Index) -> tuple[Tensor, Affine]:
        """Behind views, even stored ones, what is stored: strides are the same whoever looks on."""
        while x.inputs and is_affine_view(x):
            ((x, index),) = access.inputs_at(x, index)
        return x, linear(x.shape, index)

    def _place_control(self, node: Tensor) -> None:
        kinds: Any = node.type
        writes = [Storage(kind) for kind in kinds]
        for i, storage in enumerate(writes):
            self.storage[node, i] = storage
        params = node.params
        graphs = [params[name] for name in ("test", "body") if name in params]
        programs = [_Fusion(graph).program() for graph in params.get("branches", graphs)]
        self.constants += [storage for program in programs for storage in program.constants]
        reads = [self.storage[x] for x in node.inputs]
        self._append(Control(node, programs, reads, writes))


def _long_axes(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(axis, n) for axis, n in enumerate(shape) if n != 1]


def _type(node: Tensor) -> TensorType:
    kind = node.type
    assert isinstance(kind, TensorType)
    return kind
