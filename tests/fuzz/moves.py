"""Operations that move, combine and index elements: views, reductions, products, gather, sort."""

import string

import numpy as np

from chainrule.engine.primitives import contraction as ct
from chainrule.engine.primitives import elementwise as ew
from chainrule.engine.primitives import indexing as ix
from chainrule.engine.primitives import logic as lg
from chainrule.engine.primitives import reductions as rd
from chainrule.engine.primitives import views as vw
from chainrule.engine.trace import apply

from .inputs import MOST, random_shape


def has_axes(x):
    return x.ndim > 0


def some_axes(b, x, most=None):
    """A random choice of an array's axes, in order."""
    count = b.rng.integers(0, (x.ndim if most is None else min(most, x.ndim)) + 1)
    return tuple(sorted(b.rng.permutation(x.ndim)[:count].tolist()))


def one_axis(b, x):
    return int(b.rng.integers(x.ndim))


# -- views -------------------------------------------------------------------------------------


def reshape(b):
    x = b.take()
    shape = list(x.shape)
    choice = b.rng.integers(0, 4)
    if choice == 0:
        shape = [x.size]
    elif choice == 1 and x.ndim < 4:
        shape.insert(b.rng.integers(0, x.ndim + 1), 1)
    elif choice == 2 and x.ndim > 1:
        first = b.rng.integers(0, x.ndim - 1)
        shape[first : first + 2] = [shape[first] * shape[first + 1]]
    elif choice == 3:
        shape = [n for n in shape if n != 1]
    return apply(vw.reshape_row, x, shape=tuple(map(int, shape)))


def transpose(b):
    x = b.take()
    return apply(vw.transpose_row, x, axes=tuple(b.rng.permutation(x.ndim).tolist()))


def broadcast(b):
    x = b.take()
    shape = [int(b.rng.choice(b.lengths)) if n == 1 else n for n in x.shape]
    axes = list(range(x.ndim))
    if x.ndim < 4:
        place = int(b.rng.integers(0, x.ndim + 1))
        shape.insert(place, int(b.rng.choice(b.lengths)))
        axes = [a + (a >= place) for a in axes]
    if np.prod(shape, dtype=int) > MOST:
        return None
    return apply(vw.broadcast, x, shape=tuple(shape), axes=tuple(axes))


def cut(b):
    x = b.take()
    bounds = [sorted(b.rng.integers(0, n + 1, 2).tolist()) for n in x.shape]
    start, stop = [low for low, _ in bounds], [high for _, high in bounds]
    step = b.rng.choice([1, 1, 1, 2, 3], x.ndim).tolist()
    return apply(vw.slice_row, x, start=tuple(start), stop=tuple(stop), step=tuple(step))


def pad(b):
    x = b.take()
    before, after, between = b.rng.choice([0, 0, 1, 2], (3, x.ndim)).tolist()
    if np.prod([3 * n + 4 for n in x.shape], dtype=int) > MOST:
        return None
    return apply(vw.pad_row, x, before=tuple(before), after=tuple(after), between=tuple(between))


def flip(b):
    x = b.take()
    return apply(vw.flip_row, x, axes=some_axes(b, x))


def concatenate(b):
    x = b.take(has_axes)
    if x is None:
        return None
    axis = one_axis(b, x)
    parts = [x]
    for _ in range(b.rng.integers(0, 3)):
        parts.append(b.take(lambda y: _joins(x, y, axis)))
    b.rng.shuffle(parts)
    return apply(vw.concatenate_row, *parts, axis=axis)


def _joins(x, y, axis):
    alike = x.dtype == y.dtype and x.ndim == y.ndim
    return alike and all(a == axis or x.shape[a] == y.shape[a] for a in range(x.ndim))


# -- reductions --------------------------------------------------------------------------------


def reduction(b):
    row = [rd.sum_row, rd.sum_row, rd.max_row, rd.min_row, rd.prod_row][b.rng.integers(5)]
    x = b.take(lambda x: x.dtype.kind != "b")
    if x is None:
        return None
    axes = some_axes(b, x)
    if row in (rd.max_row, rd.min_row) and 0 in [x.shape[a] for a in axes]:
        return None
    if row is rd.prod_row and x.type.is_float:
        if x.size > 100:
            return None  # the product would leave the range of numbers, where order matters
        x = ew.sin(x) * 1.5
    return apply(row, x, axes=axes)


def truth(b):
    x = b.take()
    row = rd.any_row if b.chance(0.5) else rd.all_row
    return apply(row, lg.astype(x, bool), axes=some_axes(b, x))


def place(b):
    x = b.take(lambda x: 0 not in x.shape and has_axes(x))
    row = rd.argmax_row if b.chance(0.5) else rd.argmin_row
    return None if x is None else apply(row, x, axis=one_axis(b, x))


def running(b):
    x = b.take(lambda x: has_axes(x) and x.dtype.kind != "b")
    if x is None:
        return None
    if b.chance(0.6):
        return apply(rd.cumsum_row, x, axis=one_axis(b, x))
    x = ew.cos(x) if x.type.is_float else x
    return apply(rd.cumprod_row, x, axis=one_axis(b, x))


def normalised(b):
    """A mean taken away, or a softmax: reductions that are broadcast again."""
    x = b.take_float(lambda x: x.size > 0 and has_axes(x))
    if x is None:
        return None
    axis = one_axis(b, x)
    if b.chance(0.5):
        centred = x - rd.mean(x, axis, keepdims=True)
        return centred / ew.sqrt(rd.mean(ew.square(centred), axis, keepdims=True) + 0.5)
    shifted = ew.exp(x - rd.max(x, axis, keepdims=True))
    return shifted / rd.sum(shifted, axis, keepdims=True)


# -- products ----------------------------------------------------------------------------------


def einsum(b):
    """A product of one to three operands; letters are shared where lengths allow it."""
    first = b.take(lambda x: x.dtype.kind != "b")
    if first is None:
        return None
    operands, terms = [], []
    length = {}
    for _ in range(b.rng.choice([1, 2, 2, 2, 2, 3])):
        x = b.take(lambda x: x.dtype == first.dtype) if operands else first
        operands.append(x)
        terms.append(_letters(b, x.shape, length))
    result = _result_letters(b, terms)
    if np.prod([float(n) for n in length.values()]) > 200_000:
        return None
    if np.prod([length[c] for c in result], dtype=int) > MOST:
        return None
    return apply(ct.einsum_row, *operands, spec=f"{','.join(terms)}->{result}")


def _letters(b, shape, length):
    term = ""
    for n in shape:
        alike = [c for c, m in length.items() if m == n and c not in term]
        if alike and b.chance(0.75):
            term += str(b.rng.choice(alike))
        else:
            term += string.ascii_letters[len(length)]
            length[term[-1]] = n
    return term


def _result_letters(b, terms):
    """Letters that stand in one term must stay: einsum's normal form sums them before."""
    letters = dict.fromkeys("".join(terms))
    count = {c: sum(c in term for term in terms) for c in letters}
    kept = [c for c in letters if count[c] == 1 or b.chance(0.3)]
    if b.chance(0.3):
        b.rng.shuffle(kept)
    return "".join(kept)


def matmul(b):
    """A layer: rows times a matrix, a bias, an activation."""
    x = b.take_float(lambda x: x.ndim == 2)
    if x is None:
        return None
    w = b.take(lambda w: w.ndim == 2 and w.dtype == x.dtype and x.shape[1] in w.shape)
    if w is None:
        return None
    y = ct.matmul(x, w if w.shape[0] == x.shape[1] else vw.transpose(w))
    bias = b.take(lambda v: v.shape == y.shape[1:] and v.dtype == y.dtype)
    y = y if bias is None else y + bias
    return [y, ew.tanh(y) if b.chance(0.5) else lg.maximum(y, 0)]


# -- indexing ----------------------------------------------------------------------------------


def _places(b, x, axes):
    """Index arrays of one shape within bounds, computed or constant; often with repeats."""
    shape = random_shape(b.rng, [n for n in b.lengths if n < 40] or [2], 64)[:2]
    found = []
    for axis in axes:
        n = x.shape[axis]
        known = b.take(lambda i: i.dtype.kind in "iu" and i.shape == shape)
        if known is None or b.chance(0.3):
            found.append(b.rng.integers(0, n, shape))
        else:
            found.append(ew.remainder(lg.astype(known, np.intp), n))
    return found


def _indexed(b, x):
    axes = some_axes(b, x, 2) or (0,)
    return None if 0 in [x.shape[a] for a in axes] else axes


def gather(b):
    x = b.take(has_axes)
    axes = None if x is None else _indexed(b, x)
    if axes is None:
        return None
    return apply(ix.gather, x, *_places(b, x, axes), axes=axes)


def scatter(b):
    x = b.take(has_axes)
    axes = None if x is None else _indexed(b, x)
    if axes is None:
        return None
    indices = _places(b, x, axes)
    kept = [n for a, n in enumerate(x.shape) if a not in axes]
    shape = (*np.shape(indices[0]), *kept)
    if np.prod(shape, dtype=int) > MOST:
        return None
    updates = b.fit(b.take(), type(x.type).of(shape, x.dtype))
    row = ix.scatter_add if b.chance(0.6) and x.dtype.kind != "b" else ix.scatter
    return apply(row, x, updates, *indices, axes=axes)


def ordered(b):
    x = b.take(has_axes)
    row = ix.sort_row if b.chance(0.5) else ix.argsort_row
    return None if x is None else apply(row, x, axis=one_axis(b, x))


def along_axis(b):
    x = b.take(lambda x: has_axes(x) and 0 not in x.shape)
    if x is None:
        return None
    axis = one_axis(b, x)
    return ix.take_along_axis(x, ix.argsort(x, axis), axis)
