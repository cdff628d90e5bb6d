"""Random numbers from explicit keys: the same alone, compiled, in a stack, on any machine.

Nothing here has a hidden state: a function of a key gives the same numbers whenever it is called
with that key. ``split`` makes new keys of one. Names and arguments are those of ``jax.random``.

>>> from chainrule import random
>>> key = random.key(0)
>>> key, part = random.split(key)
>>> random.normal(part, (2, 3)).shape
(2, 3)
"""

from .continuous import (
    cauchy,
    exponential,
    gumbel,
    laplace,
    logistic,
    normal,
    truncated_normal,
    uniform,
)
from .discrete import bernoulli, categorical, choice, permutation, rademacher, randint, shuffle
from .gamma_family import beta, dirichlet, gamma, loggamma
from .keys import PRNGKey, bits, default_key, fold_in, key, seed, split

__all__ = [
    "PRNGKey",
    "bernoulli",
    "beta",
    "bits",
    "categorical",
    "cauchy",
    "choice",
    "default_key",
    "dirichlet",
    "exponential",
    "fold_in",
    "gamma",
    "gumbel",
    "key",
    "laplace",
    "loggamma",
    "logistic",
    "normal",
    "permutation",
    "rademacher",
    "randint",
    "seed",
    "shuffle",
    "split",
    "truncated_normal",
    "uniform",
]
