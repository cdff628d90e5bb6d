"""Probability distributions: logarithms of densities, densities, and where simple more.

One module a distribution, with functions ``logpdf(x, *parameters, loc=0, scale=1)`` and so on, by
the names and parameters of ``scipy.stats``; ``logpmf`` for distributions of integers.
"""

from . import bernoulli, beta, binom, dirichlet, expon, gamma, norm, poisson, uniform

__all__ = [
    "bernoulli",
    "beta",
    "binom",
    "dirichlet",
    "expon",
    "gamma",
    "norm",
    "poisson",
    "uniform",
]
