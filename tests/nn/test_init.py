"""Initialisers: their spread by formula, and the variance that they are made to keep."""

import numpy as np
import pytest
from scipy import stats

import chainrule as cr
from chainrule import nn, random
from chainrule.engine.errors import ConcreteValueError, ShapeError

init = nn.init
OUT, IN = 120, 300

UNIFORM = {
    "xavier_uniform": (6 / (IN + OUT)) ** 0.5,
    "kaiming_uniform": (6 / IN) ** 0.5,
    "lecun_uniform": (3 / IN) ** 0.5,
    "uniform": 1.0,
}
NORMAL = {
    "xavier_normal": (2 / (IN + OUT)) ** 0.5,
    "kaiming_normal": (2 / IN) ** 0.5,
    "lecun_normal": (1 / IN) ** 0.5,
    "normal": 1.0,
}


@pytest.mark.parametrize("name", [*UNIFORM, *NORMAL])
def test_draws_follow_the_formula(name):
    drawn = getattr(init, name)(random.key(1), (OUT, IN))
    assert drawn.shape == (OUT, IN) and drawn.dtype == np.float32
    if name in UNIFORM:
        law = stats.uniform(-UNIFORM[name], 2 * UNIFORM[name])
        assert np.abs(drawn).max() <= UNIFORM[name] * (1 + 1e-6)
    else:
        law = stats.norm(0, NORMAL[name])
    assert stats.kstest(drawn.ravel(), law.cdf).pvalue > 1e-3
    again = getattr(init, name)(random.key(1), (OUT, IN), np.float64)
    assert again.dtype == np.float64


def test_settings():
    key, shape = random.key(2), (OUT, IN)
    assert init.xavier_normal(key, shape, gain=2.0).std() == pytest.approx(
        2 * NORMAL["xavier_normal"], rel=0.02
    )
    fan_out = init.kaiming_normal(key, shape, mode="fan_out")
    assert fan_out.std() == pytest.approx((2 / OUT) ** 0.5, rel=0.02)
    torch_default = init.kaiming_uniform(key, shape, a=5**0.5)
    assert np.abs(torch_default).max() == pytest.approx(1 / IN**0.5, rel=1e-3)
    shifted = init.normal(key, shape, mean=3.0, std=0.1)
    assert shifted.mean() == pytest.approx(3, abs=0.01) and shifted.std() == pytest.approx(
        0.1, rel=0.02
    )
    assert init.uniform(key, shape, low=2.0, high=3.0).min() >= 2
    assert init.fans((20, 3, 5, 5)) == (75, 500)
    assert not init.zeros(key, shape).any() and (init.ones(key, shape) == 1).all()
    assert (init.constant(key, shape, value=0.1) == np.float32(0.1)).all()


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5), (6, 2, 2)])
def test_orthogonal(shape):
    q = init.orthogonal(random.key(3), shape, np.float64, gain=2.0).reshape(shape[0], -1) / 2
    short = q @ q.T if q.shape[0] <= q.shape[1] else q.T @ q
    np.testing.assert_allclose(short, np.eye(len(short)), atol=1e-12)
    assert init.orthogonal(random.key(3), shape).dtype == np.float32


def test_orthogonal_draws_are_not_one_sided():
    traces = [np.trace(init.orthogonal(random.key(i), (3, 3))) for i in range(200)]
    assert abs(np.mean(traces)) < 5 / np.sqrt(200)  # the mean trace of a Haar draw is 0, spread 1


def test_kaiming_keeps_the_size_of_activations_in_a_deep_relu_network():
    x = np.random.default_rng(0).normal(size=(100, IN))
    small, kept = x, x
    for key in random.split(random.key(5), 10):
        kept = np.maximum(kept @ init.kaiming_normal(key, (IN, IN)).T, 0)
        small = np.maximum(small @ init.xavier_normal(key, (IN, IN)).T, 0)
    assert 0.4 < np.mean(kept**2) < 2.5
    assert np.mean(small**2) < 0.01


def test_what_they_refuse():
    with pytest.raises(ShapeError, match=r"\(3,\) have no fan-in"):
        init.xavier_uniform(random.key(0), (3,))
    with pytest.raises(ValueError, match="'fan_in' or 'fan_out', not 'fan'"):
        init.kaiming_normal(random.key(0), (3, 3), mode="fan")
    with pytest.raises(ConcreteValueError, match="orthogonal"):
        cr.vmap(lambda key: init.orthogonal(key, (3, 3)))(random.split(random.key(0), 2))


def test_initialisers_under_vmap_are_those_of_each_key():
    keys = random.split(random.key(4), 3)
    stack = cr.vmap(lambda key: init.kaiming_normal(key, (4, 5)))(keys)
    alone = [init.kaiming_normal(key, (4, 5)) for key in keys]
    np.testing.assert_allclose(stack, alone, rtol=1e-6)
