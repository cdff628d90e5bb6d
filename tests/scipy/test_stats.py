"""Densities against SciPy; their derivatives against finite differences of SciPy's."""

import numpy as np
import pytest
import scipy.stats as reference

import chainrule as cr
from chainrule.scipy import stats

X = np.linspace(-1.5, 2.5, 41)
UNIT = np.linspace(0.05, 0.95, 19)
COUNTS = np.array([-1.0, 0, 1, 2, 3, 2.5, 7])

# distribution, function, points, parameters
TABLE = [
    ("norm", "logpdf", X, (0.3, 1.7)),
    ("norm", "pdf", X, (0.3, 1.7)),
    ("norm", "cdf", X, (0.3, 0.7)),
    ("norm", "logcdf", 10 * X, (0.3, 0.7)),
    ("norm", "sf", X, (0.3, 0.7)),
    ("norm", "logsf", 10 * X, (0.3, 0.7)),
    ("norm", "ppf", UNIT, (0.3, 0.7)),
    ("beta", "logpdf", UNIT, (2.5, 0.7)),
    ("beta", "pdf", np.append(X, [0.0, 1.0]), (2.5, 3.0, 0.2, 1.5)),
    ("gamma", "logpdf", X + 2, (2.5, 0.1, 1.5)),
    ("gamma", "pdf", X, (0.7,)),
    ("expon", "logpdf", X, (0.2, 1.5)),
    ("expon", "pdf", X, (0.2, 1.5)),
    ("expon", "cdf", X, (0.2, 1.5)),
    ("uniform", "logpdf", X, (0.2, 1.5)),
    ("uniform", "pdf", X, (0.2, 1.5)),
    ("uniform", "cdf", X, (0.2, 1.5)),
    ("bernoulli", "logpmf", COUNTS, (0.3,)),
    ("bernoulli", "pmf", COUNTS, (0.3,)),
    ("binom", "logpmf", COUNTS, (5, 0.3)),
    ("binom", "pmf", COUNTS, (5, 0.3)),
    ("poisson", "logpmf", COUNTS, (2.2,)),
    ("poisson", "pmf", COUNTS, (2.2, 1)),
]


@pytest.mark.parametrize(("name", "function", "points", "parameters"), TABLE)
def test_values_are_scipys(name, function, points, parameters):
    ours = getattr(getattr(stats, name), function)
    theirs = getattr(getattr(reference, name), function)
    found = ours(points, *parameters)
    np.testing.assert_allclose(found, theirs(points, *parameters), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(cr.jit(ours)(points, *parameters), found, rtol=1e-14)


# The same, on points inside the support whatever the parameters' small changes.
SMOOTH = [
    ("norm", "logpdf", X, (0.3, 1.7)),
    ("norm", "cdf", X, (0.3, 0.7)),
    ("norm", "logcdf", 10 * X, (0.3, 0.7)),
    ("norm", "logsf", X, (0.3, 0.7)),
    ("norm", "ppf", UNIT, (0.3, 0.7)),
    ("beta", "logpdf", UNIT, (2.5, 0.7, -0.01, 1.03)),
    ("beta", "pdf", UNIT, (2.5, 0.7, -0.01, 1.03)),
    ("gamma", "logpdf", X + 2, (2.5, 0.1, 1.5)),
    ("expon", "logpdf", X + 2, (0.2, 1.5)),
    ("expon", "cdf", X + 2, (0.2, 1.5)),
    ("uniform", "logpdf", UNIT, (-0.1, 1.5)),
    ("uniform", "cdf", UNIT, (-0.1, 1.5)),
    ("bernoulli", "logpmf", COUNTS[1:3], (0.3,)),
    ("binom", "logpmf", COUNTS[1:5], (5.0, 0.3)),
    ("poisson", "logpmf", COUNTS[1:5], (2.2,)),
]


@pytest.mark.parametrize(("name", "function", "points", "parameters"), SMOOTH)
def test_derivatives_are_those_of_scipys_values(name, function, points, parameters):
    ours = getattr(getattr(stats, name), function)
    theirs = getattr(getattr(reference, name), function)
    arguments = [points, *[np.full(len(points), value) for value in parameters]]
    discrete = function == "logpmf"
    places = range(1 + (name == "binom") if discrete else 0, len(arguments))
    grads = cr.grad(lambda *a: ours(*a).sum(), argnums=tuple(places))(*arguments)
    for place, found in zip(places, grads, strict=True):
        above, below = list(arguments), list(arguments)
        above[place], below[place] = arguments[place] + 1e-5, arguments[place] - 1e-5
        slope = (theirs(*above) - theirs(*below)) / 2e-5
        np.testing.assert_allclose(found, slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "outside", "parameters"),
    [("beta", [-0.5, 1.5], (2.0, 2.0)), ("gamma", [-1.0, -2.0], (2.0,)), ("expon", [-1.0], ())],
)
def test_outside_the_support_the_gradient_is_zero(name, outside, parameters):
    density = getattr(stats, name).logpdf
    x = np.array(outside)
    np.testing.assert_array_equal(density(x, *parameters), -np.inf)
    np.testing.assert_array_equal(cr.grad(lambda x: density(x, *parameters).sum())(x), 0)


@pytest.mark.parametrize("function", ["logpdf", "pdf"])
def test_dirichlet_is_scipys(function):
    alpha = np.array([0.7, 2.0, 3.5])
    shares = np.random.default_rng(0).dirichlet(alpha, size=6).T
    ours = getattr(stats.dirichlet, function)
    theirs = getattr(reference.dirichlet, function)
    wanted = theirs(shares, alpha)
    np.testing.assert_allclose(ours(shares, alpha), wanted, rtol=1e-10)
    np.testing.assert_allclose(ours(shares[:-1], alpha), wanted, rtol=1e-10)
    np.testing.assert_allclose(ours(shares[:, 0], alpha), wanted[0], rtol=1e-10)
    stacked = cr.vmap(ours, in_axes=(1, None))(shares, alpha)
    np.testing.assert_allclose(stacked, wanted, rtol=1e-10)


def test_dirichlet_slope_with_respect_to_alpha():
    alpha, x = np.array([0.7, 2.0, 3.5]), np.array([0.2, 0.3, 0.5])
    grad = cr.grad(lambda alpha: stats.dirichlet.logpdf(x, alpha))(alpha)
    for i in range(3):
        step = 1e-5 * np.eye(3)[i]
        rise = reference.dirichlet.logpdf(x, alpha + step)
        fall = reference.dirichlet.logpdf(x, alpha - step)
        np.testing.assert_allclose(grad[i], (rise - fall) / 2e-5, rtol=1e-7)


def test_dirichlet_of_no_shares():
    assert stats.dirichlet.logpdf([0.5, 0.2, 0.2], np.ones(3)) == -np.inf
    assert stats.dirichlet.logpdf([1.2, -0.1, -0.1], np.ones(3)) == -np.inf
    with pytest.raises(ValueError, match="3 shares along its first axis"):
        stats.dirichlet.logpdf(np.ones(5), np.ones(3))


def test_single_precision_stays():
    x = np.float32([0.2, 0.5])
    assert stats.norm.logpdf(x).dtype == np.float32
    assert stats.beta.logpdf(x, 2.0, 3.0).dtype == np.float32
    assert stats.gamma.logpdf(x, 2.0).dtype == np.float32
