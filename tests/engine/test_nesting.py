"""Transformations nest in any order, and to any order of derivative."""

import itertools
import math

import numpy as np
import pytest

import chainrule as cr
from chainrule.lax import cond, fori_loop, scan

X = np.array([0.3, -0.7, 1.1])


def f(x):
    return np.sin(x) * np.exp(0.5 * x)


def slopes(order, x):
    """Derivatives of f by hand: Im((i + 1/2)^n e^((i + 1/2) x))."""
    z = complex(0.5, 1.0)
    return (z**order * np.exp(z * x)).imag


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_derivatives_of_any_order(order):
    d = f
    for _ in range(order):
        d = cr.grad(d)
    for x in X:
        assert d(x) == pytest.approx(slopes(order, x), rel=1e-12)


LAYERS = {"grad": cr.grad, "jit": cr.jit, "checkpoint": cr.checkpoint}


@pytest.mark.parametrize("names", list(itertools.product(LAYERS, repeat=4)), ids="-".join)
def test_any_order_of_transformations(names):
    fn = f
    for name in names:
        fn = LAYERS[name](fn)
    wanted = slopes(names.count("grad"), X)
    assert fn(X[0]) == pytest.approx(wanted[0], rel=1e-12)
    np.testing.assert_allclose(cr.vmap(fn)(X), wanted, rtol=1e-12)
    np.testing.assert_allclose(cr.jit(cr.vmap(fn))(X), wanted, rtol=1e-12)
    total = cr.grad(lambda v: np.sum(cr.vmap(fn)(v)))(X)
    np.testing.assert_allclose(total, slopes(names.count("grad") + 1, X), rtol=1e-12)


def test_vmap_of_vmap_of_grad():
    grid = np.arange(6.0).reshape(2, 3)
    found = cr.vmap(cr.vmap(cr.grad(f)))(grid)
    np.testing.assert_allclose(found, slopes(1, grid), rtol=1e-12)


def test_vmap_with_axes_as_trees():
    def distance(p, x):
        return np.sum((p["a"] - x) ** 2) + p["b"]

    p = {"a": np.arange(6.0).reshape(3, 2), "b": np.arange(2.0)}
    found = cr.vmap(distance, in_axes=({"a": 1, "b": 0}, None), out_axes=0)(p, np.ones(3))
    wanted = [distance({"a": p["a"][:, i], "b": p["b"][i]}, np.ones(3)) for i in range(2)]
    np.testing.assert_allclose(found, wanted)
    outs = cr.vmap(lambda x: (x, x * 2), out_axes=(1, 0))(np.ones((2, 3)))
    assert [out.shape for out in outs] == [(3, 2), (2, 3)]


def test_perturbations_are_not_confused():
    inner = lambda x: cr.grad(lambda y: x * y)(1.0)  # noqa: E731
    assert cr.grad(lambda x: x * inner(x))(3.0) == 6.0
    assert cr.jvp(lambda x: x * inner(x), (3.0,), (1.0,))[1] == 6.0


def roll(x):
    def step(carry, t):
        new = np.tanh(carry * x + t)
        return new, new * x

    last, ys = scan(step, 0.1 * x, np.linspace(0.0, 1.0, 4))
    return np.sum(ys * ys) + np.sum(last)


def unrolled(x):
    carry, total = 0.1 * x, 0.0
    for t in np.linspace(0.0, 1.0, 4):
        carry = np.tanh(carry * x + t)
        total = total + np.sum((carry * x) ** 2)
    return total + np.sum(carry)


def test_hessian_through_a_scan():
    x = np.array([0.5, -0.4])
    np.testing.assert_allclose(cr.hessian(roll)(x), cr.hessian(unrolled)(x), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        cr.jit(cr.hessian(roll))(x), cr.hessian(unrolled)(x), rtol=1e-10, atol=1e-12
    )
    stacked = cr.vmap(cr.hessian(roll))(np.stack([x, -x]))
    np.testing.assert_allclose(stacked[1], cr.hessian(unrolled)(-x), rtol=1e-10, atol=1e-12)


def test_third_derivative_through_a_scan():
    third = lambda fn: cr.grad(cr.grad(cr.grad(fn)))  # noqa: E731
    assert third(roll)(0.4) == pytest.approx(third(unrolled)(0.4), rel=1e-9)


def test_vmap_of_grad_of_cond():
    def fn(x):
        return cond(x > 0, lambda v: v * v, lambda v: np.sin(v) * x, x)

    wanted = [2 * x if x > 0 else np.sin(x) + x * np.cos(x) for x in X]
    np.testing.assert_allclose(cr.vmap(cr.grad(fn))(X), wanted, rtol=1e-12)
    np.testing.assert_allclose(cr.jit(cr.vmap(cr.grad(fn)))(X), wanted, rtol=1e-12)
    second = [2.0 if x > 0 else 2 * np.cos(x) - x * np.sin(x) for x in X]
    np.testing.assert_allclose(cr.vmap(cr.grad(cr.grad(fn)))(X), second, rtol=1e-12)


def test_grad_inside_a_scan_is_gradient_descent():
    def descend(start):
        def step(x, _):
            return x - 0.1 * cr.grad(lambda v: np.sum((v - 2.0) ** 2))(x), np.sum(x)

        return scan(step, start, None, length=100)[0]

    np.testing.assert_allclose(descend(np.zeros(2)), 2.0, atol=1e-8)
    # The end forgets where it began: d end / d start = 0.8^100.
    assert cr.grad(lambda s: np.sum(descend(s * np.ones(2))))(0.0) == pytest.approx(2 * 0.8**100)


def test_fori_loop_has_a_derivative():
    power = lambda x: fori_loop(0, 5, lambda i, v: v * x, 1.0)  # noqa: E731
    assert cr.grad(power)(2.0) == 80.0
    assert cr.grad(cr.grad(power))(2.0) == 160.0
    assert cr.jit(cr.grad(power))(2.0) == 80.0


# -- arguments ---------------------------------------------------------------------------------


def test_argnums_has_aux_and_keywords():
    def loss(a, b, *, scale=1.0):
        return a * b * scale, {"sum": a + b, "note": "kept"}

    gradient, aux = cr.grad(loss, argnums=(0, 1), has_aux=True)(2.0, 3.0, scale=10.0)
    assert gradient == (30.0, 20.0) and aux == {"sum": 5.0, "note": "kept"}
    (value, aux), last = cr.value_and_grad(loss, argnums=-1, has_aux=True)(2.0, 3.0)
    assert (value, last, aux["sum"]) == (6.0, 2.0, 5.0)
    inner = cr.jit(cr.value_and_grad(lambda a, b: loss(a, b)[0], (1,)))(2.0, 3.0)
    assert inner == (6.0, (2.0,))


def test_jacobian_of_trees():
    fn = lambda p: {"y": p["a"][:, None] * p["b"], "z": p["b"] ** 2}  # noqa: E731
    p = {"a": np.arange(2.0), "b": np.arange(3.0)}
    found = cr.jacobian(fn)(p)
    assert found["y"]["a"].shape == (2, 3, 2) and found["z"]["b"].shape == (3, 3)
    np.testing.assert_array_equal(found["z"]["b"], np.diag(2 * p["b"]))
    np.testing.assert_array_equal(found["z"]["a"], 0.0)


def test_vjp_and_jvp_are_adjoint():
    fn = lambda x: np.stack([np.prod(x), np.sum(np.exp(x)), x[0] / x[2]])  # noqa: E731
    v, u = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.1, -1.0])
    value, pull = cr.vjp(fn, X)
    np.testing.assert_allclose(value, fn(X))
    _, push = cr.jvp(fn, (X,), (v,))
    assert u @ push == pytest.approx(pull(u)[0] @ v, rel=1e-12)


def test_hvp_is_hessian_times_vector():
    fn = lambda x: np.sum(np.exp(x) * np.roll(x, 1) ** 2)  # noqa: E731
    v = np.array([1.0, 2.0, -1.0])
    np.testing.assert_allclose(cr.hvp(fn, (X,), (v,))[0], cr.hessian(fn)(X) @ v, rtol=1e-10)


# -- derivatives by hand -----------------------------------------------------------------------


@cr.custom_vjp
def doubled(x, y):
    return np.sin(x) * y


doubled.defvjp(
    lambda x, y: (np.sin(x) * y, (x, y)),
    lambda kept, ct: (2 * ct * np.cos(kept[0]) * kept[1], ct * np.sin(kept[0])),
)


def test_custom_vjp():
    x, y = 0.7, 3.0
    first = 2 * math.cos(x) * y
    assert doubled(x, y) == math.sin(x) * y
    assert cr.grad(doubled)(x, y) == pytest.approx(first)
    assert cr.grad(doubled, 1)(x, y) == pytest.approx(math.sin(x))
    # Second order differentiates the rule itself.
    assert cr.grad(cr.grad(doubled))(x, y) == pytest.approx(-2 * math.sin(x) * y)
    assert cr.jit(cr.grad(doubled))(x, y) == pytest.approx(first)
    np.testing.assert_allclose(
        cr.vmap(cr.grad(doubled), (0, None))(X, y), 2 * np.cos(X) * y, rtol=1e-12
    )
    total = cr.grad(lambda y: np.sum(cr.vmap(doubled, (0, None))(X, y)))(y)
    assert total == pytest.approx(np.sin(X).sum())
    second = cr.vmap(cr.grad(cr.grad(doubled)), (0, None))(X, y)
    np.testing.assert_allclose(second, -2 * np.sin(X) * y, rtol=1e-12)


def test_custom_vjp_in_stacks_of_stacks():
    ys = np.array([3.0, 4.0])
    rows = cr.vmap(doubled, (0, None))
    table = cr.vmap(rows, (None, 0))
    np.testing.assert_allclose(table(X, ys), ys[:, None] * np.sin(X), rtol=1e-12)
    x_slope, y_slope = cr.grad(lambda x, y: np.sum(table(x, y)), (0, 1))(X, ys)
    np.testing.assert_allclose(x_slope, 2 * np.cos(X) * ys.sum(), rtol=1e-12)
    np.testing.assert_allclose(y_slope, np.full(2, np.sin(X).sum()), rtol=1e-12)


def test_custom_vjp_may_leave_an_argument_without_a_derivative():
    @cr.custom_vjp
    def scaled(x, n):
        return x * n

    scaled.defvjp(lambda x, n: (x * n, n), lambda n, ct: (ct * n, None))
    assert cr.grad(scaled, (0, 1))(2.0, 3.0) == (3.0, 0.0)
    np.testing.assert_array_equal(cr.vmap(cr.grad(scaled), (0, None))(X, 3.0), np.full(3, 3.0))
    total = cr.grad(lambda x: np.sum(cr.vmap(scaled, (0, None))(x, 3.0)))(X)
    np.testing.assert_array_equal(total, np.full(3, 3.0))


def test_custom_vjp_in_a_scan():
    def fn(x):
        return scan(lambda c, t: (c + doubled(x, t), None), 0.0, np.arange(3.0))[0]

    assert cr.grad(fn)(0.7) == pytest.approx(2 * math.cos(0.7) * 3.0)


def test_stop_gradient():
    assert cr.grad(lambda x: x * cr.stop_gradient(x * x))(3.0) == 9.0
    assert cr.grad(cr.grad(lambda x: x**2 * cr.stop_gradient(x)))(3.0) == 6.0
    stopped = cr.grad(lambda p: p["a"] * cr.stop_gradient(p)["a"])({"a": 2.0})
    assert stopped == {"a": 2.0}
    assert cr.vmap(cr.grad(lambda x: x * cr.stop_gradient(x)))(X) == pytest.approx(X)


def test_checkpoint_changes_no_value():
    fn = lambda p, x: np.sum(np.tanh(x @ p["w"]) ** 2)  # noqa: E731
    p, x = {"w": np.arange(6.0).reshape(3, 2) / 10}, np.ones((4, 3))
    plain, kept = cr.grad(fn)(p, x)["w"], cr.grad(cr.checkpoint(fn))(p, x)["w"]
    np.testing.assert_allclose(kept, plain, rtol=1e-12)
