"""Models in files and in other programs: model files, ONNX, NumPy source, PyTorch's names."""

import importlib

# Each public name and the module that has it, imported when the name is first used.
_HOMES = {
    "FixedBatchWarning": "batch_size",
    "GraphModule": "graph_module",
    "ModelFileError": "errors",
    "NotExportable": "onnx",
    "describe": "model_file",
    "from_onnx": "onnx_import",
    "graph_from_dict": "graph_json",
    "graph_to_dict": "graph_json",
    "load": "model_file",
    "load_safetensors": "tensors",
    "load_tensors": "tensors",
    "load_torch_state_dict": "torch_names",
    "save": "model_file",
    "save_safetensors": "tensors",
    "save_tensors": "tensors",
    "table_to_numpy_file": "numpy_file",
    "table_to_onnx": "onnx",
    "to_numpy_file": "numpy_file",
    "to_onnx": "onnx",
    "to_torch_state_dict": "torch_names",
    "training_step_to_onnx": "onnx",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
