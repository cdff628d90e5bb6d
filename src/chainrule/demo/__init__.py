"""Five experiments, each a file to read: line, logistic, signs, curve, molecules.

They need the extra ``demo`` (matplotlib and scikit-learn). ``chainrule demo`` runs them all.
"""

from .runner import EXPERIMENTS, Finished, MissingPackages, load, require_packages, run_experiment

__all__ = [
    "EXPERIMENTS",
    "Finished",
    "MissingPackages",
    "load",
    "require_packages",
    "run_experiment",
]
