"""ONNX export: a function, a training step, or a table's whole way to a prediction."""

from ..batch_size import FixedBatchWarning
from .model import to_onnx
from .tables import table_to_onnx
from .training import training_step_to_onnx
from .writer import NotExportable

__all__ = [
    "FixedBatchWarning",
    "NotExportable",
    "table_to_onnx",
    "to_onnx",
    "training_step_to_onnx",
]
