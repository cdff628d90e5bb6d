"""Training: fit, what it tells and stops by, splits, scaling and metrics."""

from ..explain.mistakes import LintWarning
from . import metrics
from .callbacks import Callback, StopTraining
from .checkpoints import CheckpointError, Checkpoints, CheckpointWarning, load_checkpoint
from .chunks import Chunks
from .fitting import fit
from .logging import CSVLog, JSONLog, MLflow, TensorBoard
from .run import History, Run
from .split import Scaler, kfold, standardize, train_test_split
from .stopping import EarlyStopping

__all__ = [
    "CSVLog",
    "Callback",
    "CheckpointError",
    "CheckpointWarning",
    "Checkpoints",
    "Chunks",
    "EarlyStopping",
    "History",
    "JSONLog",
    "LintWarning",
    "MLflow",
    "Run",
    "Scaler",
    "StopTraining",
    "TensorBoard",
    "fit",
    "kfold",
    "load_checkpoint",
    "metrics",
    "standardize",
    "train_test_split",
]
