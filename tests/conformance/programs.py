"""Random programs over small float64 arrays, as data: what hypothesis draws.

A program is a list of steps; each applies an operation to earlier values. An operation knows how
far its operands are from a kink (``gap``), so that finite differences are taken where they hold.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import chainrule as cr
from chainrule.engine.primitives import calls, control, gaussian, indexing, scan
from chainrule.engine.primitives import contraction as ct
from chainrule.engine.primitives import elementwise as ew
from chainrule.engine.primitives import logic as lg
from chainrule.engine.primitives import reductions as rd
from chainrule.engine.primitives import views as vw

from .rows import draw as spread

NEAR = 1e-2  # a kink this near is avoided
LARGE = 30.0
MOST = 24  # elements of a value


def far(*_, **__):
    return np.inf


def _least_difference(x, axis):
    x = np.sort(x, axis)
    return np.min(np.diff(x, axis=axis), initial=np.inf)


def _gap_along(x, axis, **_):
    if axis is None:
        return _least_difference(np.ravel(x), 0)
    return _least_difference(x, axis)


def _gap_between(a, b):
    return np.min(np.abs(a - b), initial=np.inf)


@dataclass(frozen=True)
class Op:
    """``fn(*operands, **params)``; ``params(draw, *arrays)`` draws params, None: not these."""

    fn: Callable[..., Any]
    arity: int = 1
    gap: Callable[..., float] = far
    params: Callable[..., dict[str, Any] | None] = lambda draw, *arrays: {}


# -- parameters --------------------------------------------------------------------------------


def some_axis(draw, x):
    return {"axis": draw(st.integers(0, x.ndim - 1))} if x.ndim else None


def full_axis(draw, x):
    return some_axis(draw, x) if x.size else None


def not_empty(draw, *arrays):
    return {} if all(x.size for x in arrays) else None


def axis_or_all(draw, x):
    options = [None, *range(x.ndim)]
    return {"axis": draw(st.sampled_from(options)), "keepdims": draw(st.booleans())}


def full_axis_or_all(draw, x):
    return axis_or_all(draw, x) if x.size else None


def a_shape(draw, x):
    options = [(-1,), (1, *x.shape), (*x.shape, 1), x.shape[::-1]]
    return {"shape": draw(st.sampled_from(options))}


def an_order(draw, x):
    return {"axes": tuple(draw(st.permutations(range(x.ndim))))}


def a_cut(draw, x):
    if not x.size or not x.ndim:
        return None
    n = x.shape[0]
    options = [
        slice(None, None, -1), slice(0, max(n - 1, 0)), slice(None, None, 2), None, ..., -1, 0,
        np.array([0, n - 1, 0]), np.arange(n) % 2 == 0, (..., slice(0, 1)),
    ]  # fmt: skip
    return {"index": options[draw(st.integers(0, len(options) - 1))]}


def meeting(draw, a, b):
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return None
    return {} if np.prod(shape) <= MOST else None


def matrices(draw, a, b):
    try:
        return {} if np.matmul(a, b).size <= MOST else None
    except ValueError:
        return None


def small(draw, *arrays):
    return {} if sum(x.size for x in arrays) <= MOST // 2 else None


def joined(draw, a, b):
    if a.ndim != b.ndim or not a.ndim or a.size + b.size > MOST or a.shape[1:] != b.shape[1:]:
        return None
    return {}


def a_direction(draw, x):
    return {"reverse": draw(st.booleans())} if x.size and few_rows(draw, x) is not None else None


def few_rows(draw, x):
    return {} if x.ndim and 0 < x.shape[0] <= 4 else None


# -- operations that are more than one primitive -----------------------------------------------


def running(x, reverse):
    """A recurrent cell along the first axis."""

    def step(carry, row):
        new = ew.tanh(0.7 * carry + row * 0.5 + rd.mean(x))
        return new, new * row

    last, rows = scan.scan(step, 0.1 * x[0], x, reverse=reverse)
    return vw.concatenate([rows, vw.expand_dims(last, 0)], 0)


def branch(x, y):
    return control.cond(rd.sum(x) > 0.1, lambda v: ew.sin(v) * rd.mean(y), lambda v: v * v * 0.3, x)


def repeated(x):
    return cr.lax.fori_loop(0, 3, lambda i, v: ew.sin(v + 0.1 * i), x)


def chosen(x, y):
    return lg.where(x > 0.1, ew.log(lg.maximum(x, 1e-3)) + y, ew.square(x) * 0.5)


def _gap_chosen(x, y):
    return np.min(np.minimum(np.abs(x - 0.1), np.abs(x - 1e-3)), initial=np.inf)


def normalised(x):
    centred = x - rd.mean(x)
    return centred / ew.sqrt(rd.mean(ew.square(centred)) + 0.3)


def softmax(x, axis):
    shifted = ew.exp(x - rd.max(x, axis, keepdims=True))
    return shifted / rd.sum(shifted, axis, keepdims=True)


def gram(x):
    rows = vw.reshape(x, (vw.shape_of(x)[0], -1))
    return 0.3 * ct.einsum("ij,kj->ik", rows, rows)


def lines(x, axis):
    order = indexing.argsort(x, axis)
    return indexing.take_along_axis(ew.sin(x), order, axis) * indexing.sort(x, axis)


OPS = {
    "sin": Op(ew.sin),
    "tanh": Op(ew.tanh),
    "arctan": Op(ew.arctan),
    "erf": Op(gaussian.erf),
    "sigmoid": Op(ew.sigmoid),
    "arcsinh": Op(ew.arcsinh),
    "softplus": Op(lambda x: ew.logaddexp(x, 0.0)),
    "root": Op(lambda x: ew.sqrt(1.0 + x * x)),
    "log1p": Op(lambda x: ew.log1p(ew.square(x))),
    "exp": Op(lambda x: ew.expm1(0.4 * ew.tanh(x))),
    "cube": Op(lambda x: 0.2 * ew.power(x, 3)),
    "inverse": Op(lambda x: 1.0 / (2.0 + ew.cos(x))),
    "abs": Op(lambda x: ew.abs(x) * 0.9, gap=lambda x: _gap_between(x, 0.0)),
    "relu": Op(lambda x: lg.maximum(x, 0.0), gap=lambda x: _gap_between(x, 0.0)),
    "floor": Op(lambda x: x - lg.floor(x), gap=lambda x: _gap_between(x, np.round(x))),
    "add": Op(lambda a, b: a + b, 2, params=meeting),
    "subtract": Op(lambda a, b: 0.5 - a - b, 2, params=meeting),
    "multiply": Op(lambda a, b: a * b, 2, params=meeting),
    "divide": Op(lambda a, b: a / (2.0 + ew.sin(b)), 2, params=meeting),
    "power": Op(lambda a, b: ew.power(0.5 + ew.sigmoid(a), ew.tanh(b)), 2, params=meeting),
    "atan2": Op(lambda a, b: ew.arctan2(a, 1.5 + ew.cos(b)), 2, params=meeting),
    "maximum": Op(lg.maximum, 2, _gap_between, meeting),
    "minimum": Op(lg.minimum, 2, _gap_between, meeting),
    "logaddexp": Op(ew.logaddexp, 2, params=meeting),
    "where": Op(chosen, 2, _gap_chosen, meeting),
    "sum": Op(lambda x, **p: 0.5 * rd.sum(x, **p), params=axis_or_all),
    "mean": Op(rd.mean, params=full_axis_or_all),
    "max": Op(rd.max, gap=_gap_along, params=full_axis_or_all),
    "min": Op(rd.min, gap=_gap_along, params=full_axis_or_all),
    "prod": Op(lambda x, **p: rd.prod(ew.tanh(x), **p), params=axis_or_all),
    "cumsum": Op(lambda x, axis: 0.5 * rd.cumsum(x, axis), params=some_axis),
    "cumprod": Op(lambda x, axis: rd.cumprod(ew.cos(x), axis), params=some_axis),
    "sort": Op(indexing.sort, gap=_gap_along, params=some_axis),
    "lines": Op(lines, gap=_gap_along, params=some_axis),
    "normalised": Op(normalised, params=not_empty),
    "softmax": Op(softmax, gap=_gap_along, params=full_axis),
    "reshape": Op(vw.reshape, params=a_shape),
    "transpose": Op(vw.transpose, params=an_order),
    "flip": Op(vw.flip, params=some_axis),
    "index": Op(indexing.getitem, params=a_cut),
    "concatenate": Op(lambda a, b: vw.concatenate([b, a], 0), 2, params=joined),
    "stack": Op(lambda x: vw.stack([x, ew.sin(x)], axis=-1), params=small),
    "matmul": Op(lambda a, b: 0.4 * ct.matmul(a, b), 2, params=matrices),
    "gram": Op(gram, params=few_rows),
    "outer": Op(ct.outer, 2, params=small),
    "scan": Op(running, params=a_direction),
    "fori_loop": Op(repeated),
    "cond": Op(branch, 2, lambda x, y: abs(np.sum(x) - 0.1), not_empty),
    "checkpoint": Op(calls.checkpoint(lambda x: ew.sin(ew.sin(x) * x))),
    "stop": Op(lambda x: x * 0.5 + calls.stop_gradient(0.0 * x)),
}


NAMES = sorted(OPS)


@dataclass(frozen=True)
class Step:
    name: str
    operands: tuple[int, ...]
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """Inputs (only their shapes and values matter), and the steps that follow."""

    inputs: tuple[Any, ...]
    steps: tuple[Step, ...]

    def values(self, *inputs):
        """All values, the inputs first."""
        held = list(inputs)
        for step in self.steps:
            held.append(OPS[step.name].fn(*[held[i] for i in step.operands], **step.params))
        return held

    def __call__(self, *inputs):
        """Every value that no later step used, weighed into one number."""
        held = self.values(*inputs)
        used = {i for step in self.steps for i in step.operands}
        ends = [x for i, x in enumerate(held) if i not in used]
        total = 0.0
        for x in ends:
            total = total + rd.sum(x * spread(vw.shape_of(x), seed=99))
        return total


SHAPES = [(), (3,), (2, 3), (3, 3), (3, 1), (1,), (2, 2, 2), (0,)]


@st.composite
def programs(draw):
    """A program of up to 10 steps over two inputs, away from kinks."""
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=2, max_size=2))
    seed = draw(st.integers(0, 10_000))
    inputs = tuple(spread(shape, -1.5, 1.5, seed + i) for i, shape in enumerate(shapes))
    held = list(inputs)
    steps = []
    for _ in range(draw(st.integers(4, 10))):
        # A remainder, because hypothesis favours the first of a list.
        name = NAMES[draw(st.integers(0, 10_000)) % len(NAMES)]
        op = OPS[name]
        # Later values are likelier, so that programs grow deep.
        places = tuple(
            len(held) - 1 - draw(st.integers(0, min(3, len(held) - 1))) for _ in range(op.arity)
        )
        operands = [held[i] for i in places]
        params = op.params(draw, *operands)
        if params is None or op.gap(*operands, **params) < NEAR:
            continue
        value = np.asarray(op.fn(*operands, **params))
        if value.size > MOST or np.max(np.abs(value), initial=0) > LARGE:
            continue
        steps.append(Step(name, places, params))
        held.append(value)
    assume(len(steps) > 1)
    return Program(inputs, tuple(steps))
