"""Neural networks from scratch that you can see through."""

import importlib

# First and by itself: from deep inside the engine, its import takes a sixth longer (`make bench`).
import numpy as _numpy  # noqa: F401  # not `numpy`: that name is chainrule.numpy's

from . import tree
from .engine.compile.jit import jit
from .engine.config import config
from .engine.differentiate import backward
from .engine.graph import Graph, Node
from .engine.interpret import debug_nans, evaluate
from .engine.primitives.calls import checkpoint, custom_vjp, stop_gradient
from .engine.simplify import simplify
from .engine.tape import tensor
from .engine.tensor import Parameter, Tensor
from .engine.trace import no_grad, trace
from .engine.transforms import (
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    value_and_grad,
    vjp,
)
from .engine.types import TensorType
from .engine.vectorize import vmap

__version__ = "0.1.0"

_ROOMS = (
    "data",
    "demo",
    "draw",
    "estimators",
    "explain",
    "export",
    "lab",
    "lax",
    "lessons",
    "nn",
    "numpy",
    "optim",
    "random",
    "report",
    "scipy",
    "stax",
    "tabular",
    "train",
    "widgets",
)
_FILES = ("load", "save")
_QUESTIONS = ("backprop", "diagnose", "lint", "tape", "why")


def __getattr__(name: str) -> object:
    """Import a room when it is first named, so that ``import chainrule`` stays quick."""
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _FILES:
        return getattr(importlib.import_module(f"{__name__}.export"), name)
    if name in _QUESTIONS:
        return getattr(importlib.import_module(f"{__name__}.explain"), name)
    if name == "profile":  # 2 ms that only those pay who profile
        from .engine.compile.profile import profile

        return profile
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Graph",
    "Node",
    "Parameter",
    "Tensor",
    "TensorType",
    "backprop",
    "backward",
    "checkpoint",
    "config",
    "custom_vjp",
    "debug_nans",
    "diagnose",
    "evaluate",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "lint",
    "load",
    "no_grad",
    "profile",
    "save",
    "simplify",
    "stop_gradient",
    "tape",
    "tensor",
    "trace",
    "tree",
    "value_and_grad",
    "vjp",
    "vmap",
    "why",
]
