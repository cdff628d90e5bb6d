"""What goes wrong with files of models."""

from __future__ import annotations


class ModelFileError(ValueError):
    """A model file cannot be written or read; the message says which, why, and what to do."""
