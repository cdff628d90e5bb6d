"""Of ai.onnx.ml, the operators for tables: words and codes for each other. NumPy's alone."""

from __future__ import annotations

import numpy as np

from .common import numbers


def LabelEncoder(
    x,
    *,
    keys_floats=None,
    keys_int64s=None,
    keys_strings=None,
    keys_tensor=None,
    values_floats=None,
    values_int64s=None,
    values_strings=None,
    values_tensor=None,
    default_float=-0.0,
    default_int64=-1,
    default_string="_Unused",
    default_tensor=None,
):
    """values[k] where x is keys[k], else the default."""
    keys = _given(keys_floats, keys_int64s, keys_strings, keys_tensor)
    kinds = [
        (values_floats, default_float, np.float32),
        (values_int64s, default_int64, np.int64),
        (values_strings, default_string, object),
    ]
    if values_tensor is not None:
        kinds = [(values_tensor, default_tensor.reshape(())[()], values_tensor.dtype)]
    values, default, dtype = next(kind for kind in kinds if kind[0] is not None)
    table = dict(zip(map(_comparable, keys), values, strict=True))
    elements = numbers(x, "LabelEncoder").reshape(-1)
    found = [table.get(_comparable(element), default) for element in elements]
    return np.array(found, dtype).reshape(x.shape)


def _given(*lists):
    return next(found for found in lists if found is not None)


def _comparable(key):
    """One NaN is like another."""
    return None if key != key else key


OPERATORS = {"ai.onnx.ml.LabelEncoder": LabelEncoder}
