"""A folder of checkpoints: written whole, the last ones and the best kept, damaged ones skipped."""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..leftovers import clear_leftovers
from .errors import CheckpointError, CheckpointWarning
from .packing import pack, unpack

FORMAT = 1
_START, _END = "step-", ".safetensors"
_LARGEST = 2**40  # bytes: our own files may be large


@dataclass(frozen=True)
class Checkpoints:
    """Where and how often ``fit(..., checkpoints=...)`` saves all that a run needs to go on.

    Parameters
    ----------
    folder
        Where the files are: ``step-0000000640.safetensors`` after 640 steps. One run, one folder.
    every_seconds
        How long after a checkpoint the next is due; longer where saving would take more than a
        twentieth of the time. None: time does not matter.
    every_epochs
        A checkpoint after each so many epochs. None: epochs do not matter.
    keep
        How many of the newest stay; the best one (lowest validation loss, or what early stopping
        watches, at the end of an epoch) stays as well.

    There is always one at the end. Each is one safetensors file, which holds no code, is on the
    disk before it takes its name, and has a checksum.

    >>> Checkpoints("runs/first", every_epochs=10)
    Checkpoints(folder='runs/first', every_seconds=30.0, every_epochs=10, keep=3)
    """

    folder: str | Path
    every_seconds: float | None = 30.0
    every_epochs: int | None = None
    keep: int = 3

    def __post_init__(self) -> None:
        if not isinstance(self.folder, str | Path):
            raise TypeError(f"Checkpoints: the folder is a path, not {self.folder!r}")
        if Path(self.folder).exists() and not Path(self.folder).is_dir():
            raise ValueError(f"Checkpoints: {self.folder} is a file; give the path of a folder")
        if self.keep < 1:
            raise ValueError(f"Checkpoints: keep is 1 or more, got {self.keep}")
        if self.every_epochs is not None and self.every_epochs < 1:
            raise ValueError(f"Checkpoints: every_epochs is 1 or more, got {self.every_epochs}")
        if self.every_seconds is not None and not self.every_seconds >= 0:
            raise ValueError(f"Checkpoints: every_seconds is 0 or more, got {self.every_seconds}")

    @property
    def files(self) -> list[Path]:
        """The checkpoints, the newest last."""
        return sorted(Path(self.folder).glob(f"{_START}*{_END}"), key=_step_of)

    @property
    def best(self) -> Path | None:
        """The best checkpoint, as far as the newest whole one knows."""
        found = self.newest()
        name = found[1]["best_checkpoint"]["file"] if found else None
        return None if name is None else Path(self.folder) / name

    def clear(self) -> None:
        """Delete the checkpoints."""
        for path in self.files:
            path.unlink()

    def newest(self) -> tuple[Path, dict[str, Any]] | None:
        """The newest checkpoint that is whole, as ``(path, state)``; None where there is none.

        Of each damaged one that is passed over, a ``CheckpointWarning`` tells.
        """
        files = self.files
        while files:
            path = files.pop()
            try:
                return path, load_checkpoint(path)
            except CheckpointError as error:
                then = "An earlier one is tried" if files else "There is no other: all begins anew"
                warnings.warn(f"{error}. {then}.", CheckpointWarning, stacklevel=6)
        return None

    def path_after(self, steps: int) -> Path:
        """The file of the checkpoint after so many steps."""
        return Path(self.folder) / f"{_START}{steps:010}{_END}"

    def tidy(self, newest: Path, best: str | None) -> None:
        """Delete all but the last ones up to the newest, and the best."""
        up_to = [path for path in self.files if _step_of(path) <= _step_of(newest)]
        kept = set(up_to[-self.keep :])
        for path in self.files:
            if path not in kept and path.name != best:
                with contextlib.suppress(OSError):
                    path.unlink()
        clear_leftovers(Path(self.folder), _START)

    def spare(self, best: str | None) -> bool:
        """Delete the oldest but the newest and the best, for room; whether there was one."""
        for path in self.files[:-1]:
            if path.name != best:
                path.unlink()
                return True
        return False


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write the state as one file, whole or not at all."""
    from ...export.tensors import save_tensors

    plain, arrays = pack(state)
    save_tensors(path, {"kind": "checkpoint", "format": FORMAT, "state": plain}, arrays)


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """The state in a checkpoint: dicts, lists, numbers and arrays; ``docs/checkpoints.md`` has all.

    Raises ``CheckpointError`` where the file is damaged or no checkpoint.
    """
    from ...export.errors import ModelFileError
    from ...export.tensors import load_tensors

    try:
        header, arrays = load_tensors(path, largest=_LARGEST)
    except ModelFileError as error:
        raise CheckpointError(str(error).rstrip(".")) from None
    if header.get("kind") != "checkpoint":
        raise CheckpointError(f"{path} is no checkpoint of a training run")
    if header.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} has format {header.get('format')}, and this chainrule reads {FORMAT}"
        )
    state: dict[str, Any] = unpack(header["state"], arrays)
    return state


def _step_of(path: Path) -> int:
    digits = path.name[len(_START) : -len(_END)]
    return int(digits) if digits.isdecimal() else -1
