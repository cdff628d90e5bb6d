"""What sessions need, imported once: they are forked from the process that has done it."""

import contextlib
import importlib

from ..widgets import PAGES
from . import process  # noqa: F401

for _page in PAGES:
    with contextlib.suppress(Exception):  # a page that breaks is told of when it is opened
        importlib.import_module(f"chainrule.widgets.{_page}")
