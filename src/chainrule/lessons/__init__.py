"""The workshop: lessons as notebooks, with exercises that check themselves.

``chainrule lessons`` copies them to a folder of yours and opens them. The notebooks need marimo,
this package does not: an exercise can be checked from plain Python too.
"""

from . import chart
from .lesson import Lesson
from .shelf import copy_to, entries, exercises

__all__ = ["Lesson", "chart", "copy_to", "entries", "exercises"]
