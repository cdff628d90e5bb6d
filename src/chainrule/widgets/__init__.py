"""Live pictures: one Python class and one ES module each, for notebooks and for the lab's pages."""

from __future__ import annotations

import importlib

from .widget import UserError, Widget

# The pages of the lab in their order: page, class. The class stands in the module of that name.
PAGES = {
    "line": "Line",
    "slope": "Slope",
    "playground": "Playground",
    "chain": "ChainRule",
    "gallery": "Gallery",
    "perceptron": "Perceptron",
    "molecules": "Molecules",
}
_HOMES = {name: page for page, name in PAGES.items()}


def __getattr__(name: str) -> object:
    """Import a picture when it is first named."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["PAGES", "UserError", "Widget", *PAGES.values()]
