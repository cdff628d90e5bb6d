"""Derivatives of loops are for the values at hand, not for those of an earlier call."""

import numpy as np
import pytest

import chainrule as cr


@pytest.mark.parametrize("transform", [cr.grad, lambda f: cr.jit(cr.grad(f))])
def test_scan_gradient_reads_what_it_captures_now(transform):
    for k in (1, 2, 3, 0):

        def last(x, k=k):
            return cr.lax.scan(lambda c, t: (c * t * k, None), x, np.ones(3))[0]

        assert transform(last)(1.0) == k**3


def test_nested_scan_gradient_reads_captured_arrays():
    for k in (1.0, 2.0, 3.0):
        big = np.full(2, k)

        def inner(x, big=big):
            return cr.lax.scan(lambda c, t: (c * t * big, None), x, np.ones(2))[0]

        def last(x, inner=inner):
            return cr.lax.scan(lambda c, t: (inner(c), None), x, np.ones(2))[0].sum()

        assert np.array_equal(cr.grad(last)(np.ones(2)), big**4)
