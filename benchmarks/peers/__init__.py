"""Who computes it: one file a library. A column names a maker.

A maker takes a ``Work`` and its arrays and gives ``run() -> losses``: the whole training from the
initial parameters, with the loss of every step as a NumPy array; or None, where the column has
nothing to say about this work. A library that is not installed raises ImportError.
"""

from __future__ import annotations

import importlib
from typing import Any

COLUMNS = {
    "chainrule": "ours:scan",
    "fit": "ours:fit",
    "C": "c:run",
    "JAX scan": "jax_:scan",
    "JAX step": "jax_:step",
    "PyTorch": "torch_:eager",
    "NumPy": "numpy_:by_hand",
    "sklearn": "sklearn_:mlp",
    "BLAS": "numpy_:products",
}
BY_ITSELF = ("sklearn", "BLAS")  # their losses are not those of the others


def maker(column: str) -> Any:
    """The function of a column; its library is imported with it."""
    file, name = COLUMNS[column].split(":")
    return getattr(importlib.import_module(f"{__name__}.{file}"), name)
