"""The errors that Chainrule raises: each says what was wrong, where, and what to do.

```
ChainruleError
├── ShapeError           (ValueError)          shapes that do not meet
├── DtypeError           (TypeError)           a dtype that the operation cannot take
├── ConcreteValueError   (TypeError)           Python asked for a number that is not known yet
├── DifferentiationError (TypeError)           no derivative exists, or not of this
├── StructureError       (TypeError)           two trees (of a carry, of branches) differ
├── NonFiniteError       (FloatingPointError)  a NaN or Inf, and what made it
└── CompilationUnavailable (RuntimeError)      this machine runs no code of ours; evaluate instead
```
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

from ..hints.shapes import Fits, fixes
from ..hints.source import operand_names


class ChainruleError(Exception):
    """Base of all errors raised by Chainrule itself; the message ends with the user's line."""

    names_its_line = False  # whether the message does so by itself

    def __init__(self, message: str = "") -> None:
        from .graph import describe_place
        from .trace import current_place

        where = "" if self.names_its_line else describe_place(current_place())
        super().__init__(f"{message}\n  at {where}" if where else message)


class ShapeError(ChainruleError, ValueError):
    """Shapes that do not fit together.

    Attributes
    ----------
    operation, names, shapes
        What was to be computed, of which operands (as the user wrote them) and of which shapes.
    fixes
        Edits of one operand with which it would work: they were tried on the shapes.
    """

    def __init__(
        self,
        message: str,
        operation: str = "",
        operands: Sequence[Any] = (),
        fits: Fits | None = None,
        roles: Sequence[str] = "abcdefgh",
    ) -> None:
        from .trace import current_place

        self.message, self.operation = message, operation
        self.shapes = [tuple(x.shape) for x in operands]
        found = operand_names(current_place(), operation, operands) if operands else []
        self.names = [name or role for name, role in zip(found, cycle(roles), strict=False)]
        self.fixes = fixes(operands, self.names, fits) if fits else []
        known = [f"{n} {s}" for n, s in zip(self.names, self.shapes, strict=True)]
        lines = [f"  operands  {', '.join(known)}"] if known else []
        lines += [f"  would fit  {', or '.join(self.fixes[:3])}"] if self.fixes else []
        super().__init__("\n".join([message, *lines]))

    def about(self, operation: str, operands: Sequence[Any], fits: Fits) -> ShapeError:
        """The same error, raised where the operands are known."""
        return ShapeError(self.message, operation, operands, fits)

    def _repr_html_(self) -> str:
        """The message and the picture, for notebooks. (By name: the engine does not draw.)"""
        from importlib import import_module

        shown: str = import_module("chainrule.explain.shapes").display(self)
        return shown


class DtypeError(ChainruleError, TypeError):
    """A dtype that the operation cannot take."""


class ConcreteValueError(ChainruleError, TypeError):
    """Python asked for a tensor's value that is not known yet (``jit``, ``vmap``, ``scan``)."""

    names_its_line = True


class DifferentiationError(ChainruleError, TypeError):
    """Something without a derivative was differentiated."""


class StructureError(ChainruleError, TypeError):
    """Two trees that must have the same structure and types have not."""


class NonFiniteError(ChainruleError, FloatingPointError):
    """A loss turned NaN or Inf, or any value while ``debug_nans`` was watching."""

    names_its_line = True


class CompilationUnavailable(ChainruleError, RuntimeError):
    """This machine, or this installation, runs no compiled code: everything is evaluated."""
