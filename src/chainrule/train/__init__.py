"""Training: fit, what it tells and stops by, splits, scaling and metrics."""

from ..explain.mistakes import LintWarning
from . import metrics
from .callbacks import Callback, EarlyStopping, History, Run, StopTraining
from .chunks import Chunks
from .fitting import fit
from .split import Scaler, kfold, standardize, train_test_split

__all__ = [
    "Callback",
    "Chunks",
    "EarlyStopping",
    "History",
    "LintWarning",
    "Run",
    "Scaler",
    "StopTraining",
    "fit",
    "kfold",
    "metrics",
    "standardize",
    "train_test_split",
]
