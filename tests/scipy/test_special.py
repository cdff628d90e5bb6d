"""Special functions against SciPy and mpmath, and their derivatives against finite differences."""

import mpmath
import numpy as np
import pytest
import scipy.special as reference

import chainrule as cr
from chainrule.engine.primitives import special as rules
from chainrule.scipy import special

LINE = np.linspace(-6, 6, 241)
POSITIVE = np.concatenate([np.geomspace(1e-6, 50, 200), [0.5, 1.0, 1.5, 2.0, 3.0]])
OPEN = np.linspace(-0.999, 0.999, 201)
SHARES = np.linspace(1e-5, 1 - 1e-5, 200)

# name, points, points where the slope is compared, relative error
UNARY = [
    ("erf", LINE, LINE[::9], 1e-14),
    ("erfc", LINE, LINE[::9], 1e-13),
    ("erfcx", LINE, LINE[::9], 1e-13),
    ("erfinv", OPEN, OPEN[5:-5:9], 1e-14),
    ("ndtr", 5 * LINE, LINE[::9], 1e-12),
    ("log_ndtr", 20 * LINE, 2 * LINE[::9], 1e-13),
    ("ndtri", SHARES, SHARES[3:-3:9], 1e-10),
    ("gammaln", POSITIVE, POSITIVE[80::9], 1e-13),
    ("digamma", POSITIVE, POSITIVE[80::9], 1e-13),
    ("expit", 10 * LINE, LINE[::9], 1e-14),
    ("logit", SHARES, SHARES[3:-3:9], 1e-12),
    ("entr", POSITIVE, POSITIVE[80::9], 1e-13),
]


@pytest.mark.parametrize(("name", "points", "inner", "error"), UNARY)
def test_values_are_scipys(name, points, inner, error):
    found = getattr(special, name)(points)
    np.testing.assert_allclose(found, getattr(reference, name)(points), rtol=error, atol=1e-15)


@pytest.mark.parametrize(("name", "points", "inner", "error"), UNARY)
def test_slopes_are_those_of_scipys_values(name, points, inner, error):
    function = getattr(special, name)
    step = 1e-4 * np.maximum(1e-2, np.minimum(1, np.abs(inner)))
    if name in ("erfinv", "ndtri", "logit"):
        step = 1e-6
    theirs = getattr(reference, name)
    slope = (theirs(inner + step) - theirs(inner - step)) / (2 * step)
    np.testing.assert_allclose(
        cr.grad(lambda x: function(x).sum())(inner), slope, rtol=2e-6, atol=1e-9
    )


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_polygamma_is_scipys_and_its_derivative_the_next(n):
    found = special.polygamma(n, POSITIVE)
    np.testing.assert_allclose(found, reference.polygamma(n, POSITIVE), rtol=1e-12, atol=1e-15)
    slope = cr.grad(lambda x: special.polygamma(n, x).sum())(POSITIVE)
    np.testing.assert_allclose(slope, special.polygamma(n + 1, POSITIVE), rtol=1e-12)


def test_polygamma_wants_the_number_of_a_derivative():
    with pytest.raises(ValueError, match="0 or more"):
        special.polygamma(-1, 2.0)


def _worst(function, exact, points):
    with mpmath.workdps(40):
        truth = [exact(mpmath.mpf(float(x))) for x in points]
        found = function(points).tolist()
        return max(abs((f - t) / t) for f, t in zip(found, truth, strict=True) if t)


def _erfcx(x):
    return mpmath.exp(x * x) * mpmath.erfc(x)


rng = np.random.default_rng(0)
NEAR_ONE = np.concatenate([1 - np.geomspace(1e-16, 0.1, 60), -rng.random(60), rng.random(60)])
BESIDE_ZEROS = np.concatenate([1 + np.geomspace(1e-15, 0.1, 40), 2 - np.geomspace(1e-15, 0.1, 40)])
WIDE = np.concatenate([np.geomspace(1e-15, 1e10, 150), rng.uniform(0, 12, 150), BESIDE_ZEROS])


@pytest.mark.parametrize(
    ("function", "exact", "points", "error"),
    [
        (rules.erf, mpmath.erf, rng.uniform(-7, 7, 300), 4e-16),
        (rules.erf, mpmath.erf, np.geomspace(1e-20, 1, 100), 4e-16),
        (rules.erfcx, _erfcx, np.geomspace(1e-3, 1e3, 300), 1e-15),
        (rules.erfinv, mpmath.erfinv, NEAR_ONE[np.abs(NEAR_ONE) < 1], 1e-15),
        (special.gammaln, mpmath.loggamma, WIDE, 1e-15),
        (lambda x: special.polygamma(1, x), lambda x: mpmath.psi(1, x), WIDE[::3], 2e-15),
        (lambda x: special.polygamma(3, x), lambda x: mpmath.psi(3, x), WIDE[::3], 2e-15),
    ],
    ids=["erf", "erf-small", "erfcx", "erfinv", "gammaln", "trigamma", "psi3"],
)
def test_rules_keep_their_stated_errors(function, exact, points, error):
    assert _worst(function, exact, points) <= error


def test_single_precision_stays_and_is_right_to_its_rounding():
    y = np.linspace(-0.9999, 0.9999, 999, dtype=np.float32)
    for name in ("erf", "erfinv", "erfc"):
        found = getattr(special, name)(y)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, getattr(reference, name)(y.astype(float)), rtol=3e-7)


@pytest.mark.parametrize(
    ("name", "x", "wanted"),
    [
        ("erf", [0.0, -np.inf, np.inf, np.nan], [0, -1, 1, np.nan]),
        ("erfc", [-np.inf, np.inf, np.nan], [2, 0, np.nan]),
        ("erfinv", [-1.0, 1.0, 1.5, np.nan], [-np.inf, np.inf, np.nan, np.nan]),
        ("gammaln", [0.0, -1.0, 1.0, np.inf, np.nan], [np.inf, np.inf, 0, np.inf, np.nan]),
        ("digamma", [0.0, -1.0, np.inf], [-np.inf, np.nan, np.inf]),
        ("logit", [0.0, 1.0], [-np.inf, np.inf]),
        ("log_ndtr", [-np.inf, np.inf], [-np.inf, 0]),
        ("entr", [0.0, -1.0], [0, -np.inf]),
    ],
)
def test_edges(name, x, wanted):
    np.testing.assert_array_equal(getattr(special, name)(np.array(x)), wanted)


def test_gamma_functions_of_negative_numbers_are_scipys():
    x = np.linspace(-7.9, -0.1, 60)
    for name in ("gammaln", "digamma"):
        theirs = getattr(reference, name)(x)
        np.testing.assert_allclose(getattr(special, name)(x), theirs, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ["xlogy", "xlog1py"])
def test_nothing_times_a_logarithm_is_nothing(name):
    x, y = np.array([0.0, 0.0, 2.0, 0.5]), np.array([0.0, -1.0, 0.0, 3.0])
    y = np.abs(y) if name == "xlogy" else y
    np.testing.assert_allclose(getattr(special, name)(x, y), getattr(reference, name)(x, y))
    slope = cr.grad(lambda y: getattr(special, name)(0.0, y))(0.0)
    assert slope == 0


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp_is_scipys(axis, keepdims):
    a = np.array([[0.0, 1000.0, -np.inf], [-1000.0, 1001.0, 3.0]])
    b = np.array([[1.0, 2.0, 0.5], [0.0, 0.25, -0.1]])
    for weights in (None, b):
        found = special.logsumexp(a, axis=axis, b=weights, keepdims=keepdims)
        with np.errstate(divide="ignore", invalid="ignore"):
            theirs = reference.logsumexp(a, axis=axis, b=weights, keepdims=keepdims)
        np.testing.assert_allclose(found, theirs, rtol=1e-12)


def test_logsumexp_of_nothing_is_minus_infinity_with_gradient_zero():
    a = np.full(3, -np.inf)
    assert special.logsumexp(a) == -np.inf
    np.testing.assert_array_equal(cr.grad(special.logsumexp)(a), 0)
    np.testing.assert_allclose(cr.grad(special.logsumexp)(np.array([1.0, -np.inf])), [1, 0])


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_softmax_is_scipys(name, axis):
    x = np.array([[0.0, 1000.0], [-1.0, 2.0], [-1000.0, 998.5]])
    theirs = getattr(reference, name)(x, axis=axis)
    np.testing.assert_allclose(getattr(special, name)(x, axis=axis), theirs, rtol=1e-13)


def test_betaln_is_scipys():
    a, b = np.meshgrid(np.geomspace(0.1, 30, 12), np.geomspace(0.1, 30, 12))
    np.testing.assert_allclose(special.betaln(a, b), reference.betaln(a, b), rtol=1e-12, atol=1e-13)


def test_the_same_under_jit_and_vmap():
    x = np.linspace(0.1, 3, 6)
    for name in ("erfc", "log_ndtr", "gammaln", "logsumexp"):
        function = getattr(special, name)
        np.testing.assert_allclose(cr.jit(function)(x), function(x), rtol=1e-15)
        rows = x.reshape(3, 2)
        stacked = np.stack([function(row) for row in rows])
        np.testing.assert_allclose(cr.vmap(function)(rows), stacked, rtol=1e-15)
