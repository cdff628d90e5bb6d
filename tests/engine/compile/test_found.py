"""What fuzzing found in the compiler, one test each."""

import numpy as np

from chainrule import jit, trace
from chainrule.engine.primitives.contraction import einsum


def test_an_empty_product_needs_no_copy_of_its_other_operand():
    x, y = np.ones((33, 3)), np.ones((3, 0, 33))
    found = jit(lambda x, y: einsum("bca,ab->c", y, x))(x, y)
    assert found.shape == (0,)


def test_a_product_without_sums_keeps_the_sign_of_zero():
    def f(x, y):
        return einsum("ab,cb->acb", x, y)

    x, y = np.array([[0.0, 2.0]]), np.array([[-4.0, 3.0], [4.0, -1.0]])
    wanted = x[:, None] * y[None]
    for found in (jit(f)(x, y), trace(f, x, y)(x, y)[0]):
        np.testing.assert_array_equal(found, wanted)
        np.testing.assert_array_equal(np.signbit(found), np.signbit(wanted))


def test_a_number_widened_with_and_without_sign_is_two_values():
    def f(x):
        return np.sum(x.astype(np.uint64).astype(np.int64)) + np.sum(x.astype(np.int64))

    x = np.arange(46, dtype=np.uint32)
    assert jit(f)(x) == 2 * x.sum()
