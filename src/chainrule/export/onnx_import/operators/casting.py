"""Other dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import numpy as cnp
from ....engine.primitives.logic import bitcast
from ....engine.primitives.reductions import as_operand
from ....engine.trace import apply
from ...errors import ModelFileError
from ..reading import dtype_of
from .common import by_name

_KNOWN = {np.dtype(name) for name in ("bool", "float16", "float32", "float64")}
_KNOWN |= {np.dtype(f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)}


def Cast(x: Any, *, to: int, saturate: int = 1, round_mode: str = "up") -> Any:
    """x in another dtype; fractions are cut off."""
    return cnp.astype(as_operand(x), _known(dtype_of(to)))


def CastLike(x: Any, like: Any, *, saturate: int = 1, round_mode: str = "up") -> Any:
    """x in the dtype of ``like``."""
    return cnp.astype(as_operand(x), _known(as_operand(like).dtype))


def BitCast(x: Any, *, to: int) -> Any:
    """The same bits read as another dtype of the same width."""
    return apply(bitcast, as_operand(x), dtype=_known(dtype_of(to)))


def _known(dtype: np.dtype[Any]) -> np.dtype[Any]:
    if dtype not in _KNOWN:
        raise ModelFileError(f"the model casts to {dtype}, which Chainrule does not compute with")
    return dtype


OPERATORS = by_name(BitCast, Cast, CastLike)
