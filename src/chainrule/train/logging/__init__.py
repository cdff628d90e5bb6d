"""Callbacks that write down how a run goes; a resumed run goes on without gaps or doubles."""

from .mlflow_log import MLflow
from .tables import CSVLog, JSONLog
from .tensorboard import TensorBoard

__all__ = ["CSVLog", "JSONLog", "MLflow", "TensorBoard"]
