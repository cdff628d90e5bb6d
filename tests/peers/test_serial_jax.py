"""Serial layers against those of jax.example_libraries.stax, on the same parameters."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")
theirs = pytest.importorskip("jax.example_libraries.stax")

from chainrule import random, stax

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)

NETWORKS = {
    "mlp": lambda lib: lib.serial(lib.Dense(8), lib.Relu, lib.Dense(3), lib.LogSoftmax),
    "curves": lambda lib: lib.serial(
        lib.Dense(5), lib.Softplus, lib.Dense(5), lib.Sigmoid, lib.Dense(5), lib.Elu, lib.Softmax
    ),
    "norm": lambda lib: lib.serial(lib.Dense(8), lib.BatchNorm(axis=(0,)), lib.Tanh, lib.Flatten),
    "fans": lambda lib: lib.serial(
        lib.FanOut(3),
        lib.parallel(lib.Dense(4), lib.Identity, lib.serial(lib.Dense(4), lib.LeakyRelu)),
        lib.FanInSum,
        lib.FanOut(2),
        lib.parallel(lib.Selu, lib.Dense(2)),
        lib.FanInConcat(),
    ),
    "quiet dropout": lambda lib: lib.serial(lib.Dense(3), lib.Dropout(0.5, mode="test")),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_same_structure_shapes_and_values(name):
    init, apply = NETWORKS[name](theirs)
    wanted_shape, params = init(jax.random.key(0), (-1, 4))
    params = jax.tree.map(np.asarray, params)
    our_init, our_apply = NETWORKS[name](stax)
    shape, own = our_init(random.key(0), (-1, 4))
    assert shape == wanted_shape
    assert jax.tree.structure(own) == jax.tree.structure(params)
    assert jax.tree.map(np.shape, own) == jax.tree.map(np.shape, params)
    wanted = apply(params, X, rng=jax.random.key(0))
    np.testing.assert_allclose(our_apply(params, X), wanted, rtol=1e-4, atol=1e-5)
