"""Random numbers from explicit keys: the same alone, compiled, in a stack, on any machine.

Nothing here has a hidden state: a function of a key gives the same numbers whenever it is called
with that key. ``split`` makes new keys of one. Names and arguments are those of ``jax.random``.

>>> from chainrule import random
>>> key = random.key(0)
>>> key, part = random.split(key)
>>> random.normal(part, (2, 3)).shape
(2, 3)
"""

from .continuous import normal, uniform
from .discrete import permutation, shuffle
from .keys import PRNGKey, bits, default_key, fold_in, key, seed, split

__all__ = [
    "PRNGKey",
    "bits",
    "default_key",
    "fold_in",
    "key",
    "normal",
    "permutation",
    "seed",
    "shuffle",
    "split",
    "uniform",
]
