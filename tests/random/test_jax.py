"""The same numbers as JAX's, where it is installed."""

import numpy as np
import pytest

from chainrule import random

pytestmark = pytest.mark.peers
jax = pytest.importorskip("jax")
theirs = jax.random

SHAPES = [(), (3,), (4, 50)]
SEEDS = [0, 1, 2**31 + 5]


@pytest.fixture(params=SEEDS)
def keys(request):
    return random.PRNGKey(request.param), theirs.PRNGKey(request.param)


def same(ours, other):
    np.testing.assert_array_equal(ours, np.asarray(other))


def near(ours, other):
    np.testing.assert_allclose(ours, np.asarray(other), rtol=1e-5, atol=1e-5)


def test_keys(keys):
    ours, other = keys
    same(ours, other)
    for count in (1, 2, 7, (3, 2)):
        same(random.split(ours, count), theirs.split(other, count))
    for number in (0, 5, 2**32 - 1):
        same(random.fold_in(ours, number), theirs.fold_in(other, number))


@pytest.mark.parametrize("shape", SHAPES)
def test_bits_uniform_normal(keys, shape):
    ours, other = keys
    for dtype in ("uint8", "uint16", "uint32"):
        same(random.bits(ours, shape, dtype), theirs.bits(other, shape, dtype))
    same(random.uniform(ours, shape), theirs.uniform(other, shape))
    # JAX's own erf⁻¹ is off by 2e-5 in the far tail.
    near(random.normal(ours, shape), theirs.normal(other, shape))
    with jax.enable_x64(True):
        same(random.bits(ours, shape, "uint64"), theirs.bits(other, shape, "uint64"))
        same(random.uniform(ours, shape, "float64"), theirs.uniform(other, shape, "float64"))


@pytest.mark.parametrize("name", ["exponential", "laplace", "gumbel", "logistic", "cauchy"])
def test_formulas_of_uniform_numbers(keys, name):
    ours, other = keys
    near(getattr(random, name)(ours, (40,)), getattr(theirs, name)(other, (40,)))


def test_choices(keys):
    ours, other = keys
    rows = np.arange(30, dtype=np.float32).reshape(5, 6)
    p = np.float32([0.1, 0, 0.3, 0.4, 0.2])
    same(random.bernoulli(ours, 0.3, (40,)), theirs.bernoulli(other, 0.3, (40,)))
    for low, high in [(0, 10), (-5, 100), (0, 2**31 - 1), (7, 3), (0, 70_000)]:
        same(random.randint(ours, (40,), low, high), theirs.randint(other, (40,), low, high))
    small = {"shape": (40,), "minval": -3, "maxval": 7, "dtype": "int8"}
    same(random.randint(ours, **small), theirs.randint(other, **small))
    same(random.choice(ours, 10, (8,)), theirs.choice(other, 10, (8,)))
    same(random.choice(ours, 5, (8,), p=p), theirs.choice(other, 5, (8,), p=p))
    same(random.choice(ours, rows, (8,), axis=1), theirs.choice(other, rows, (8,), axis=1))
    once = {"shape": (2, 2), "replace": False}
    same(random.choice(ours, rows, **once), theirs.choice(other, rows, **once))
    same(random.choice(ours, 5, p=p, **once), theirs.choice(other, 5, p=p, **once))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_classes_and_orders(keys, axis):
    ours, other = keys
    x = np.log(np.linspace(0.1, 1, 60, dtype=np.float32)).reshape(5, 12)
    same(random.categorical(ours, x, axis=axis), theirs.categorical(other, x, axis=axis))
    for independent in (False, True):
        kind = {"axis": axis, "independent": independent}
        same(random.permutation(ours, x, **kind), theirs.permutation(other, x, **kind))
    for count in (1, 10, 5000):
        same(random.permutation(ours, count), theirs.permutation(other, count))
