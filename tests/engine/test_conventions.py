"""Each row of docs/conventions.md is true, under every transformation."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.lax import scan
from chainrule.nn import activations
from chainrule.scipy.special import logsumexp

from .conventions import PAGE, number, rows

ROWS = rows()
ACTIVATIONS = (
    "relu", "leaky_relu", "elu", "selu", "sigmoid", "softplus", "softmax", "log_softmax",
)  # fmt: skip
NAMES = {name: getattr(activations, name) for name in ACTIVATIONS}
NAMES |= {"np": np, "logsumexp": logsumexp}


def same(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-12)


def test_the_page_covers_what_was_promised():
    text = PAGE.read_text(encoding="utf-8")
    assert len(ROWS) >= 50
    for name in ("relu", "abs", "sqrt", "norm", "max", "where", "log", "**", "prod", "sort", "std"):
        assert any(name in row.expression for row in ROWS), name
    assert text.count("| function of `x` |") == text.count("\n## ")


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_value_and_derivative_are_as_declared(row):
    value, derivative = cr.value_and_grad(row.function(**NAMES))(row.point)
    same(value, number(row.value))
    same(derivative, number(row.derivative))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_transformations_keep_the_convention(row):
    derivative = cr.grad(row.function(**NAMES))
    wanted = number(row.derivative)
    same(cr.jit(derivative)(row.point), wanted)
    same(cr.grad(cr.jit(row.function(**NAMES)))(row.point), wanted)
    pair = np.stack([row.point, row.point])
    same(cr.vmap(derivative)(pair), np.stack([wanted, wanted]))
    _, steps = scan(lambda carry, x: (carry, derivative(x)), 0.0, pair)
    same(steps, np.stack([wanted, wanted]))
    _, tangent = cr.jvp(row.function(**NAMES), (row.point,), (np.ones_like(row.point),))
    same(tangent, wanted.sum())


# -- where: nothing leaks from the branch not taken -------------------------------------------

LEAKS = {
    "log": (lambda x: np.where(x > 0, np.log(x), 0.0), [-1.0, 0.0]),
    "sqrt": (lambda x: np.where(x > 0, np.sqrt(x), 0.0), [-1.0, 0.0]),
    "quotient": (lambda x: np.where(x != 0, np.sin(x) / x, 1.0), [0.0]),
    "power": (lambda x: np.where(x > 0, x**-1.5, 0.0), [-1.0, 0.0]),
    "overflow": (lambda x: np.where(x < 1, x, np.exp(np.exp(x)) * 0.0), [0.5]),
    "arcsin": (lambda x: np.where(abs(x) < 1, np.arcsin(x), 0.0), [1.0, 2.0]),
    "division by zero": (lambda x: np.where(x > 0, 1 / x, 0.0), [0.0, -1.0]),
    "two deep": (lambda x: np.where(x > 0, np.log(np.log(x)), 0.0), [0.0, -1.0]),
    "inside": (lambda x: np.exp(np.where(x > 0, np.log(x), 0.0)), [0.0]),
    "product": (lambda x: np.where(x > 0, x * np.log(x), 0.0), [0.0]),
    "norm": (lambda x: np.where(x > 0, np.linalg.norm(np.stack([x, x])), 0.0), [0.0]),
}


@pytest.mark.parametrize("name", LEAKS)
def test_where_leaks_nothing_from_the_branch_not_taken(name):
    fn, points = LEAKS[name]
    first, second = cr.grad(fn), cr.grad(cr.grad(fn))
    for x in points:
        results = [
            first(x),
            second(x),
            cr.jit(first)(x),
            cr.jit(second)(x),
            cr.hessian(fn)(x),
            cr.jvp(fn, (x,), (1.0,))[1],
            cr.hvp(fn, (x,), (1.0,))[0],
            *cr.vmap(first)(np.array([x, x])),
            *cr.vmap(second)(np.array([x, x])),
            *cr.grad(lambda v, fn=fn: cr.vmap(fn)(v).sum())(np.array([x, x])),
        ]
        expected = [1.0 if name == "overflow" and i in ONCE else 0.0 for i in range(len(results))]
        np.testing.assert_array_equal(np.array(results, float), expected)


# Results that are first derivatives, and so 1 where the branch taken is x.
ONCE = {0, 2, 5, 7, 8, 11, 12}


def test_where_leaks_nothing_in_a_scan():
    def loss(x):
        def step(total, t):
            return total + np.where(x > t, np.log(x - t), x), None

        total, _ = scan(step, 0.0, np.array([1.0, 2.0, 3.0]))
        return total

    for x, first, second in [(1.0, 3.0, 0.0), (2.0, 1.0 + 1.0 + 1.0, -1.0), (0.5, 3.0, 0.0)]:
        assert cr.grad(loss)(x) == first
        assert cr.grad(cr.grad(loss))(x) == second
        assert cr.jit(cr.grad(loss))(x) == first
        assert cr.vmap(cr.grad(loss))(np.array([x])) == first


def test_where_passes_the_branch_that_is_taken():
    fn = lambda x: np.where(x > 0, np.log(x), x * x).sum()  # noqa: E731
    np.testing.assert_allclose(cr.grad(fn)(np.array([2.0, -3.0])), [0.5, -6.0])
