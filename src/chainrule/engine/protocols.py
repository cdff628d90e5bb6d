"""NumPy's own functions, called with a tensor, find their counterparts in ``chainrule.numpy``."""

from __future__ import annotations

import functools
import importlib
from typing import Any

import numpy as np

_REDUCTIONS = {
    ("add", "reduce"): "sum",
    ("multiply", "reduce"): "prod",
    ("maximum", "reduce"): "max",
    ("minimum", "reduce"): "min",
    ("logical_and", "reduce"): "all",
    ("logical_or", "reduce"): "any",
    ("add", "accumulate"): "cumsum",
    ("multiply", "accumulate"): "cumprod",
}


@functools.cache
def namespace() -> Any:
    """``chainrule.numpy``: named here, because NumPy calls back into the engine for it by name."""
    return importlib.import_module("chainrule.numpy")


def call_ufunc(ufunc: Any, method: str, inputs: Any, kwargs: dict[str, Any]) -> Any:
    """``np.exp(x)``, ``np.add.reduce(x)``, ``np.subtract.outer(a, b)``, ... with a tensor."""
    if method == "outer":
        first, second = inputs
        inputs = (namespace().expand_dims(first, tuple(range(-np.ndim(second), 0))), second)
        method = "__call__"
    name = ufunc.__name__
    if method != "__call__":
        name = _REDUCTIONS.get((name, method), "")
        kwargs = {"axis": 0, **kwargs}
    function = getattr(namespace(), name, None) if name else None
    if function is None or kwargs.get("out") is not None:
        raise TypeError(_no_rule(f"np.{ufunc.__name__}", method, kwargs))
    return function(*inputs, **kwargs)


def call_function(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """``np.concatenate([x, y])``, ``np.linalg.norm(x)``, ... with a tensor."""
    function = _counterpart(func)
    if function is None or kwargs.get("out") is not None:
        raise TypeError(_no_rule(f"{func.__module__}.{func.__name__}", "__call__", kwargs))
    return function(*args, **kwargs)


@functools.cache
def _counterpart(func: Any) -> Any:
    """The function of ``chainrule.numpy`` that does what this one of NumPy's does, or None."""
    home = namespace()
    for part in func.__module__.split(".")[1:]:
        home = getattr(home, part, home)
    found = getattr(home, func.__name__, None)
    return None if found is func else found


def _no_rule(name: str, method: str, kwargs: dict[str, Any]) -> str:
    if kwargs.get("out") is not None:
        return f"{name} with out=: a Tensor cannot be written into; use the returned value instead."
    what = name if method == "__call__" else f"{name}.{method}"
    return f"{what} has no rule for tensors yet; chainrule.numpy lists the functions that have one."
