"""Products and sums as one primitive, einsum, and matmul, dot, outer, tensordot over it."""

from __future__ import annotations

import functools
import math
import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...hints.shapes import contract
from .. import trace
from ..errors import ShapeError
from ..tensor import Tensor
from ..types import TensorType
from . import logic as lg
from . import reductions
from .families import Cotangents, Primitive
from .views import Shape, reshape, transpose


def _parts(spec: str) -> tuple[list[str], str]:
    left, result = spec.split("->")
    return left.split(","), result


@functools.lru_cache(4096)
def _infer_einsum(*types: TensorType, spec: str) -> TensorType:
    terms, result = _parts(spec)
    length: dict[str, int] = {}
    for term, kind in zip(terms, types, strict=True):
        for letter, n in zip(term, kind.shape, strict=True):
            if length.setdefault(letter, n) != n:
                listed = " and ".join(str(t.shape) for t in types)
                raise ShapeError(f"einsum {spec!r}: shapes {listed} differ along {letter!r}")
    return TensorType.of(tuple([length[letter] for letter in result]), types[0].dtype)


def _einsum_vjp(ct: Any, y: Any, *inputs: Any, spec: str) -> Cotangents:
    """Swap the letters of an input with those of the result; the other inputs stay."""
    terms, result = _parts(spec)
    cotangents = []
    for i, term in enumerate(terms):
        others = [t for j, t in enumerate(terms) if j != i]
        swapped = ",".join([result, *others]) + "->" + term
        operands = [x for j, x in enumerate(inputs) if j != i]
        cotangents.append(trace.apply(einsum_row, ct, *operands, spec=swapped))
    return cotangents


def _batch_einsum(
    primitive: Primitive, size: int, batched: Sequence[bool], inputs: Any, params: Any
) -> tuple[Any, bool]:
    terms, result = _parts(params["spec"])
    letter = next(c for c in string.ascii_letters if c not in params["spec"])
    stacked = [letter + term if b else term for term, b in zip(terms, batched, strict=True)]
    return trace.apply(primitive, *inputs, spec=f"{','.join(stacked)}->{letter}{result}"), True


def _numpy_einsum(*arrays: Any, spec: str) -> Any:
    if len(arrays) == 2:
        (left, right), result = _parts(spec)
        return _pair(*arrays, left, right, result)
    return np.einsum(spec, *arrays, optimize=len(arrays) > 2)


def _bind_einsum(types: Sequence[TensorType], spec: str) -> Callable[..., Any]:
    """The quickest NumPy call for these shapes: a product of two matrices needs no rearranging."""
    terms, result = _parts(spec)
    if len(terms) != 2:
        return functools.partial(_numpy_einsum, spec=spec)
    left, right = terms
    summed = [c for c in left if c in right and c not in result]
    matrices = len(left) == len(right) == len(result) == 2 and len(summed) == 1
    if not matrices:
        return functools.partial(_pair, left=left, right=right, result=result)
    flip_left, flip_right = left[0] == summed[0], right[1] == summed[0]
    rows = left[1] if flip_left else left[0]
    if result[0] != rows:  # (A B).T = B.T A.T
        return _PRODUCTS[not flip_right, not flip_left, True]
    return _PRODUCTS[flip_left, flip_right, False]


# By whether the first and the second matrix are transposed, and whether they change places.
_PRODUCTS: dict[tuple[bool, bool, bool], Callable[..., Any]] = {
    (False, False, False): np.matmul,
    (False, True, False): lambda a, b: np.matmul(a, b.T),
    (True, False, False): lambda a, b: np.matmul(a.T, b),
    (True, True, False): lambda a, b: np.matmul(a.T, b.T),
    (False, False, True): lambda a, b: np.matmul(b, a),
    (False, True, True): lambda a, b: np.matmul(b, a.T),
    (True, False, True): lambda a, b: np.matmul(b.T, a),
    (True, True, True): lambda a, b: np.matmul(b.T, a.T),
}


def _pair(a: Any, b: Any, left: str, right: str, result: str) -> Any:
    """Two operands as one (stacked) matrix product, which BLAS does well."""
    summed = [c for c in left if c in right and c not in result]
    stacked = [c for c in result if c in left and c in right]
    rows = [c for c in left if c not in right]
    columns = [c for c in right if c not in left]
    if not summed:
        return np.multiply(_spread(a, left, result), _spread(b, right, result))
    if not np.size(a) or not np.size(b):
        return np.einsum(f"{left},{right}->{result}", a, b)
    length = dict(zip(left + right, np.shape(a) + np.shape(b), strict=True))
    a = np.transpose(a, [left.index(c) for c in stacked + rows + summed])
    b = np.transpose(b, [right.index(c) for c in stacked + summed + columns])
    shape = [length[c] for c in stacked]
    inner = math.prod(length[c] for c in summed)
    product = np.matmul(a.reshape(*shape, -1, inner), b.reshape(*shape, inner, -1))
    order = "".join(stacked + rows + columns)
    product = product.reshape([length[c] for c in order])
    return product.transpose([order.index(c) for c in result])[()]


def _spread(x: Any, term: str, result: str) -> Any:
    """Axes in the order of the result, of length 1 where there is none."""
    x = np.transpose(x, [term.index(c) for c in result if c in term])
    return np.expand_dims(x, tuple([i for i, c in enumerate(result) if c not in term]))


# Letters name axes; those missing from the result are summed over. Within a term no letter
# repeats, and each letter of a term stands in the result or in another term (``einsum`` below sees
# to it), so that swapping letters gives the derivative.
einsum_row = Primitive(
    "einsum",
    "contraction",
    _infer_einsum,
    _numpy_einsum,
    _einsum_vjp,
    _batch_einsum,
    bind=_bind_einsum,
)


def einsum(spec: str, *operands: Any) -> Any:
    """Sums of products of elements, axes named by letters (Einstein's convention).

    >>> import numpy as np
    >>> einsum("ij,jk->ik", np.ones((2, 3)), np.ones((3, 4))).shape
    (2, 4)
    """
    if not any(isinstance(x, Tensor) for x in operands):
        return np.einsum(spec, *operands)
    items = [x if isinstance(x, Tensor) else np.asarray(x) for x in operands]
    try:
        return _einsum(spec.replace(" ", ""), items)
    except ShapeError as error:
        raise error.about("einsum", items, contract(spec)) from None


def _einsum(spec: str, items: list[Any]) -> Any:
    terms, result = _normal_form(spec, items)
    _drop_repeating(terms, items)
    dtype = np.result_type(*[x.dtype for x in items])
    items = [lg.astype(x, dtype) for x in items]
    for i, term in enumerate(terms):
        elsewhere = set("".join(terms[:i] + terms[i + 1 :]) + result)
        terms[i], items[i] = _take_diagonals(term, items[i])
        alone = tuple(a for a, c in enumerate(terms[i]) if c not in elsewhere)
        if alone:
            items[i] = reductions.sum(items[i], axis=alone, dtype=dtype)
            terms[i] = "".join(c for c in terms[i] if c in elsewhere)
    return _contract(terms, result, items)


def _normal_form(spec: str, items: Sequence[Any]) -> tuple[list[str], str]:
    """Terms and result spelled out: ellipses are letters, a missing result the sorted singles."""
    left, arrow, result = spec.partition("->")
    terms = left.split(",")
    if len(terms) != len(items):
        raise ShapeError(f"einsum {spec!r} names {len(terms)} operands, got {len(items)}")
    unused = [c for c in string.ascii_uppercase[::-1] if c not in spec]
    widest = 0
    for i, (term, item) in enumerate(zip(terms, items, strict=True)):
        if "..." in term:
            width = item.ndim - len(term.replace("...", ""))
            widest = max(widest, width)
            terms[i] = term.replace("...", "".join(unused[:width][::-1]))
        if len(terms[i]) != item.ndim:
            raise ShapeError(f"einsum {spec!r}: {term!r} does not name the axes of {item.shape}")
    ellipsis = "".join(unused[:widest][::-1])
    if not arrow:
        letters = "".join(terms)
        singles = sorted(c for c in set(letters) if letters.count(c) == 1 and c not in ellipsis)
        result = ellipsis + "".join(singles)
    return terms, result.replace("...", ellipsis)


def _drop_repeating(terms: list[str], items: list[Any]) -> None:
    """Axes of length 1 whose letter is longer elsewhere are repeated, so they need not be there."""
    longest: dict[str, int] = {}
    for term, item in zip(terms, items, strict=True):
        for letter, n in zip(term, item.shape, strict=True):
            longest[letter] = max(n, longest.get(letter, 1))
    for i, (term, item) in enumerate(zip(terms, items, strict=True)):
        kept = [a for a, n in enumerate(item.shape) if n != 1 or longest[term[a]] == 1]
        if len(kept) < item.ndim:
            items[i] = reshape(item, [item.shape[a] for a in kept])
            terms[i] = "".join(term[a] for a in kept)


def _take_diagonals(term: str, item: Any) -> tuple[str, Any]:
    """A letter twice in one term means the diagonal of those axes."""
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            rest = [a for a in range(len(term)) if a not in (first, second)]
            steps = np.arange(item.shape[first])
            item = transpose(item, (first, second, *rest))[steps, steps]
            term = letter + "".join(term[a] for a in rest)
    return term, item


def _contract(terms: list[str], result: str, items: list[Any]) -> Any:
    """Two operands at a time, from the left, then the order of the result."""
    while len(items) > 1:
        later = set("".join(terms[2:]) + result)
        kept = "".join(c for c in dict.fromkeys(terms[0] + terms[1]) if c in later)
        goal = result if len(items) == 2 else kept
        product = trace.apply(einsum_row, *items[:2], spec=f"{terms[0]},{terms[1]}->{goal}")
        terms, items = [goal, *terms[2:]], [product, *items[2:]]
    return transpose(items[0], [terms[0].index(c) for c in result])


def matmul(a: Any, b: Any) -> Any:
    """Matrix product of the last two axes; stacks broadcast, a vector is a row or a column."""
    if not (isinstance(a, Tensor) or isinstance(b, Tensor)):
        return np.matmul(a, b)
    a, b = _same_dtype(a, b)
    try:
        spec, left, right = _product_of(a.shape, b.shape)
    except ShapeError as error:
        raise error.about("matmul", (a, b), _meets) from None
    a = a if a.shape == left else reshape(a, left)
    b = b if b.shape == right else reshape(b, right)
    return trace.apply(einsum_row, a, b, spec=spec)


@functools.lru_cache(4096)
def _product_of(left: Shape, right: Shape) -> tuple[str, Shape, Shape]:
    """The einsum of a matrix product, and the operands' shapes in it: axes that repeat dropped."""
    if not left or not right:
        raise ShapeError("matmul: a scalar has no matrix product; use *")
    if left[-1] != right[-2 if len(right) > 1 else 0]:
        below = right[-2] if len(right) > 1 else right[0]
        raise ShapeError(
            f"matmul: {left} @ {right} do not meet: the last length of the left, {left[-1]}, must "
            f"equal the {'second last' if len(right) > 1 else 'only'} length of the right, {below}."
        )
    try:
        stack = np.broadcast_shapes(left[:-2], right[:-2])
    except ValueError:
        text = f"matmul: the stacks {left[:-2]} and {right[:-2]} of {left} @ {right} do not meet."
        raise ShapeError(text) from None
    letters = string.ascii_letters[3 : 3 + len(stack)]
    first, left = _stack_letters(left, stack, letters, "ab" if len(left) > 1 else "b")
    second, right = _stack_letters(right, stack, letters, "bc" if len(right) > 1 else "b")
    kept = letters + ("a" if "a" in first else "") + ("c" if "c" in second else "")
    return f"{first},{second}->{kept}", left, right


def _stack_letters(shape: Shape, stack: Shape, letters: str, last: str) -> tuple[str, Shape]:
    """Letters for the operand's stack axes; axes of length 1 that repeat are dropped."""
    own = shape[: len(shape) - len(last)]
    names = letters[len(letters) - len(own) :]
    goal = stack[len(stack) - len(own) :]
    kept = [i for i, (n, m) in enumerate(zip(own, goal, strict=True)) if n == m]
    found = "".join([names[i] for i in kept]) + last
    return found, (*[own[i] for i in kept], *shape[len(own) :])


def _meets(shapes: Sequence[Shape]) -> bool:
    try:
        return bool(_product_of(*shapes))
    except ValueError:
        return False


def _same_dtype(a: Any, b: Any) -> tuple[Any, Any]:
    a = a if isinstance(a, Tensor) else np.asanyarray(a)
    b = b if isinstance(b, Tensor) else np.asanyarray(b)
    if a.dtype == b.dtype and a.dtype.isnative:
        return a, b
    dtype = np.result_type(a.dtype, b.dtype)
    return lg.astype(a, dtype), lg.astype(b, dtype)


def dot(a: Any, b: Any) -> Any:
    """NumPy's dot: a product of vectors or matrices; scalars multiply."""
    a, b = _same_dtype(a, b)
    if not a.ndim or not b.ndim:
        return a * b
    if b.ndim <= 2:
        return matmul(a, b)
    return tensordot(a, b, ((-1,), (-2,)))


def outer(a: Any, b: Any) -> Any:
    """Every element of ``a`` times every element of ``b``: shape (len(a), len(b))."""
    a, b = _same_dtype(a, b)
    return einsum("i,j->ij", reshape(a, (-1,)), reshape(b, (-1,)))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum of products over these axes of ``a`` and of ``b``, the others kept in order."""
    a, b = _same_dtype(a, b)
    if isinstance(axes, int):
        first, second = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        first, second = (
            [x % n.ndim for x in np.atleast_1d(s)] for s, n in zip(axes, (a, b), strict=True)
        )
    left = list(string.ascii_letters[: a.ndim])
    right = list(string.ascii_letters[a.ndim : a.ndim + b.ndim])
    for i, j in zip(first, second, strict=True):
        if a.shape[i] != b.shape[j]:
            text = f"tensordot: axes {i} of {a.shape} and {j} of {b.shape} differ"
            raise ShapeError(text, "tensordot", (a, b))
        right[j] = left[i]
    kept = [c for i, c in enumerate(left) if i not in first]
    kept += [c for j, c in enumerate(right) if j not in second]
    return einsum(f"{''.join(left)},{''.join(right)}->{''.join(kept)}", a, b)
