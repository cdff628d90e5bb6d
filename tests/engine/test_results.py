"""What transformations return is the caller's own: fresh arrays, in his structure, on his tape."""

import subprocess
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule.engine.errors import ConcreteValueError, DifferentiationError

X = np.arange(1.0, 4.0)


def passed_through():
    return cr.grad(lambda w: np.sum(w * X))(np.ones(3))


def repeated():
    return cr.grad(lambda w: np.sum(w))(np.ones(3))


def turned():
    return cr.jit(lambda x: x[::-1])(X)


def unchanged():
    return cr.jit(lambda x: x)(X)


def stacked():
    return cr.vmap(lambda x: x)(X)


def tape():
    w = cr.tensor(np.ones(3))
    (w * X).sum().backward()
    return w.grad


@pytest.mark.parametrize(
    "make", [passed_through, repeated, turned, unchanged, stacked, tape], ids=lambda f: f.__name__
)
def test_results_may_be_changed_in_place_and_nothing_else_changes(make):
    before = X.copy()
    first = make()
    expected = first.copy()
    first *= -7.0
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(make(), expected)


def test_two_equal_gradients_are_two_arrays():
    a, b = cr.grad(lambda a, b: np.sum((a + b) ** 2), argnums=(0, 1))(X, X)
    a *= 0.0
    np.testing.assert_array_equal(b, 4 * X)


def test_gradients_print_in_the_order_of_their_argument():
    gradient = cr.grad(lambda t: t["w"] * t["b"])({"w": 2.0, "b": 3.0})
    assert list(gradient) == ["w", "b"]


def test_jit_keeps_the_tape_of_arguments_and_of_captured_parameters():
    w, b = cr.tensor(2.0), cr.tensor(5.0)
    squared = cr.jit(lambda p: p * p + b)
    for turn in (1, 2):
        squared(w).backward()
        assert (float(w.grad), float(b.grad)) == (4.0 * turn, 1.0 * turn)
    b.data = np.array(7.0)
    assert squared(w).item() == 11.0
    with cr.no_grad():
        assert type(squared(w)) is np.float64


def test_custom_vjp_refuses_a_tensor_from_outside():
    w = cr.tensor(2.0)
    f = cr.custom_vjp(lambda x: x * w)
    f.defvjp(lambda x: (f(x), None), lambda kept, ct: (ct,))
    with pytest.raises(DifferentiationError, match="make it an argument"):
        cr.grad(f)(3.0)


def test_a_tensor_that_leaves_its_trace_has_no_value():
    kept = []
    cr.jit(lambda x: kept.append(x * 2))(1.0)
    with pytest.raises(ConcreteValueError, match="made at"):
        float(cr.jit(lambda x: x + kept[0])(1.0))


def test_a_tensor_stored_in_an_array_while_it_is_differentiated_is_an_error():
    def loss(w):
        squares = np.zeros(3)
        for i in range(3):
            squares[i] = w[i] ** 2
        return squares.sum()

    with pytest.raises(ValueError) as error:
        cr.grad(loss)(X)
    assert "would silently cut the derivative" in str(error.value.__cause__)
    kept = np.zeros(2)
    kept[0] = cr.tensor(3.0) * 2  # a recorded loss: nothing is differentiated
    assert kept[0] == 6.0


def test_static_values_of_different_types_are_different():
    scaled = cr.jit(lambda x, s: x * s, static_argnums=1)
    assert [scaled(np.arange(3), s).dtype.kind for s in (1, 1.0)] == ["i", "f"]


def test_a_constant_result_is_a_new_array_each_time():
    table = np.arange(3.0)
    f = cr.jit(lambda x: (x, table))
    f(1.0)[1][:] = 9.0
    np.testing.assert_array_equal(f(1.0)[1], np.arange(3.0))
    np.testing.assert_array_equal(table, np.arange(3.0))


def test_rooms_are_chainrules_own_in_a_fresh_process():
    """`chainrule.numpy` is ours whichever way it is first asked for."""
    rooms = ["data", "draw", "lax", "nn", "numpy", "optim", "random", "scipy", "stax", "train"]
    for ask in ("import chainrule; room = chainrule.{0}", "from chainrule import {0} as room"):
        check = "; assert room.__name__ == 'chainrule.{0}', room"
        lines = [(ask + check).format(room) for room in rooms]
        subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)
