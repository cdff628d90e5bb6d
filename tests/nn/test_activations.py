"""Activations against their formulas, finite differences, and what is declared of their kinks."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.engine.errors import ShapeError
from chainrule.nn import functional as F

from .activation_table import ACTIVATIONS
from .numeric import finite_difference

X = np.array([[-3.0, -1.2, -0.3], [0.2, 0.9, 2.5]])
WEIGHTS = np.array([[0.3, -1.0, 2.0], [1.5, 0.7, -0.4]])  # a cotangent that is not all ones

MODULES = [
    (nn.Step(), F.step),
    (nn.Sigmoid(), F.sigmoid),
    (nn.LogSigmoid(), F.log_sigmoid),
    (nn.Tanh(), F.tanh),
    (nn.ReLU(), F.relu),
    (nn.LeakyReLU(0.2), lambda x: F.leaky_relu(x, 0.2)),
    (nn.ELU(0.5), lambda x: F.elu(x, 0.5)),
    (nn.SELU(), F.selu),
    (nn.Softplus(), F.softplus),
    (nn.SiLU(), F.silu),
    (nn.Swish(), F.swish),
    (nn.GELU(), F.gelu),
    (nn.GELU("tanh"), lambda x: F.gelu(x, "tanh")),
    (nn.Softmax(0), lambda x: F.softmax(x, dim=0)),
    (nn.LogSoftmax(), F.log_softmax),
    (nn.Identity(), lambda x: x),
]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_is_that_of_the_formula(name):
    ours, formula, *_ = ACTIVATIONS[name]
    np.testing.assert_allclose(ours(X), formula(X), rtol=1e-13)
    np.testing.assert_allclose(cr.jit(ours)(X), formula(X), rtol=1e-13)
    assert cr.jit(ours)(X.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(ours(X.astype(np.float32)), formula(X), rtol=2e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_are_those_of_finite_differences(name):
    ours, formula, *_ = ACTIVATIONS[name]
    wanted = finite_difference(lambda x: (WEIGHTS * formula(x)).sum(), X)
    slope = cr.grad(lambda x: (WEIGHTS * ours(x)).sum())
    np.testing.assert_allclose(slope(X), wanted, rtol=1e-7, atol=1e-8)
    second = finite_difference(lambda x: np.sum(WEIGHTS * slope(x)), X)
    both = cr.grad(lambda x: (WEIGHTS * slope(x)).sum())
    np.testing.assert_allclose(both(X), second, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", [n for n in ACTIVATIONS if ACTIVATIONS[n][3] is not None])
def test_derivative_at_zero(name):
    ours, _, _, at_zero = ACTIVATIONS[name]
    assert cr.grad(ours)(0.0) == pytest.approx(at_zero, rel=1e-12)


def test_negative_slopes_hold_at_zero():
    assert cr.grad(lambda x: F.elu(x, 0.3))(0.0) == pytest.approx(0.3)
    assert cr.grad(lambda x: F.leaky_relu(x, 0.2))(0.0) == 0.2
    assert cr.grad(lambda x: F.prelu(x, np.array([0.1])))(0.0) == 0.1
    assert F.step(0.0) == 0 and cr.grad(F.step)(1.0) == 0


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("size", [1e3, -1e3])
def test_large_inputs_in_single_precision_stay_finite(name, size):
    ours, formula, *_ = ACTIVATIONS[name]
    x = np.array([size, 0.0], np.float32)
    np.testing.assert_allclose(ours(x), formula(x.astype(float)), rtol=1e-6)
    assert np.isfinite(cr.grad(lambda x: ours(x)[0])(x)).all()


@pytest.mark.parametrize(("module", "function"), MODULES, ids=[repr(m) for m, _ in MODULES])
def test_module_is_the_function(module, function):
    np.testing.assert_array_equal(module(X), function(X))
    assert not list(module.parameters())


def test_prelu_learns_its_slopes():
    one, per_channel = nn.PReLU(), nn.PReLU(3, init=0.5)
    np.testing.assert_allclose(one(X).numpy(), np.where(X > 0, X, 0.25 * X))
    np.testing.assert_allclose(per_channel(X).numpy(), np.where(X > 0, X, 0.5 * X))
    slopes = cr.grad(lambda net: net(X).sum())(per_channel).weight.data
    np.testing.assert_allclose(slopes, np.minimum(X, 0).sum(axis=0), rtol=1e-6)
    per_channel(np.ones((2, 3, 4)))
    with pytest.raises(ShapeError, match=r"slopes of shape \(3,\).*got \(2, 4\)"):
        per_channel(np.ones((2, 4)))


def test_masked_logits():
    x = np.array([1.0, -np.inf, 2.0])
    np.testing.assert_allclose(F.softmax(x), [0.2689414213699951, 0, 0.7310585786300049])
    gradient = cr.grad(lambda x: F.softmax(x)[0])(x)
    assert np.isfinite(gradient).all() and gradient[1] == 0


def test_whole_numbers_become_real():
    whole = np.array([-1, 2])
    for name in ("leaky_relu", "silu", "gelu", "softmax", "elu", "softplus"):
        ours, formula, *_ = ACTIVATIONS[name]
        np.testing.assert_allclose(ours(whole), formula(whole.astype(float)), err_msg=name)


def test_wrong_settings_are_named():
    with pytest.raises(ValueError, match="'none' or 'tanh', not 'fast'"):
        F.gelu(X, "fast")
    with pytest.raises(ShapeError, match="scalar"):
        F.softmax(1.0)
