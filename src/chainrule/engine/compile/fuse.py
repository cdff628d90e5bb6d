"""Fuse: which values of a graph are stored, and which loops compute them together.

The store rule: store what is returned, what a contraction, a gather or a loop of the program reads,
what a reduction gives, and what several kernels read and is dear to compute. The rest is inlined
where it is used. Roots (stored values, reductions) over the same loops become one kernel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .. import trace
from ..graph import Graph
from ..primitives import calls, indexing, logic, random, views
from ..primitives import contraction as ct
from ..primitives import reductions as red
from ..primitives.closures import pick
from ..primitives.families import Primitive, constant_row
from ..tensor import Tensor
from ..types import TensorType
from . import access
from .access import Affine, Index, domain_of, linear, own_index, strides_of
from .hoist import materialise
from .instructions import kind_of
from .layout import term
from .prepare import prepare

REDUCED = {red.sum_row, red.prod_row, red.max_row, red.min_row, red.any_row, red.all_row}
_RUNNING = {red.cumsum_row, red.cumprod_row, red.argmax_row, red.argmin_row}
_SCATTERS = {indexing.scatter, indexing.scatter_add}
_INLINE_VIEWS = {views.broadcast, views.transpose_row, views.slice_row, views.flip_row}
DRAWN = {random.random_bits, random.derive_keys}
_CHEAP = 2  # operations that are rather done again than stored
DEAR = frozenset(
    (
        "exp exp2 expm1 log log2 log10 log1p logaddexp sigmoid tanh softplus erf erfinv erfcx "
        "sin cos tan sinh cosh arcsin arccos arctan arctan2 arcsinh arccosh arctanh "
        "power constant_power cbrt hypot sqrt divide lgamma digamma polygamma "
        "random_bits derive_keys"
    ).split()
)


class Storage:
    """Memory that holds one array, in row-major order."""

    __slots__ = ("data", "nbytes", "row_bytes", "type")

    def __init__(self, kind: TensorType, data: Any = None) -> None:
        self.type = kind
        self.row_bytes = kind.size * kind.dtype.itemsize
        self.nbytes = max(kind.size, 1) * kind.dtype.itemsize
        self.data = data

    def __repr__(self) -> str:
        return f"<{self.type} at {id(self) & 0xFFFF:04x}>"


@dataclass(eq=False)
class Root:
    """What a kernel leaves in memory: the value of ``node`` at ``index``, at ``target``.

    ``kind``: ``store``; the name of a reduction (whose operand is ``node``), over the loops from
    number ``begin`` on, the last one left out if it is ``kept``; ``scatter``; ``running``.
    """

    kind: str
    node: Tensor
    index: Index
    storage: Storage
    target: Affine
    made: Tensor  # the graph's node that it computes
    begin: int = 0
    columns: bool = False
    is_stored: bool = True
    cost: int = 1  # roughly, operations for each element


@dataclass(eq=False)
class Loops:
    """A kernel: nested loops over ``lengths``, the last one in vectors."""

    shape: tuple[int, ...]  # the axes longer than 1, in their own order
    order: tuple[int, ...]  # loop i runs along axis order[i]
    roots: list[Root] = field(default_factory=list)
    sequential: bool = False
    reads: list[Storage] = field(default_factory=list)
    elsewhere: set[Storage] = field(default_factory=set)  # read at other places than written
    storage: dict[Any, Storage] = field(default_factory=dict)  # of the program's nodes

    @property
    def lengths(self) -> tuple[int, ...]:
        """Turns of each loop."""
        return tuple([self.shape[axis] for axis in self.order])

    @property
    def writes(self) -> list[Storage]:
        """What it leaves in memory."""
        return list(dict.fromkeys([root.storage for root in self.roots if root.is_stored]))


@dataclass(eq=False)
class Contract:
    """A kernel: a stack of matrix products, and what is computed from each result at once."""

    node: Tensor
    result: Storage
    a: tuple[Storage, Affine]
    b: tuple[Storage, Affine]
    roots: list[Root] = field(default_factory=list)
    reads: list[Storage] = field(default_factory=list)
    elsewhere: set[Storage] = field(default_factory=set)
    storage: dict[Any, Storage] = field(default_factory=dict)
    is_stored: bool = True

    @property
    def writes(self) -> list[Storage]:
        """What it leaves in memory."""
        mine = [self.result] if self.is_stored else []
        return mine + [root.storage for root in self.roots if root.is_stored]


@dataclass(eq=False)
class Evaluate:
    """A node that NumPy evaluates, because there is no compiled rule for it."""

    node: Tensor
    reads: list[Storage]
    writes: list[Storage]
    reason: str


@dataclass(eq=False)
class Copy:
    """An array copied."""

    reads: list[Storage]
    writes: list[Storage]


@dataclass(eq=False)
class Control:
    """scan, cond or while_loop: programs inside a program."""

    node: Tensor
    programs: list[Program]
    reads: list[Storage]
    writes: list[Storage]


Step = Loops | Contract | Evaluate | Copy | Control


@dataclass(eq=False)
class Program:
    """Steps in order. Results may be where inputs, constants or other results are."""

    inputs: list[Storage]
    outputs: list[Storage]
    constants: list[Storage]
    steps: list[Step]
    storage: dict[Any, Storage]  # by node
    types: list[TensorType]  # of the results
    graph: Graph  # the prepared graph, whose nodes these are


def fuse(graph: Graph) -> Program:
    """A graph as a program of kernels."""
    return _Fusion(prepare(graph)).program()


class _Fusion:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.steps: list[Step] = []
        self.storage: dict[Any, Storage] = {}
        self.constants: list[Storage] = []
        self.maker: dict[Storage, int] = {}  # number of the step that writes it
        self.users: dict[Tensor, list[Tensor]] = {}
        for node in graph.nodes:
            for x in dict.fromkeys(node.inputs):
                self.users.setdefault(x, []).append(node)
        self.cost: dict[Tensor, int] = {}
        self.stored = self._stored()

    def program(self) -> Program:
        inputs = []
        for node in self.graph.inputs:
            self.storage[node] = Storage(_type(node))
            inputs.append(self.storage[node])
        for node in self.graph.nodes:
            if node in self.stored:
                self._place(node)
        outputs = [self.storage[node] for node in self.graph.outputs]
        types = [_type(node) for node in self.graph.outputs]
        self._forget_inner_values(set(outputs))
        return Program(inputs, outputs, self.constants, self.steps, self.storage, types, self.graph)

    # -- the store rule ------------------------------------------------------------------------

    def _stored(self) -> set[Tensor]:
        given = set(self.graph.inputs)
        stored: set[Tensor] = set(given)

        def keep(node: Tensor) -> None:
            stored.add(node)

        def keep_base(node: Tensor) -> None:
            while node not in given and _is_affine_view(node):
                (node,) = node.inputs
            keep(node)

        for node in self.graph.outputs:
            keep(node)
        for node in reversed(self.graph.nodes):
            if node.primitive is constant_row:
                if node.type.size > 1 or _is_opaque(node):
                    keep(node)
                continue
            if why_evaluated(node) or _is_control(node):
                keep(node)
                for x in node.inputs:
                    keep(x)
            elif node.primitive is ct.einsum_row and not _is_plain_product(node):
                keep(node)
                for x in node.inputs:
                    keep_base(x)
            elif node.primitive in _SCATTERS or node.primitive in (pick, materialise):
                keep(node)
            elif node.primitive is indexing.gather:
                keep(node.inputs[0])
            elif node.primitive in REDUCED | _RUNNING | {views.pad_row, views.concatenate_row}:
                keep(node)
            elif node.primitive is views.reshape_row and not access.keeps_axes(node):
                keep(node.inputs[0])
        repeated = _repeated(self.graph)
        for node in self.graph.nodes:
            if node in stored or isinstance(node.type, tuple):
                self.cost[node] = 0
                continue
            own = 0 if _is_affine_view(node) or node.primitive is constant_row else 1
            if node.primitive is not None and node.primitive.name in DEAR:
                own = 10
            cost = own + sum([self.cost.get(x, 0) for x in node.inputs])
            users = self.users.get(node, [])
            many = len(users) > 1 and cost > _CHEAP and not _is_affine_view(node)
            grows = cost > 0 and node.shape != () and node in repeated
            long = cost > 200 and node.primitive is not term
            if many or grows or long or (cost >= 10 and node.shape == () and users):
                stored.add(node)
                cost = 0
            self.cost[node] = cost
        return stored

    # -- placing roots -------------------------------------------------------------------------

    def _place(self, node: Tensor) -> None:
        row = node.primitive
        if row is constant_row:
            self.storage[node] = Storage(node.type, node.known)
            self.constants.append(self.storage[node])
        elif row is pick:
            self.storage[node] = self.storage[node.inputs[0], node.params["index"]]
        elif _is_control(node):
            self._place_control(node)
        elif why_evaluated(node):
            self.storage[node] = Storage(_type(node))
            reads = [self.storage[x] for x in node.inputs]
            reason = why_evaluated(node)
            self._append(Evaluate(node, reads, [self.storage[node]], reason))
        elif row is views.reshape_row and node.inputs[0] in self.stored:
            self.storage[node] = self.storage[node.inputs[0]]
        elif row is ct.einsum_row and not _is_plain_product(node):
            self._place_product(node)
        elif row is views.pad_row or row is views.concatenate_row:
            self._place_parts(node)
        elif row in _SCATTERS:
            self._place_scatter(node)
        else:
            self._place_loops(node)

    def _place_loops(self, node: Tensor) -> None:
        storage = self.storage[node] = Storage(_type(node))
        row = node.primitive
        assert row is not None
        if row in REDUCED:
            self._place_reduction(node, storage)
        elif row in _RUNNING:
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
        while x.inputs and _is_affine_view(x):
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

    # -- joining kernels -----------------------------------------------------------------------

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
                if node.primitive is constant_row and node not in self.storage:
                    self._place(node)
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


def is_own_value(root: Root) -> bool:
    """Whether a root stores a node's value whole, so that others in its kernel can use it."""
    return root.kind == "store" and root.node is root.made


def _long_axes(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(axis, n) for axis, n in enumerate(shape) if n != 1]


def _type(node: Tensor) -> TensorType:
    kind = node.type
    assert isinstance(kind, TensorType)
    return kind


def _is_control(node: Tensor) -> bool:
    return node.primitive is not None and node.primitive.name in ("scan", "cond", "while_loop")


def _is_plain_product(node: Tensor) -> bool:
    terms, result = node.params["spec"].split("->")
    return not set(terms) - set(result) - {","}


def _is_affine_view(node: Tensor) -> bool:
    row = node.primitive
    return (
        row in _INLINE_VIEWS
        or (row is views.reshape_row and access.keeps_axes(node))
        or (row is calls.stop_gradient_row)
    )


def only_moves(node: Tensor) -> bool:
    """Whether its elements are its operand's, at places that are linear in its own."""
    return node.primitive is materialise or _is_affine_view(node)


def is_new_shape(node: Tensor) -> bool:
    """Whether it is a reshape that splits or merges axes."""
    return node.primitive is views.reshape_row and not access.keeps_axes(node)


def _repeated(graph: Graph) -> set[Tensor]:
    """Nodes whose elements are used several times each by one that reads them, through views."""
    found: set[Tensor] = set()
    for node in reversed(graph.nodes):
        row = node.primitive
        repeats = row is views.broadcast or (row is ct.einsum_row and _is_plain_product(node))
        moves = node in found and _is_affine_view(node)
        found |= {x for x in node.inputs if moves or (repeats and node.type.size > x.type.size)}
    return found


def _is_opaque(node: Tensor) -> bool:
    return kind_of(node.dtype) is None


def drawn_from(node: Tensor, index: Index) -> list[tuple[Tensor, Index]]:
    """The words of the key, and the number, behind a random element."""
    key = node.inputs[0]
    lead = index[: len(key.shape) - 1]
    found = [(key, (*lead, Affine(word))) for word in (0, 1)]
    if node.primitive is random.derive_keys:
        found.append((node.inputs[1], index[:-1]))
    return found


_STRUCTURAL: set[Primitive] = {
    constant_row, pick, materialise, ct.einsum_row, indexing.gather, logic.select,
    views.reshape_row, views.pad_row, views.concatenate_row, calls.stop_gradient_row,
    *REDUCED, *_RUNNING, *_SCATTERS, *_INLINE_VIEWS, *DRAWN,
}  # fmt: skip


# Kinds of dtypes for which NumPy raises an error, when the node is evaluated.
_REFUSED = {"subtract": "b", "negative": "b", "sign": "b", "left_shift": "f", "right_shift": "f"}


def why_evaluated(node: Tensor) -> str:
    """Why a node is evaluated with NumPy, in words; empty where it is compiled."""
    row = node.primitive
    if row is None or row is constant_row or row is pick or _is_control(node):
        return ""
    kinds = [x.dtype for x in (*node.inputs, node)]
    odd = [dtype for dtype in kinds if kind_of(dtype) is None]
    if odd:
        return f"there is no compiled arithmetic for {odd[0]}"
    if row is ct.einsum_row and len(node.inputs) != 2:
        return "an einsum of several operands at once"
    if node.inputs and node.inputs[0].dtype.kind in _REFUSED.get(row.name, ""):
        return f"{row.name} is not defined for {node.inputs[0].dtype}, as NumPy will say"
    if row in _STRUCTURAL or row.llvm is not None:
        return ""
    return f"the row {row.name!r} has no llvm rule"
