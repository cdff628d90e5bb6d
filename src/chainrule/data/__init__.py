"""Data: named sets, generated points, and splits. Nothing is loaded before it is asked for."""

from .biodeg import DataError, load_biodeg
from .dataset import Dataset
from .generated import noisy_line, parabola, signs, two_clouds
from .molecules import load_breast_cancer, load_molecules
from .splits import folds, split

__all__ = [
    "DataError",
    "Dataset",
    "folds",
    "load_biodeg",
    "load_breast_cancer",
    "load_molecules",
    "noisy_line",
    "parabola",
    "signs",
    "split",
    "two_clouds",
]
