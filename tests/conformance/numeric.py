"""Finite differences, and trees of results as lists of arrays."""

import numpy as np

from chainrule import tree

STEP = 1e-3


def arrays_of(result):
    """The leaves of a result, as arrays."""
    return [np.asarray(leaf) for leaf in tree.leaves(result)]


def real_places(values):
    """Positions of the floating-point arrays in a sequence."""
    return [i for i, x in enumerate(values) if np.asarray(x).dtype.kind == "f"]


def along(xs, directions, step):
    """The point a step away from ``xs``; None is a direction of zero."""
    return [x if d is None else x + step * d for x, d in zip(xs, directions, strict=True)]


def slope(fn, xs, directions, step=STEP):
    """Derivatives of the arrays ``fn(*xs)`` along a direction, by five points (error O(step⁴))."""
    at = {k: arrays_of(fn(*along(xs, directions, k * step))) for k in (-2, -1, 1, 2)}
    return [
        (a - 8.0 * b + 8.0 * c - d) / (12 * step)
        for a, b, c, d in zip(at[-2], at[-1], at[1], at[2], strict=True)
    ]


def inner(us, vs):
    """The sum of products of two lists of arrays."""
    return sum(float(np.sum(u * v)) for u, v in zip(us, vs, strict=True))


def close(found, wanted, rtol=1e-7, atol=1e-8, what=""):
    np.testing.assert_allclose(found, wanted, rtol=rtol, atol=atol, err_msg=what)
