"""Values as short text and as data for JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

MOST = 64  # elements that are passed on one by one


def as_json(value: Any) -> Any:
    """A value for JSON: numbers and small arrays as they are, larger ones as their summary.

    NaN and infinities, which JSON has not, are text.

    >>> as_json(np.array([1.0, np.inf])), as_json(None)
    ([1.0, 'inf'], None)
    >>> as_json(np.zeros(100))
    {'shape': [100], 'dtype': 'float64', 'min': 0.0, 'max': 0.0, 'mean': 0.0}
    """
    if value is None:
        return None
    if isinstance(value, tuple | list):
        return [as_json(part) for part in value]
    array = np.asarray(value)
    if array.size <= MOST:
        return _plain(array.tolist())
    found = {"shape": list(array.shape), "dtype": array.dtype.name}
    if array.dtype.kind in "fiub":
        with np.errstate(all="ignore"):
            for name in ("min", "max", "mean"):
                found[name] = _plain(getattr(array, name)().item())
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def short(value: Any, width: int = 22) -> str:
    """A value in a few characters: the number, the numbers, or shape and range.

    >>> short(np.float32(0.25)), short(np.array([1.0, -2.0])), short(np.ones((5, 4)))
    ('0.25', '[1, -2]', 'f64[5,4] 1')
    >>> short(np.array([1.0, np.nan, 2.0, 3.0, 4.0]))
    'f64[5] 1 … 4, 1 NaN'
    """
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"({', '.join(short(part, 9) or '–' for part in value)})"
    array = np.asarray(value)
    if not array.ndim:
        return f"{array[()]:.5g}" if array.dtype.kind == "f" else str(array[()])
    text = "[" + ", ".join(short(item) for item in array) + "]" if array.size <= 4 else ""
    if text and len(text) <= width:
        return text
    from ..engine.types import type_of

    kind = str(type_of(array))
    if not array.size or array.dtype.kind not in "fiu":
        return kind
    known = array[array == array]  # NaN is not equal to itself
    low, high = (known.min(), known.max()) if known.size else (np.nan, np.nan)
    spread = short(low) if low == high or not known.size else f"{low:.3g} … {high:.3g}"
    count = array.size - known.size
    return f"{kind} {spread}, {count} NaN" if 0 < count < array.size else f"{kind} {spread}"
