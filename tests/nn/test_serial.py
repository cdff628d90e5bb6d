"""Layers as pairs of functions: shapes, values, randomness, and training by plain trees."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import lax, nn, random, stax
from chainrule.nn import functional as F

RNG = np.random.default_rng(2)
X = RNG.normal(size=(8, 3)).astype(np.float32)
KEY = random.key(0)


def made(layer, x=X):
    shape, params = layer[0](KEY, (-1, *x.shape[1:]))
    return shape, params, layer[1]


def test_dense_network_by_hand():
    shape, params, apply = made(stax.serial(stax.Dense(5), stax.Tanh, stax.Dense(2)))
    (w1, b1), nothing, (w2, b2) = params
    assert shape == (-1, 2) and nothing == ()
    assert w1.shape == (3, 5) and b2.shape == (2,) and w1.dtype == np.float32
    np.testing.assert_allclose(apply(params, X), np.tanh(X @ w1 + b1) @ w2 + b2, rtol=1e-5)
    custom = stax.Dense(5, W_init=nn.init.ones, b_init=lambda key, shape: np.zeros(shape))
    np.testing.assert_allclose(made(custom)[2](made(custom)[1], X)[:, 0], X.sum(1), rtol=1e-5)


ACTIVATIONS = {
    "Tanh": F.tanh,
    "Relu": F.relu,
    "Sigmoid": F.sigmoid,
    "Softplus": F.softplus,
    "Softmax": F.softmax,
    "LogSoftmax": F.log_softmax,
    "Elu": F.elu,
    "LeakyRelu": F.leaky_relu,
    "Selu": F.selu,
    "Gelu": F.gelu,
    "Exp": np.exp,
    "Identity": lambda x: x,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name):
    shape, params, apply = made(getattr(stax, name))
    assert shape == (-1, 3) and params == ()
    np.testing.assert_array_equal(apply(params, X), ACTIVATIONS[name](X))


def test_batch_norm_and_flatten():
    shape, params, apply = made(stax.BatchNorm())
    np.testing.assert_allclose(apply(params, X), (X - X.mean(0)) / X.std(0), atol=1e-4)
    assert shape == (-1, 3) and [p.shape for p in params] == [(3,), (3,)]
    both = X.reshape(2, 4, 3)
    y = stax.BatchNorm((0, 1), center=False, scale=False)
    np.testing.assert_allclose(made(y, both)[2](((), ()), both).mean((0, 1)), 0, atol=1e-6)
    assert made(stax.Flatten, both)[0] == (-1, 12)
    assert made(stax.Flatten, both)[2]((), both).shape == (2, 12)


def test_fans_and_parallel():
    branches = stax.parallel(stax.Dense(4), stax.serial(stax.Relu, stax.Dense(4)))
    added = stax.serial(stax.FanOut(2), branches, stax.FanInSum)
    joined = stax.serial(stax.FanOut(2), branches, stax.FanInConcat())
    shape, params, apply = made(added)
    (w1, b1), (_, (w2, b2)) = params[1]
    wanted = [X @ w1 + b1, F.relu(X) @ w2 + b2]
    assert shape == (-1, 4)
    np.testing.assert_allclose(apply(params, X), sum(wanted), rtol=1e-5)
    shape, params, apply = made(joined)
    assert shape == (-1, 8)
    np.testing.assert_allclose(apply(params, X), np.concatenate(wanted, 1), rtol=1e-5)


def test_dropout_keeps_with_probability_rate_and_needs_a_key():
    x = np.ones((100, 100), np.float32)
    _, params, apply = made(stax.serial(stax.Dropout(0.8), stax.Identity), x)
    y = apply(params, x, rng=KEY)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1.25)}
    assert abs((y > 0).mean() - 0.8) < 0.02
    np.testing.assert_array_equal(y, apply(params, x, rng=KEY))
    assert (y != apply(params, x, rng=random.key(5))).any()
    with pytest.raises(TypeError, match="rng=key"):
        apply(params, x)
    np.testing.assert_array_equal(made(stax.Dropout(0.8, mode="test"))[2]((), x), x)


def test_training_is_a_scan_and_an_ensemble_a_vmap():
    y = (X[:, :1] > 0).astype(np.float32)
    init, apply = stax.serial(stax.Dense(8), stax.Relu, stax.Dense(1))

    def train(key):
        def step(params, _):
            def loss(params):
                return F.binary_cross_entropy_with_logits(apply(params, X), y)

            value, gradient = cr.value_and_grad(loss)(params)
            return cr.tree.map(lambda p, g: p - 0.5 * g, params, gradient), value

        return lax.scan(step, init(key, (-1, 3))[1], None, length=60)[1]

    keys = random.split(KEY, 3)
    losses = cr.jit(cr.vmap(train))(keys)
    assert losses.shape == (3, 60) and (losses[:, -1] < 0.5 * losses[:, 0]).all()
    np.testing.assert_allclose(losses[1], train(keys[1]), rtol=1e-3)
