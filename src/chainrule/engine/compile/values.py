"""Values inside a kernel: elements of nodes, computed from stored elements where needed."""

from __future__ import annotations

from typing import Any

from ..primitives import contraction as ct
from ..primitives import indexing, random
from ..primitives.families import constant_row
from ..tensor import Tensor
from . import access, ir, store
from .access import Affine, Index
from .instructions import Value, kind_of
from .math import Math
from .threefry import threefry2x32


class Values:
    """Writes the instructions that give a node's elements, for the present turn of the loops.

    ``variables[i]`` is loop i's variable; the last one counts the first of ``width`` lanes.
    A variable that is None belongs to a loop that was merged with the next.
    """

    def __init__(
        self, emit: Math, storage: dict[Any, ir.Storage], pointers: dict[ir.Storage, Value]
    ) -> None:
        self.emit = emit
        self.pointers = pointers
        self.variables: list[Value | None] = []
        self.width = 1
        self.valid = 1  # lanes that count; others are neither read nor stored
        self.here: dict[Tensor, Any] = {}  # values of this kernel: not loaded, but computed
        self.written: set[str] = set()  # memory that this kernel changes
        self._storage = storage
        self._memo: list[dict[tuple[Tensor, Index], Value]] = []

    def begin_piece(self) -> None:
        """Forget what was computed for other lanes."""
        self._memo = []

    def of(self, node: Tensor, index: Index) -> Value:
        """Elements of a node at an index: ``width`` of them, or 1 where they are all the same."""
        key = (node, index)
        depth = self.emit.depth
        while len(self._memo) <= depth:
            self._memo.append({})
        del self._memo[depth + 1 :]
        for known in self._memo:
            if key in known:
                return known[key]
        found = self._compute(node, index)
        self._memo[depth][key] = found
        return found

    def is_loaded(self, node: Tensor) -> bool:
        """Whether its elements come from memory."""
        if node in self.here or node not in self._storage:
            return False
        # A reshape shares the memory of what it reshapes, which this kernel may just compute.
        mine = [self._storage[made] for made in self.here]
        return self._storage[node] not in mine

    def _compute(self, node: Tensor, index: Index) -> Value:
        emit, row = self.emit, node.primitive
        given = self.here.get(node)
        if isinstance(given, Value):
            return given
        if self.is_loaded(node):
            return self.load(self._storage[node], access.linear(node.shape, index))
        assert row is not None
        if row is constant_row:
            return emit.constant(_kind(node), node.known.reshape(-1)[0])
        if store.is_new_shape(node):
            return self.load(self._storage[node.inputs[0]], access.linear(node.shape, index))
        if row is indexing.gather:
            return self._gather(node, index)
        if row is random.random_bits or row is random.derive_keys:
            return self._draw(node, index)
        operands = [self.of(x, at) for x, at in access.inputs_at(node, index)]
        if row is ct.einsum_row:
            a, b = operands
            return a & b if a.kind == "bool" else a * b
        if row.llvm is None:  # a view
            return operands[0]
        found: Value = row.llvm(emit, *operands, **node.params)
        return found

    # -- addresses -----------------------------------------------------------------------------

    def offset(self, affine: Affine) -> tuple[Value | int, int]:
        """The number of the first lane's element, and the step from lane to lane."""
        emit = self.emit
        found: Value | int = affine.constant
        step = 0
        for axis, coefficient in affine.terms:
            variable = self.variables[axis]
            if axis == len(self.variables) - 1:
                step = coefficient
            if variable is None:
                continue
            term = variable * coefficient if coefficient != 1 else variable
            found = term + found if isinstance(found, Value) or found else term
        if isinstance(found, Value) and found.text[0] != "%":
            emit.constant("i64", 0)
        return found, step

    def number(self, affine: Affine, kind: str) -> Value:
        """The value of an index in each lane, as integers."""
        emit = self.emit
        first, step = self.offset(affine)
        value = first if isinstance(first, Value) else emit.constant("i64", first)
        value = emit.convert(value, kind)
        if step and self.width > 1:
            value = value + emit.vector(kind, [step * lane for lane in range(self.width)])
        return value

    def load(self, storage: ir.Storage, affine: Affine, dynamic: Value | None = None) -> Value:
        """Stored elements; ``dynamic`` is added to their number, in elements."""
        emit, pointer = self.emit, self.pointers[storage]
        kind = _kind(storage)
        first, step = self.offset(affine)
        if dynamic is not None and dynamic.lanes > 1:
            return self._gather_lanes(pointer, kind, affine, dynamic)
        if dynamic is not None:
            first = dynamic + first
        address = emit.address(pointer, first, kind)
        level = emit.depth if pointer.text in self.written else None
        if self.width == 1 or step == 0:
            return emit.load(address, kind, 1, level)
        if step == 1:
            return emit.load(address, kind, self.width, level, self.valid)
        if step == -1 and self.valid == self.width:
            back = emit.address(address, 1 - self.width, kind)
            value = emit.load(back, kind, self.width, level)
            return emit.shuffle(value, value, list(range(self.width))[::-1])
        lanes = emit.vector("i64", [step * lane for lane in range(self.width)])
        return emit.load_each(emit.address(address, lanes, kind), kind, level, self.valid)

    def _gather_lanes(self, pointer: Value, kind: str, affine: Affine, dynamic: Value) -> Value:
        offsets = dynamic + self.number(affine, "i64")
        addresses = self.emit.address(pointer, offsets, kind)
        return self.emit.load_each(addresses, kind, None, self.valid)

    def store(self, storage: ir.Storage, affine: Affine, value: Value) -> None:
        """The present lanes to memory."""
        emit, kind = self.emit, _kind(storage)
        first, step = self.offset(affine)
        address = emit.address(self.pointers[storage], first, kind)
        if self.width > 1 and step:
            value = emit.splat(value, self.width)
        if value.lanes == 1 or step == 1:
            emit.store(address, value, self.valid)
        else:
            lanes = emit.vector("i64", [step * lane for lane in range(self.width)])
            emit.store_each(emit.address(address, lanes, kind), value, self.valid)

    # -- elements from elsewhere ---------------------------------------------------------------

    def dynamic(self, indices: list[tuple[Tensor, Index]], strides: list[int]) -> Value:
        """The sum of index values times strides."""
        emit = self.emit
        found: Value | None = None
        for (node, index), stride in zip(indices, strides, strict=True):
            term = emit.convert(self.of(node, index), "i64")
            term = term * stride if stride != 1 else term
            found = term if found is None else found + term
        assert found is not None
        return found

    def _gather(self, node: Tensor, index: Index) -> Value:
        known, strides = access.gather_address(node, index)
        dynamic = self.dynamic(access.inputs_at(node, index), strides)
        return self.load(self._storage[node.inputs[0]], known, dynamic)

    def _draw(self, node: Tensor, index: Index) -> Value:
        emit = self.emit
        parts = [self.of(x, at) for x, at in store.drawn_from(node, index)]
        if node.primitive is random.derive_keys:
            number = emit.convert(parts[2], "u32")
            high, low = threefry2x32(emit, parts[0], parts[1], emit.constant("u32", 0), number)
            word = index[-1]
            if not word.terms:
                return low if word.constant else high
            return emit.select(emit.equal(self.number(word, "i64"), 0), high, low)
        lead = len(node.inputs[0].shape) - 1
        shape, width = node.params["shape"], node.params["width"]
        counter = access.linear(shape, index[lead:])
        low_word = self.number(counter, "u32")
        high_word = emit.constant("u32", 0)
        high, low = threefry2x32(emit, parts[0], parts[1], high_word, low_word)
        if width == 64:
            wide = emit.convert(high, "u64") << 32
            return wide | emit.convert(low, "u64")
        return emit.convert(high ^ low, f"u{width}")


def _kind(holder: Any) -> str:
    kind = kind_of(holder.type.dtype)
    assert kind is not None
    return kind
