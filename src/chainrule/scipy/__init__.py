"""SciPy's functions of statistics and their special functions, differentiable; as in ``jax.scipy``.

>>> from chainrule.scipy import stats
>>> round(float(stats.norm.cdf(1.96)), 3)
0.975
"""

import importlib

__all__ = ["special", "stats"]


def __getattr__(name: str) -> object:
    """Import a room when it is first named: random numbers need some rows, and nothing else."""
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
