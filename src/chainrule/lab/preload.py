"""What sessions need, imported once: they are forked from the process that has done it."""

import contextlib
import importlib

from ..widgets import PAGES
from . import process  # noqa: F401

for _page in PAGES:
    with contextlib.suppress(ModuleNotFoundError):  # a page that is not installed
        importlib.import_module(f"chainrule.widgets.{_page}")
