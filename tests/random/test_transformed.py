"""Every sampler alone, under jit, in a stack and in a scan: the same numbers."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import random

# draw(key, p) with a parameter between 0 and 1
SAMPLERS = {
    "uniform": lambda k, p: random.uniform(k, (2,), minval=p, maxval=2 * p),
    "normal": lambda k, p: p * random.normal(k, (12,)),
    "truncated_normal": lambda k, p: random.truncated_normal(k, -p, p),
    "exponential": lambda k, p: p * random.exponential(k),
    "laplace": lambda k, p: p + random.laplace(k, (2, 2)),
    "gumbel": lambda k, p: p + random.gumbel(k, (2,)),
    "bernoulli": lambda k, p: random.bernoulli(k, p, (9,)),
    "randint": lambda k, p: random.randint(k, (3,), -2, 9),
    "randint-bounds": lambda k, p: random.randint(k, (), (-9 * p).astype(int), 9),
    "categorical": lambda k, p: random.categorical(k, p * np.arange(4.0), shape=(6,)),
    "permutation": lambda k, p: random.permutation(k, 11),
    "permutation-rows": lambda k, p: random.permutation(k, p * np.arange(12.0).reshape(6, 2)),
    "choice": lambda k, p: random.choice(k, 7, (2,)),
    "choice-rows": lambda k, p: random.choice(k, p * np.arange(6.0).reshape(3, 2), (2,)),
    "choice-p": lambda k, p: random.choice(k, 4, (5,), p=p + np.arange(4.0)),
    "choice-p-once": lambda k, p: random.choice(k, 4, (2,), False, p + np.arange(4.0)),
    "choice-once": lambda k, p: random.choice(k, 4, (2,), replace=False),
    "gamma": lambda k, p: random.gamma(k, p, (5,)),
    "beta": lambda k, p: random.beta(k, p, 2 * p + 1),
    "dirichlet": lambda k, p: random.dirichlet(k, p + np.arange(3.0), (2,)),
}
KEYS = random.split(random.key(1), 3)
PARAMETERS = np.float32([0.2, 0.7, 0.4])


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_same_numbers_however_they_are_drawn(name):
    draw = SAMPLERS[name]
    alone = np.stack([draw(k, p) for k, p in zip(KEYS, PARAMETERS, strict=True)])

    def agrees(found, wanted):
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)

    agrees(cr.jit(draw)(KEYS[1], PARAMETERS[1]), alone[1])
    agrees(cr.vmap(draw)(KEYS, PARAMETERS), alone)
    of_keys = cr.vmap(draw, in_axes=(0, None))(KEYS, PARAMETERS[0])
    agrees(of_keys, np.stack([draw(k, PARAMETERS[0]) for k in KEYS]))
    of_parameters = cr.vmap(draw, in_axes=(None, 0))(KEYS[0], PARAMETERS)
    agrees(of_parameters, np.stack([draw(KEYS[0], p) for p in PARAMETERS]))
    scanned = cr.lax.scan(lambda c, x: (c, draw(*x)), 0, (KEYS, PARAMETERS))[1]
    agrees(scanned, alone)
