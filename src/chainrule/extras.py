"""Libraries that come with an extra of the package, imported when first needed."""

from __future__ import annotations

import importlib
from types import ModuleType


class MissingExtra(ImportError):
    """A library is not installed; the message has the command that installs it."""


def require(module: str, extra: str) -> ModuleType:
    """Import a module that comes with ``chainrule[extra]``; ``MissingExtra`` where it is absent.

    >>> require("math", "tables").sqrt(4.0)
    2.0
    >>> require("no_such_library", "tables")
    Traceback (most recent call last):
    ...
    chainrule.extras.MissingExtra: this needs no_such_library: pip install 'chainrule[tables]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name is not None and error.name.partition(".")[0] != top:
            raise
        raise MissingExtra(f"this needs {top}: pip install 'chainrule[{extra}]'") from None
