"""ONNX export: a function, a training step, or a table's whole way to a prediction."""

from .model import FixedBatchWarning, to_onnx
from .training import training_step_to_onnx
from .writer import NotExportable

__all__ = ["FixedBatchWarning", "NotExportable", "to_onnx", "training_step_to_onnx"]
