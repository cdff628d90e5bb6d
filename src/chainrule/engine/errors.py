"""The errors that Chainrule raises: each says what was wrong, where, and what to do.

```
ChainruleError
├── ShapeError           (ValueError)          shapes that do not meet
├── DtypeError           (TypeError)           a dtype that the operation cannot take
├── ConcreteValueError   (TypeError)           Python asked for a number that is not known yet
├── DifferentiationError (TypeError)           no derivative exists, or not of this
├── StructureError       (TypeError)           two trees (of a carry, of branches) differ
├── NonFiniteError       (FloatingPointError)  a NaN or Inf, found by debug_nans
└── CompilationUnavailable (RuntimeError)      this machine runs no code of ours; evaluate instead
```
"""

from __future__ import annotations


class ChainruleError(Exception):
    """Base of all errors raised by Chainrule itself; the message ends with the user's line."""

    names_its_line = False  # whether the message does so by itself

    def __init__(self, message: str = "") -> None:
        from .graph import describe_place
        from .trace import current_place

        where = "" if self.names_its_line else describe_place(current_place())
        super().__init__(f"{message}\n  at {where}" if where else message)


class ShapeError(ChainruleError, ValueError):
    """Shapes that do not fit together."""


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
    """A NaN or Inf appeared while ``debug_nans`` was watching."""

    names_its_line = True


class CompilationUnavailable(ChainruleError, RuntimeError):
    """This machine, or this installation, runs no compiled code: everything is evaluated."""
