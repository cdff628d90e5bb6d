"""Do the numbers have the distributions that they claim? The keys are fixed, so is the answer."""

import numpy as np
import pytest
import scipy.stats as reference

import chainrule as cr
from chainrule import random

KEY = random.key(2024)
N = 20_000

# name, draw(key, shape), SciPy's distribution
CONTINUOUS = [
    ("uniform", random.uniform, reference.uniform()),
    (
        "uniform-range",
        lambda k, s: random.uniform(k, s, minval=-2, maxval=3),
        reference.uniform(-2, 5),
    ),
    ("uniform64", lambda k, s: random.uniform(k, s, np.float64), reference.uniform()),
    ("normal", random.normal, reference.norm()),
    ("normal64", lambda k, s: random.normal(k, s, dtype=np.float64), reference.norm()),
    ("exponential", random.exponential, reference.expon()),
    ("laplace", random.laplace, reference.laplace()),
    ("logistic", random.logistic, reference.logistic()),
    ("gumbel", random.gumbel, reference.gumbel_r()),
    ("cauchy", random.cauchy, reference.cauchy()),
    ("truncated", lambda k, s: random.truncated_normal(k, -1, 2, s), reference.truncnorm(-1, 2)),
    ("gamma-small", lambda k, s: random.gamma(k, 0.3, s), reference.gamma(0.3)),
    ("gamma-one", lambda k, s: random.gamma(k, 1.0, s), reference.gamma(1.0)),
    ("gamma-large", lambda k, s: random.gamma(k, 50.0, s), reference.gamma(50.0)),
    ("loggamma", lambda k, s: np.exp(random.loggamma(k, 0.5, s)), reference.gamma(0.5)),
    ("beta", lambda k, s: random.beta(k, 0.5, 2.0, s), reference.beta(0.5, 2.0)),
    ("beta-round", lambda k, s: random.beta(k, 5.0, 3.0, s), reference.beta(5.0, 3.0)),
    (
        "dirichlet",
        lambda k, s: random.dirichlet(k, np.array([0.7, 1.0, 2.0]), s)[:, 0],
        reference.beta(0.7, 3.0),
    ),
]


@pytest.mark.parametrize(("name", "draw", "law"), CONTINUOUS, ids=[c[0] for c in CONTINUOUS])
def test_kolmogorov_and_smirnov_see_no_difference(name, draw, law):
    sample = draw(KEY, (N,))
    assert sample.dtype == (np.float64 if name.endswith("64") else np.float32)
    assert reference.kstest(np.asarray(sample, np.float64), law.cdf).pvalue > 0.01


PROBABILITIES = np.array([0.1, 0.0, 0.5, 0.15, 0.25])
LOGITS = np.log([0.1, 1e-30, 0.5, 0.15, 0.25])

# name, draw(key, shape) of integers, their probabilities
DISCRETE = [
    ("randint", lambda k, s: random.randint(k, s, 0, 6), np.full(6, 1 / 6)),
    ("randint-negative", lambda k, s: random.randint(k, s, -3, 4) + 3, np.full(7, 1 / 7)),
    ("randint8", lambda k, s: random.randint(k, s, 0, 10, np.uint8), np.full(10, 0.1)),
    ("randint64", lambda k, s: random.randint(k, s, 0, 3, np.int64), np.full(3, 1 / 3)),
    ("bernoulli", lambda k, s: random.bernoulli(k, 0.3, s).astype(int), [0.7, 0.3]),
    ("rademacher", lambda k, s: (random.rademacher(k, s) + 1) // 2, [0.5, 0.5]),
    ("categorical", lambda k, s: random.categorical(k, LOGITS, shape=s), PROBABILITIES),
    ("choice", lambda k, s: random.choice(k, 4, s), np.full(4, 0.25)),
    ("choice-p", lambda k, s: random.choice(k, 5, s, p=PROBABILITIES), PROBABILITIES),
]


@pytest.mark.parametrize(("name", "draw", "shares"), DISCRETE, ids=[d[0] for d in DISCRETE])
def test_counts_are_as_expected(name, draw, shares):
    shares = np.asarray(shares)
    counts = np.bincount(draw(KEY, (N,)), minlength=len(shares))
    assert len(counts) == len(shares)
    possible = shares > 0
    assert counts[~possible].sum() == 0
    assert reference.chisquare(counts[possible], N * shares[possible]).pvalue > 0.01


def test_neighbouring_keys_are_unrelated():
    keys = random.split(KEY, 200)
    rows = cr.vmap(lambda key: random.normal(key, (100,)))(keys)
    correlation = np.corrcoef(rows)[np.triu_indices(200, 1)]
    assert reference.kstest(np.arctanh(correlation) * np.sqrt(97), "norm").pvalue > 0.01


def test_permutations_are_equally_likely():
    keys = random.split(KEY, 6000)
    orders = cr.vmap(lambda key: random.permutation(key, 3))(keys)
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert len(counts) == 6
    assert reference.chisquare(counts).pvalue > 0.01


def test_draws_without_replacement():
    keys = random.split(KEY, 3000)

    def pair(key):
        return random.choice(key, 3, (2,), replace=False, p=np.array([0.2, 0.3, 0.5]))

    pairs = cr.vmap(pair)(keys)
    assert (pairs[:, 0] != pairs[:, 1]).all()
    first = np.bincount(pairs[:, 0], minlength=3)
    assert reference.chisquare(first, 3000 * np.array([0.2, 0.3, 0.5])).pvalue > 0.01
    picked = random.categorical(KEY, LOGITS[[0, 2, 3]], shape=(3,), replace=False)
    assert sorted(picked.tolist()) == [0, 1, 2]


def test_shapes_and_ranges():
    table = np.arange(12.0).reshape(3, 4)
    assert random.permutation(KEY, table, axis=1).shape == (3, 4)
    np.testing.assert_array_equal(np.sort(random.permutation(KEY, table, axis=0), 0), table)
    alone = random.permutation(KEY, table, axis=1, independent=True)
    np.testing.assert_array_equal(np.sort(alone, 1), table)
    assert random.choice(KEY, table, (5, 2), axis=1).shape == (3, 5, 2)
    assert random.choice(KEY, table, (2,), replace=False, axis=1).shape == (3, 2)
    assert random.categorical(KEY, np.zeros((3, 4)), axis=0).shape == (4,)
    assert random.categorical(KEY, np.zeros((3, 4)), shape=(7, 3)).shape == (7, 3)
    assert random.categorical(KEY, np.zeros((1, 4)), shape=(7, 3)).shape == (7, 3)
    assert random.dirichlet(KEY, np.ones((2, 3))).shape == (2, 3)
    assert random.dirichlet(KEY, np.ones(3), (4, 2)).shape == (4, 2, 3)
    assert random.gamma(KEY, np.ones((2, 3))).shape == (2, 3)
    assert random.bernoulli(KEY, np.full((2, 3), 0.5)).shape == (2, 3)
    np.testing.assert_array_equal(random.randint(KEY, (3,), 5, 5), 5)
    whole = random.randint(KEY, (1000,), -(2**31), 2**31)
    assert whole.min() < -(2**30)
    assert whole.max() > 2**30
    assert random.uniform(KEY, (0, 3)).shape == (0, 3)
    assert random.permutation(KEY, 0).shape == (0,)
    assert random.choice(KEY, 5, (0,)).shape == (0,)


def test_impossible_parameters():
    assert np.isnan(random.gamma(KEY, np.array([-1.0, np.nan]))).all()
    assert random.gamma(KEY, 0.0) == 0
    with pytest.raises(ValueError, match="without replacement from 3"):
        random.choice(KEY, 3, (4,), replace=False)
    with pytest.raises(ValueError, match="nothing to choose"):
        random.choice(KEY, 0, (1,))
    with pytest.raises(ValueError, match="p has shape"):
        random.choice(KEY, 3, p=np.ones(2))
    with pytest.raises(ValueError, match="do not fit"):
        random.bernoulli(KEY, np.ones(3), (2,))
    with pytest.raises(ValueError, match="must end with"):
        random.categorical(KEY, np.zeros((3, 4)), shape=(5,))
