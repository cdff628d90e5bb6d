"""SciPy's functions of statistics and their special functions, differentiable; as in ``jax.scipy``.

>>> from chainrule.scipy import stats
>>> round(float(stats.norm.cdf(1.96)), 3)
0.975
"""

from . import special, stats

__all__ = ["special", "stats"]
