"""Tables: read from files and frames, typed, examined, and prepared for a network.

In the order of their use: ``read`` (or ``batches``) a file, ``infer`` the kinds of its columns and
the task, ``examine`` it for traps, then fit a ``Preparation`` on the training rows. The JSON of a
preparation is described in ``chainrule.data.tables.preparation``.
"""

from ..errors import DataError
from .examination import Finding, examine
from .inference import infer
from .preparation import Preparation
from .reading import Origin, batches, read
from .schema import Column, Schema
from .sources import files_of

__all__ = [
    "Column",
    "DataError",
    "Finding",
    "Origin",
    "Preparation",
    "Schema",
    "batches",
    "examine",
    "files_of",
    "infer",
    "read",
]
