"""What is known of an array before it exists: its shape and its dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

_SHORT = {"float": "f", "int": "i", "uint": "u", "complex": "c"}


class TensorType:
    """Shape and dtype of an array; prints as ``f32[8,3]``.

    Types are interned: equal types are the same object, so that they compare by identity.

    >>> TensorType.of((8, 3), "float32")
    f32[8,3]
    >>> TensorType.of((2,), np.float64) is TensorType.of((2,), "float64")
    True
    """

    __slots__ = ("dtype", "is_float", "shape")
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    is_float: bool  # whether a derivative with respect to it can exist

    @staticmethod
    def of(shape: tuple[int, ...], dtype: Any) -> TensorType:
        """The type with this shape and dtype."""
        key = (shape, dtype)
        found = _interned.get(key)
        if found is None:
            canonical = (tuple(int(size) for size in shape), np.dtype(dtype))
            found = _interned.get(canonical)
            if found is None:
                found = object.__new__(TensorType)
                found.shape, found.dtype = canonical
                found.is_float = canonical[1].kind == "f"
                found = _interned.setdefault(canonical, found)
            _interned[key] = found
        return found

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        count = 1
        for length in self.shape:
            count *= length
        return count

    def __repr__(self) -> str:
        return f"{dtype_name(self.dtype)}[{','.join(map(str, self.shape))}]"

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorType.of, (self.shape, self.dtype)


Type = TensorType | tuple[TensorType, ...]
_interned: dict[tuple[Any, Any], TensorType] = {}


def dtype_name(dtype: np.dtype[Any]) -> str:
    """Short name of a dtype: ``f32``, ``i64``, ``bool``."""
    name = dtype.name
    letters = name.rstrip("0123456789")
    return _SHORT[letters] + name[len(letters) :] if letters in _SHORT else name


def type_of(value: Any) -> TensorType:
    """The type of a concrete array, NumPy scalar or Python number."""
    kind = type(value)
    if kind is float or kind is np.float64:
        return _REAL
    if kind is not np.ndarray and not isinstance(value, _ARRAYS):
        value = np.asarray(value)
    return TensorType.of(value.shape, value.dtype)


def is_array(value: Any) -> bool:
    """Whether a tree leaf is numeric data (an array or a number), not something to pass through.

    >>> is_array(1.5), is_array("tanh"), is_array(None)
    (True, False, False)
    """
    if isinstance(value, _ARRAYS):
        return value.dtype.kind in "fiub"
    return isinstance(value, _NUMBERS)


_ARRAYS = (np.ndarray, np.generic)
_NUMBERS = (float, int, bool)
_REAL = TensorType.of((), np.float64)
_promoted: dict[tuple[Any, ...], np.dtype[Any]] = {}


def promote(rule: str, operands: tuple[Any, ...]) -> np.dtype[Any]:
    """The dtype in which an elementwise primitive computes.

    ``operands`` are dtypes, or the Python type of a number, which is weak: ``float32 * 2.0`` stays
    float32, as in NumPy. ``rule`` is the primitive's: ``numeric`` (NumPy's common dtype), ``float``
    (integers become floating point), ``divide`` (integers become float64), ``number`` (truth values
    become int8), ``bool``, ``int``.
    """
    key = (rule, *operands)
    found = _promoted.get(key)
    if found is None:
        found = _promoted[key] = _promote(rule, operands)
    return found


def _promote(rule: str, operands: tuple[Any, ...]) -> np.dtype[Any]:
    if rule == "bool":
        return np.dtype(bool)
    common = np.result_type(*(o(0) if isinstance(o, type) else o for o in operands))
    if rule == "divide" and common.kind in "iub":
        return np.dtype(np.float64)
    if rule == "float" and common.kind in "iub":
        return np.result_type(common, np.float16)
    if rule == "number" and common.kind == "b":
        return np.dtype(np.int8)
    if rule == "int" and common.kind == "f":
        raise TypeError(f"this operation works on integers, not on {dtype_name(common)}")
    return common
