"""Evaluation with rounding noise: how far may another honest implementation of a graph be off?

Every operation that is allowed to round differently gives its result plus random errors of the
size it is allowed (Monte Carlo arithmetic: Parker 1997). What several such runs differ by is the
condition of the graph; an outcome that jumps (an order, a comparison, a NaN) shows as unstable.

No noise is added to what has only one right answer: arithmetic, comparisons, moves, integers. The
same operands get the same noise in one node, so that what must tie goes on to tie, and what ties by
rounding alone (saturated tanh) need not. In some runs sums are made with more digits: where huge
terms cancel exactly, or swallow the others first, relative noise would never do so.
"""

import math
from functools import partial
from unittest import mock

import numpy as np

from chainrule.engine import interpret

EXACT = {
    "add", "subtract", "multiply", "divide", "negative", "abs", "square", "reciprocal", "sqrt",
    "chain_product", "floor", "ceil", "trunc", "rint", "sign", "copysign", "nextafter", "maximum",
    "minimum", "remainder", "fmod", "floor_divide", "relu", "step", "convert", "select",
}  # fmt: skip
# Rows whose stated error is in terms of their inputs: near a zero of the result it is larger.
BACKWARD = {"logaddexp", "lgamma", "digamma", "polygamma", "gamma_slope", "erfcx", "power"}
SUMS = {"sum", "cumsum", "einsum", "scatter_add", "prod", "cumprod"}
# A sum's zero may have either sign, and so may the greater of 0 and -0. (And every NaN.)
EITHER_ZERO = {"add", "subtract", "maximum", "minimum", "max", "min", "relu", "sum", "einsum"}
ULPS = 4  # of a function; the sum of two implementations' errors
SCALE = 1.0  # of the noise of sums
WIDER = 0.3  # of the sums are made with more digits instead


def noisy(graph, rng, values):
    """Output values of one run with noise, in the inner graphs of loops and branches too.

    And the keys that random numbers were drawn with: where rounding decides on a key, all that was
    drawn with it is another's.
    """
    keys = []
    run = partial(_run, rng=rng, keys=keys)
    with mock.patch.object(interpret, "program", lambda inner: partial(run, inner)):
        return run(graph, values), keys


def _run(graph, values, rng, keys):
    known = dict(zip(graph.inputs, values, strict=True))
    with np.errstate(all="ignore"):
        for node in graph.nodes:
            if not node.inputs and node.known is not None:
                known[node] = node.known
            else:
                operands = [known[operand] for operand in node.inputs]
                if node.primitive.name == "random_bits":
                    keys.append(np.asarray(operands[0]).tobytes())
                known[node] = _value(node, operands, rng)
    return [known[node] for node in graph.outputs]


def _value(node, operands, rng):
    row = node.primitive
    if isinstance(node.type, tuple) or not node.type.is_float:
        return row.numpy(*operands, **node.params)
    given = operands
    if row.name in SUMS and rng.random() < WIDER:
        operands = [_wider(x) for x in operands]
        if row.name == "sum" and rng.random() < 0.5:
            operands = [_without_absorbed(*operands, node)]
    elif row.name in SUMS:
        operands = _with_relative_noise(node, operands, rng)
    elif row.name in BACKWARD:
        operands = [_shaken(x, [x], rng) for x in operands]
    found = np.asarray(row.numpy(*operands, **node.params)).astype(node.type.dtype)[()]
    if np.isnan(found).any():
        found = _either_sign(found, np.isnan(found), rng)
    if row.name in EITHER_ZERO and np.equal(found, 0).any():
        return _either_sign(found, np.equal(found, 0), rng)
    if row.family == "elementwise" and not _is_exact(node):
        return _shaken(found, given, rng)
    return found


def _is_exact(node):
    if node.primitive.name == "constant_power":
        return node.params["exponent"] in (0, 1, 2, 3)
    return node.primitive.name in EXACT


def _shaken(x, causes, rng):
    """Real values moved by up to ``ULPS`` units in the last place, alike where the causes are.

    What underflows may become zero, in some functions of NumPy's, or a number below the normal.
    """
    x = np.asarray(x)
    if x.dtype.kind != "f":
        return x
    shift = ULPS * _noise(causes, rng)
    tiny = np.finfo(x.dtype).tiny
    underflows = np.logical_and.reduce([np.not_equal(each, 0) for each in causes])
    unit = np.where(underflows & (np.abs(x) < tiny), tiny / ULPS, np.spacing(np.abs(x)))
    moved = x + unit.astype(x.dtype) * shift.astype(x.dtype)
    return np.where(np.isfinite(x), moved, x)[()]


def _noise(causes, rng):
    """Numbers between -1 and 1, each a function of the causes' bits and of the generator.

    In half of the runs most are 0, so that each of many that nearly tie may once be the largest.
    """
    mixed = rng.integers(2**63, dtype=np.uint64)
    for x in map(np.asarray, causes):
        bits = np.ascontiguousarray(x).view(f"uint{8 * x.dtype.itemsize}").reshape(x.shape)
        mixed = mixed ^ bits.astype(np.uint64)
        for factor in _FACTORS:
            mixed = (mixed ^ (mixed >> np.uint64(32))) * factor
    few = rng.random() < 0.5
    kept = (mixed & np.uint64(15)) == 0 if few else True
    return np.where(kept, mixed.astype(np.int64) / 2.0**63, 0.0)


_FACTORS = np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB], np.uint64)


def _with_relative_noise(node, operands, rng):
    """Another order of n additions is a sum of terms that were changed a little, relatively."""
    terms = _terms(node, operands)
    level = SCALE * np.finfo(node.type.dtype).eps * (2 + np.sqrt(terms))
    noisy_ones = operands if len(operands) < 3 else operands[:2]
    return [_scaled(x, level, rng) for x in noisy_ones] + list(operands[len(noisy_ones) :])


def _terms(node, operands):
    """How many terms a sum of this operation has at the most."""
    if node.primitive.name != "einsum":
        return max(np.asarray(x).size for x in operands) / max(node.type.size, 1)
    given, result = node.params["spec"].split("->")
    length = dict(zip(given.replace(",", ""), sum(map(np.shape, operands), ()), strict=True))
    return math.prod(n for letter, n in length.items() if letter not in result)


def _scaled(x, level, rng):
    x = np.asarray(x)
    if x.dtype.kind != "f":
        return x
    return x * (1 + level * _noise([x], rng)).astype(x.dtype)


def _wider(x):
    """Real values with more digits than their operation has."""
    x = np.asarray(x)
    if x.dtype.kind != "f":
        return x
    return x.astype(np.longdouble if x.dtype == np.float64 else np.float64)


def _without_absorbed(x, node):
    """Without the terms that vanish in an addition to the largest, which may come first."""
    largest = np.max(np.abs(x), axis=node.params["axes"], keepdims=True, initial=0)
    return np.where(np.abs(x) < np.finfo(node.type.dtype).eps * largest, 0, x)


def _either_sign(x, places, rng):
    """The sign turned over at some of these places, at all, or at none."""
    share = rng.choice([0.0, 0.5, 1.0])
    return np.where(places & (rng.random(np.shape(x)) < share), -x, x)[()]
