"""Derivatives of gamma numbers with respect to their parameter: the quantile stays."""

import numpy as np
import pytest
import scipy.special as reference

import chainrule as cr
from chainrule import random

KEY = random.key(8)


@pytest.mark.parametrize("a", [0.3, 1.0, 1.7, 12.0, 90.0, 900.0, 5000.0])
def test_the_derivative_of_a_gamma_number_follows_its_quantile(a):
    def draw(a):
        return random.gamma(KEY, a, (20,), np.float64)

    sample = draw(a)
    slope = cr.jvp(draw, (a,), (1.0,))[1]
    if a < 1:
        # X U^(1/a), where X follows its own quantile and U stays: only means can be compared.
        many = cr.jvp(lambda a: random.gamma(KEY, a, (100_000,), np.float64), (a,), (1.0,))[1]
        assert abs(many.mean() - 1) < 0.02
        return
    step = 1e-4 * a
    rank = reference.gammainc(a, sample)
    wanted = reference.gammaincinv(a + step, rank) - reference.gammaincinv(a - step, rank)
    np.testing.assert_allclose(slope, wanted / (2 * step), rtol=1e-5)


def test_the_gradient_of_an_expectation():
    """d/da E[X] = 1 and d/da E[ln X] = ψ'(a)."""

    def mean(a):
        return random.gamma(KEY, a, (20_000,), np.float64).mean()

    def mean_log(a):
        return random.loggamma(KEY, a, (20_000,), np.float64).mean()

    for a in (0.5, 3.0):
        assert abs(cr.grad(mean)(a) - 1) < 0.03
        assert abs(cr.grad(mean_log)(a) / reference.polygamma(1, a) - 1) < 0.03


def test_beta_and_dirichlet_have_derivatives():
    def mean(parameters):
        return random.beta(KEY, *parameters, (20_000,), np.float64).mean()

    a, b = 2.0, 3.0
    found = cr.grad(mean)([a, b])
    np.testing.assert_allclose(found, [b / (a + b) ** 2, -a / (a + b) ** 2], atol=0.003)

    def first(alpha):
        return random.dirichlet(KEY, alpha, (20_000,), np.float64)[:, 0].mean()

    alpha = np.array([2.0, 1.0, 4.0])
    wanted = (np.array([1, 0, 0]) * 7 - 2) / 49
    np.testing.assert_allclose(cr.grad(first)(alpha), wanted, atol=0.003)


def test_a_stack_of_gradients_is_a_loop_of_gradients():
    keys = random.split(KEY, 3)
    shapes = np.array([0.4, 2.0, 30.0])

    def slope(key, a):
        return cr.grad(lambda a: random.gamma(key, a, (4,), np.float64).sum())(a)

    loop = [slope(key, a) for key, a in zip(keys, shapes, strict=True)]
    np.testing.assert_allclose(cr.vmap(slope)(keys, shapes), loop, rtol=1e-10)
