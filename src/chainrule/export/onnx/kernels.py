"""For which dtypes onnxruntime has no kernel, and the dtype in which such a node is computed.

The standard allows nearly every dtype in nearly every operator; onnxruntime (1.32, CPU) does not
run them all. Whole numbers are computed as int64, which wraps as the narrower type does once it is
cast back (uint64 from 2^63 on compares as if it were negative), float16 as float32. What float64
lacks is written as a formula (``formulas.DOUBLE``), since float32 would lose half of its digits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_SUMS = "float16 float32 float64 int32 int64"
_EXTREMES = "float16 float32 float64 int8 int32 int64 uint8"
# The dtypes that run, of operators that do not run for all.
KERNELS = {
    "Pow": _SUMS,
    "Max": f"{_EXTREMES} uint32 uint64",
    "Min": f"{_EXTREMES} uint32 uint64",
    "Neg": "float16 float32 float64 int8 int16 int32 int64",
    "MatMul": f"{_SUMS} uint32 uint64",
    "Einsum": _SUMS,
    "ReduceSum": _SUMS,
    "ReduceProd": _SUMS,
    "ReduceMax": f"{_EXTREMES} bool",
    "ReduceMin": f"{_EXTREMES} bool",
    "ArgMax": _EXTREMES,
    "ArgMin": _EXTREMES,
    "TopK": f"{_EXTREMES} int16",
    "CumSum": _SUMS,
    "Where": f"{_EXTREMES} uint32",
    "Pad": f"{_EXTREMES} uint32 uint64 bool",
    "ScatterND": "float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool",
    **dict.fromkeys(("And", "Or", "Xor", "Not"), "bool"),
}
NUMBERS = "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64"


def computed_in(kind: str, dtype: Any) -> Any:
    """The dtype in which this operator is to be computed for inputs of that one."""
    if dtype.name in KERNELS.get(kind, NUMBERS).split():
        return dtype
    if dtype.kind == "f":
        return np.dtype(np.float32) if dtype == np.float16 else dtype
    return np.dtype(np.int64)
