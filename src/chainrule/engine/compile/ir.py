"""IR: what stands between a graph and its text. Kernels, control flow, and the memory of arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..graph import Graph
from ..tensor import Tensor
from ..types import TensorType
from .access import Affine, Index


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


def is_own_value(root: Root) -> bool:
    """Whether a root stores a node's value whole, so that others in its kernel can use it."""
    return root.kind == "store" and root.node is root.made
