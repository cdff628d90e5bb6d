"""What goes wrong with checkpoints."""

from __future__ import annotations


class CheckpointError(ValueError):
    """A run cannot go on from a checkpoint; the message says what does not fit."""


class CheckpointWarning(UserWarning):
    """A checkpoint could not be written, or a damaged one was passed over."""
