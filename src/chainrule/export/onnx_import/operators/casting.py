"""Other dtypes."""

from __future__ import annotations

import numpy as np

from ....engine.primitives.logic import bitcast
from ....engine.trace import apply
from ....numpy import astype
from ...errors import ModelFileError
from ..reading import dtype_of
from .common import by_name

_KNOWN = {np.dtype(name) for name in ("bool", "float16", "float32", "float64")}
_KNOWN |= {np.dtype(f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)}


def Cast(x, *, to, saturate=1, round_mode="up"):
    """x in another dtype; fractions are cut off."""
    return astype(x, known(dtype_of(to)))


def CastLike(x, like, *, saturate=1, round_mode="up"):
    """x in the dtype of ``like``."""
    return astype(x, known(like.dtype))


def BitCast(x, *, to):
    """The same bits read as another dtype of the same width."""
    return apply(bitcast, x, dtype=known(dtype_of(to)))


def known(dtype):
    """The dtype, or an error for those that exist in ONNX and not in NumPy."""
    if dtype not in _KNOWN:
        raise ModelFileError(f"the model casts to {dtype}, which Chainrule does not compute with")
    return dtype


OPERATORS = by_name(BitCast, Cast, CastLike)
