"""Data: named sets and generated points. Nothing is loaded before it is asked for.

Tables of one's own (CSV, Parquet, data frames) are read by ``chainrule.data.tables``.
"""

from .biodeg import load_biodeg
from .dataset import Dataset
from .errors import DataError
from .generated import noisy_line, parabola, signs, two_clouds
from .molecules import load_breast_cancer, load_molecules
from .plane import circles, clouds, moons, spiral, waves
from .table import Table, read_csv

__all__ = [
    "DataError",
    "Dataset",
    "Table",
    "circles",
    "clouds",
    "load_biodeg",
    "load_breast_cancer",
    "load_molecules",
    "moons",
    "noisy_line",
    "parabola",
    "read_csv",
    "signs",
    "spiral",
    "two_clouds",
    "waves",
]
