"""Files that killed writers left half done."""

from __future__ import annotations

import contextlib
import glob
from pathlib import Path


def clear_leftovers(folder: Path, start: str) -> None:
    """Delete the temporary files of what was to be named ``start...`` (see ``files.replacing``)."""
    for path in folder.glob(f".{glob.escape(start)}*.part"):
        with contextlib.suppress(OSError):
            path.unlink()
