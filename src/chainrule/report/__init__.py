"""The report of a training run: one HTML file that needs nothing else, to read and to send on."""

from .page import page, write

__all__ = ["page", "write"]
