"""Exit codes, and errors in one line instead of a traceback."""

from __future__ import annotations

import errno
import os
from typing import NamedTuple

from .spelling import as_typed

OK, FAILED, USAGE, BAD_DATA, INTERRUPTED = 0, 1, 2, 3, 130

# By name, since the modules of most of them are not imported until something needs them.
_CODES = {
    "MissingExtra": USAGE,
    "MissingPackages": USAGE,
    "UsageError": USAGE,
    "SettingsError": USAGE,
    "RunFolderError": USAGE,
    "CheckpointError": USAGE,
    "TuningError": USAGE,
    "DataError": BAD_DATA,
    "ModelFileError": BAD_DATA,
}
_OURS = "this should not have happened; --verbose shows where"


class UsageError(ValueError):
    """The command line asks for something that is not to be had."""


class Complaint(NamedTuple):
    """An error as the user reads it."""

    kind: str
    message: str
    code: int


def describe(error: BaseException) -> Complaint:
    """What to print, and the exit code.

    >>> describe(UsageError("no such thing"))
    Complaint(kind='UsageError', message='no such thing', code=2)
    >>> describe(OSError(28, "No space left on device", "model.chainrule")).message
    'the disk is full: model.chainrule could not be written; nothing was left half-written'
    """
    kind = type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        return Complaint("Interrupted", str(error) or "by Ctrl-C", INTERRUPTED)
    names = [each.__name__ for each in type(error).__mro__]
    code = next((_CODES[name] for name in names if name in _CODES), None)
    if code is not None:
        return Complaint(kind, as_typed(str(error)), code)
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, MemoryError):
        return Complaint(kind, f"not enough memory. {error}".strip(), FAILED)
    if isinstance(error, ImportError):
        return Complaint(kind, f"{error} (chainrule doctor shows what is installed)", USAGE)
    return Complaint(kind, f"{kind}: {error} ({_OURS})", FAILED)


def _of_system(error: OSError) -> Complaint:
    kind = type(error).__name__
    name = error.filename if error.filename is not None else ""
    where = os.fsdecode(name) if isinstance(name, str | bytes) else str(name)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        what = f"{where} could not be written" if where else "it could not be written"
        return Complaint(
            "DiskFull", f"the disk is full: {what}; nothing was left half-written", FAILED
        )
    reason = error.strerror or str(error)
    message = f"{where}: {reason}" if where else reason
    if isinstance(error, FileNotFoundError):
        return Complaint(kind, f"no such file: {where}" if where else reason, BAD_DATA)
    if isinstance(error, PermissionError):
        return Complaint(kind, f"not permitted: {message}", USAGE)
    is_place = isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError)
    return Complaint(kind, message, USAGE if is_place else FAILED)
