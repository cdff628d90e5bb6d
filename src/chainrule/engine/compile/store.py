"""Store: which values of a graph are kept in memory, and what is computed again where it is read.

Stored is what is returned, what a contraction, a gather or a loop of the program reads, what a
reduction gives, and what several kernels read and is dear to compute. The rest is inlined.
"""

from __future__ import annotations

from ..graph import Graph
from ..primitives import (
    calls,
    indexing,
    logic,
    random,
    views,
)
from ..primitives import contraction as ct
from ..primitives import reductions as red
from ..primitives.closures import pick
from ..primitives.families import Primitive, constant_row
from ..tensor import Tensor
from . import access
from .access import Affine, Index
from .hoist import materialise
from .instructions import kind_of
from .layout import term

REDUCED = {red.sum_row, red.prod_row, red.max_row, red.min_row, red.any_row, red.all_row}
RUNNING = {red.cumsum_row, red.cumprod_row, red.argmax_row, red.argmin_row}
SCATTERS = {indexing.scatter, indexing.scatter_add}
_INLINE_VIEWS = {views.broadcast, views.transpose_row, views.slice_row, views.flip_row}
DRAWN = {random.random_bits, random.derive_keys}
_CHEAP = 2  # operations that are rather done again than stored
DEAR = frozenset(
    [
        "exp",
        "exp2",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
        "logaddexp",
        "sigmoid",
        "tanh",
        "softplus",
        "erf",
        "erfinv",
        "erfcx",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "arcsin",
        "arccos",
        "arctan",
        "arctan2",
        "arcsinh",
        "arccosh",
        "arctanh",
        "power",
        "constant_power",
        "cbrt",
        "hypot",
        "sqrt",
        "divide",
        "lgamma",
        "digamma",
        "polygamma",
        "random_bits",
        "derive_keys",
    ]
)


def stored_values(graph: Graph) -> tuple[set[Tensor], dict[Tensor, int]]:
    """The nodes to store, and for each node what it costs to compute from stored ones."""
    users: dict[Tensor, list[Tensor]] = {}
    for node in graph.nodes:
        for x in dict.fromkeys(node.inputs):
            users.setdefault(x, []).append(node)
    cost_of: dict[Tensor, int] = {}
    given = set(graph.inputs)
    stored: set[Tensor] = set(given)

    def keep(node: Tensor) -> None:
        stored.add(node)

    def keep_base(node: Tensor) -> None:
        while node not in given and is_affine_view(node):
            (node,) = node.inputs
        keep(node)

    for node in graph.outputs:
        keep(node)
    for node in reversed(graph.nodes):
        if node.primitive is constant_row:
            if node.type.size > 1 or _is_opaque(node):
                keep(node)
            continue
        if why_evaluated(node) or is_control(node):
            keep(node)
            for x in node.inputs:
                keep(x)
        elif node.primitive is ct.einsum_row and not is_plain_product(node):
            keep(node)
            for x in node.inputs:
                keep_base(x)
        elif node.primitive in SCATTERS or node.primitive in (pick, materialise):
            keep(node)
        elif node.primitive is indexing.gather:
            keep(node.inputs[0])
        elif node.primitive in REDUCED | RUNNING | {views.pad_row, views.concatenate_row}:
            keep(node)
        elif node.primitive is views.reshape_row and not access.keeps_axes(node):
            keep(node.inputs[0])
    repeated = _repeated(graph)
    for node in graph.nodes:
        if node in stored or isinstance(node.type, tuple):
            cost_of[node] = 0
            continue
        own = 0 if is_affine_view(node) or node.primitive is constant_row else 1
        if node.primitive is not None and node.primitive.name in DEAR:
            own = 10
        cost = own + sum([cost_of.get(x, 0) for x in node.inputs])
        readers = users.get(node, [])
        many = len(readers) > 1 and cost > _CHEAP and not is_affine_view(node)
        grows = cost > 0 and node.shape != () and node in repeated
        long = cost > 200 and node.primitive is not term
        if many or grows or long or (cost >= 10 and node.shape == () and readers):
            stored.add(node)
            cost = 0
        cost_of[node] = cost
    return stored, cost_of


def is_control(node: Tensor) -> bool:
    """Whether it holds programs: scan, cond, while_loop."""
    return node.primitive is not None and node.primitive.name in ("scan", "cond", "while_loop")


def is_plain_product(node: Tensor) -> bool:
    """Whether an einsum sums over nothing: a product element by element."""
    terms, result = node.params["spec"].split("->")
    return not set(terms) - set(result) - {","}


def is_affine_view(node: Tensor) -> bool:
    """Whether it is a view through which addresses stay linear."""
    row = node.primitive
    return (
        row in _INLINE_VIEWS
        or (row is views.reshape_row and access.keeps_axes(node))
        or (row is calls.stop_gradient_row)
    )


def only_moves(node: Tensor) -> bool:
    """Whether its elements are its operand's, at places that are linear in its own."""
    return node.primitive is materialise or is_affine_view(node)


def is_new_shape(node: Tensor) -> bool:
    """Whether it is a reshape that splits or merges axes."""
    return node.primitive is views.reshape_row and not access.keeps_axes(node)


def _repeated(graph: Graph) -> set[Tensor]:
    """Nodes whose elements are used several times each by one that reads them, through views."""
    found: set[Tensor] = set()
    for node in reversed(graph.nodes):
        row = node.primitive
        repeats = row is views.broadcast or (row is ct.einsum_row and is_plain_product(node))
        moves = node in found and is_affine_view(node)
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
    constant_row,
    pick,
    materialise,
    ct.einsum_row,
    indexing.gather,
    logic.select,
    views.reshape_row,
    views.pad_row,
    views.concatenate_row,
    calls.stop_gradient_row,
    *REDUCED,
    *RUNNING,
    *SCATTERS,
    *_INLINE_VIEWS,
    *DRAWN,
}


# Kinds of dtypes for which NumPy raises an error, when the node is evaluated.
_REFUSED = {"subtract": "b", "negative": "b", "sign": "b", "left_shift": "f", "right_shift": "f"}


def why_evaluated(node: Tensor) -> str:
    """Why a node is evaluated with NumPy, in words; empty where it is compiled."""
    row = node.primitive
    if row is None or row is constant_row or row is pick or is_control(node):
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
