"""Data: named sets and generated points. Nothing is loaded before it is asked for."""

from .biodeg import DataError, load_biodeg
from .dataset import Dataset
from .generated import noisy_line, parabola, signs, two_clouds
from .molecules import load_breast_cancer, load_molecules

__all__ = [
    "DataError",
    "Dataset",
    "load_biodeg",
    "load_breast_cancer",
    "load_molecules",
    "noisy_line",
    "parabola",
    "signs",
    "two_clouds",
]
