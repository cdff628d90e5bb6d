"""ONNX files as they come from anyone: parsed, bounded, and never a path outside of their folder.

What is read here becomes NumPy arrays, numbers and strings, so that nothing else has to know how
ONNX stores them.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from ...extras import require
from ..errors import ModelFileError

LARGEST_FILE = 2**31 - 1  # protobuf's own limit
LARGEST_TENSOR = 2**32  # bytes, as all that follows
LARGEST_SPARSE = 2**28  # of the dense array, which a file of a few bytes can ask for
LARGEST_OUTSIDE = 2**35  # of all tensors in further files together


def read_model(source: Any) -> tuple[Any, Path | None]:
    """The ``ModelProto`` of a path, of bytes or of itself, and the folder of its further files."""
    onnx = require("onnx", "onnx")
    if isinstance(source, onnx.ModelProto):
        return source, None
    if isinstance(source, bytes | bytearray | memoryview):
        return _parsed(bytes(source), "these bytes"), None
    path = Path(source)
    if not path.is_file():
        reason = "is a folder" if path.is_dir() else "does not exist"
        raise ModelFileError(
            f"{path} {reason}; from_onnx wants an ONNX file, bytes or a ModelProto"
        )
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ModelFileError(f"{path}: {size:,} bytes; an ONNX file has at most {LARGEST_FILE:,}")
    return _parsed(path.read_bytes(), str(path)), path.resolve().parent


def _parsed(content: bytes, name: str) -> Any:
    onnx = require("onnx", "onnx")
    from google.protobuf.message import DecodeError

    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError:
        raise ModelFileError(f"{name}: not an ONNX file, or a part of it is missing") from None
    if not model.graph.node and not model.graph.output:
        raise ModelFileError(f"{name}: not an ONNX model, it has no graph")
    return model


def check_text(*names: Any) -> None:
    """An error unless these are text: protobuf hands over bytes where it is no UTF-8."""
    for name in names:
        if not isinstance(name, str):
            raise ModelFileError(f"the ONNX file has the name {name!r}, which is no UTF-8 text")


# -- tensors -----------------------------------------------------------------------------------


class TensorReader:
    """``TensorProto`` as NumPy arrays; ``folder`` is where their further files may lie."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.outside = 0

    def array(self, tensor: Any) -> Any:
        """The array of a tensor, wherever its bytes are."""
        onnx = require("onnx", "onnx")
        dtype, size = _checked_size(tensor)
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            content = self._external(tensor, size)
            return np.frombuffer(content, dtype.newbyteorder("<")).reshape(tuple(tensor.dims))
        try:
            return np.asarray(onnx.numpy_helper.to_array(tensor))
        except (ValueError, TypeError, KeyError, RuntimeError) as error:
            raise ModelFileError(f"the tensor {tensor.name!r} is broken: {error}") from None

    def dense(self, sparse: Any) -> Any:
        """The array of a sparse tensor, whose places are numbers in row-major order or rows."""
        _checked_size(sparse.values, sparse.dims, LARGEST_SPARSE)
        values, places = self.array(sparse.values), self.array(sparse.indices)
        dense = np.zeros(tuple(sparse.dims), values.dtype)
        try:
            where = tuple(places.T) if places.ndim == 2 else np.unravel_index(places, dense.shape)
            dense[where] = values
        except (ValueError, IndexError, TypeError) as error:
            name = sparse.values.name
            raise ModelFileError(f"the sparse tensor {name!r} is broken: {error}") from None
        return dense

    def _external(self, tensor: Any, size: int) -> bytes:
        """Bytes of a file beside the model: never of another folder, whatever the model says."""
        entries = {entry.key: entry.value for entry in tensor.external_data}
        what = f"the tensor {tensor.name!r} lies in the file {entries.get('location')!r}"
        if self.folder is None:
            raise ModelFileError(f"{what}: give from_onnx the path of the model, not its content")
        self.outside += size
        if self.outside > LARGEST_OUTSIDE:
            raise ModelFileError(f"{what}: more than {LARGEST_OUTSIDE:,} bytes in further files")
        try:
            path = (self.folder / entries.get("location", "")).resolve()
            offset, length = int(entries.get("offset", 0)), int(entries.get("length", size))
            ends = path.stat().st_size if path.is_file() else 0
        except (OSError, ValueError) as error:
            raise ModelFileError(f"{what}, which cannot be read: {error}") from None
        if not path.is_relative_to(self.folder):
            raise ModelFileError(f"{what}, outside of the model's folder: refused")
        if length != size or not 0 <= offset <= ends - size:
            raise ModelFileError(f"{what}, which is missing, or has not the {size:,} bytes wanted")
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(size)


def _checked_size(
    tensor: Any, dims: Any = None, largest: int = LARGEST_TENSOR
) -> tuple[np.dtype[Any], int]:
    """The dtype and the number of bytes of a tensor, within bounds, before anything is made."""
    dims = tensor.dims if dims is None else dims
    if any(n < 0 for n in dims):
        raise ModelFileError(f"the tensor {tensor.name!r} has the shape {tuple(dims)}")
    dtype = dtype_of(tensor.data_type, f"the tensor {tensor.name!r}")
    size = math.prod(dims) * dtype.itemsize
    if size > largest:
        raise ModelFileError(
            f"the tensor {tensor.name!r} has {size:,} bytes; {largest:,} are allowed"
        )
    return dtype, size


def dtype_of(number: int, what: str = "a value") -> np.dtype[Any]:
    """NumPy's dtype for ONNX's number of it."""
    onnx = require("onnx", "onnx")
    try:
        return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(number))
    except KeyError:
        raise ModelFileError(f"{what} has the unknown element type {number}") from None
