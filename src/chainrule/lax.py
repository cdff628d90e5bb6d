"""JAX's names for control flow."""

from .engine.primitives.calls import stop_gradient
from .engine.primitives.control import cond, fori_loop, switch, while_loop
from .engine.primitives.scan import scan

__all__ = ["cond", "fori_loop", "scan", "stop_gradient", "switch", "while_loop"]
