"""Checkpoints: all that a run of ``fit`` needs to go on after it was killed, bit for bit."""

from .errors import CheckpointError, CheckpointWarning
from .folder import Checkpoints, load_checkpoint

__all__ = ["CheckpointError", "CheckpointWarning", "Checkpoints", "load_checkpoint"]
