"""Dtypes, constants, and what the array API standard lets one ask about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import (
    bool_,
    e,
    float16,
    float32,
    float64,
    inf,
    int8,
    int16,
    int32,
    int64,
    isdtype,
    issubdtype,
    nan,
    newaxis,
    pi,
    promote_types,
    uint8,
    uint16,
    uint32,
    uint64,
)

from ..engine.primitives import logic as lg
from ..engine.tensor import Tensor

bool = bool_

_KINDS: dict[str, tuple[str, ...]] = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": (),
}
_KINDS["integral"] = _KINDS["signed integer"] + _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] + _KINDS["real floating"]


def _dtype_of(value: Any) -> Any:
    return value.dtype if isinstance(value, Tensor | np.ndarray | np.generic) else value


def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    """The dtype in which these arrays, dtypes and Python numbers meet.

    >>> result_type(np.float32, 1.0)
    dtype('float32')
    """
    plain = [value.dtype if isinstance(value, Tensor) else value for value in arrays_and_dtypes]
    return np.result_type(*plain)


def can_cast(from_: Any, to: Any, casting: str = "safe") -> bool_:
    """Whether this dtype (or an array's) converts to ``to`` without losing information.

    >>> can_cast(np.int32, np.float64), can_cast(np.float64, np.float32)
    (True, False)
    """
    return np.can_cast(_dtype_of(from_), to, casting)


def astype(x: Any, dtype: Any, /, *, copy: Any = True, device: str | None = None) -> Any:
    """``x`` in another dtype; the derivative passes between floating-point dtypes.

    >>> astype(np.array([1.7, -1.7]), np.int64)
    array([ 1, -1])
    """
    check_device(device)
    if isinstance(x, Tensor):
        return lg.astype(x, dtype)
    return np.asanyarray(x).astype(dtype, copy=copy)


@dataclass(frozen=True)
class FloatInfo:
    """Limits of a floating-point dtype."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    tiny: float
    resolution: float
    dtype: np.dtype[Any]


def finfo(type: Any, /) -> FloatInfo:
    """Limits of a floating-point dtype, or of an array's, as Python floats (which promote nothing).

    >>> finfo(np.float32).eps
    1.1920928955078125e-07
    """
    limits = np.finfo(_dtype_of(type))
    names = ("eps", "max", "min", "smallest_normal", "tiny", "resolution")
    numbers = {name: float(getattr(limits, name)) for name in names}
    return FloatInfo(bits=limits.bits, dtype=limits.dtype, **numbers)


def iinfo(type: Any, /) -> np.iinfo[Any]:
    """Limits of an integer dtype, or of an array's.

    >>> iinfo(np.int8).max
    127
    """
    return np.iinfo(_dtype_of(type))


def check_device(device: Any) -> None:
    """There is one device, the CPU."""
    if device not in (None, "cpu"):
        raise ValueError(f"there is one device, 'cpu'; got {device!r}")


class NamespaceInfo:
    """What this namespace offers, in the array API standard's words."""

    def capabilities(self) -> dict[str, Any]:
        """Boolean masks and data-dependent shapes work where values are known."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """The device of new arrays."""
        return "cpu"

    def devices(self) -> list[str]:
        """All devices."""
        return ["cpu"]

    def default_dtypes(self, *, device: str | None = None) -> dict[str, np.dtype[Any]]:
        """The dtype of new arrays, by kind."""
        check_device(device)
        return {
            "real floating": np.dtype(np.float64),
            "complex floating": np.dtype(np.complex128),
            "integral": np.dtype(np.int64),
            "indexing": np.dtype(np.intp),
        }

    def dtypes(self, *, device: str | None = None, kind: Any = None) -> dict[str, np.dtype[Any]]:
        """The dtypes of a kind (of several, in a tuple), by name."""
        check_device(device)
        kinds = ("bool", "numeric") if kind is None else kind
        names: list[str] = []
        for each in kinds if isinstance(kinds, tuple) else (kinds,):
            if each not in _KINDS:
                raise ValueError(f"unknown kind {each!r}; the kinds are {', '.join(_KINDS)}")
            names += _KINDS[each]
        return {name: np.dtype(name) for name in names}


def __array_namespace_info__() -> NamespaceInfo:
    """What this namespace offers: dtypes, devices, capabilities."""
    return NamespaceInfo()


__all__ = [
    "__array_namespace_info__",
    "astype",
    "bool",
    "bool_",
    "can_cast",
    "e",
    "finfo",
    "float16",
    "float32",
    "float64",
    "iinfo",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "issubdtype",
    "nan",
    "newaxis",
    "pi",
    "promote_types",
    "result_type",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]
