"""When a run saves a checkpoint, and what happens when that fails."""

from __future__ import annotations

import errno
import math
import os
import time
import warnings
from pathlib import Path
from typing import Any

from ...export.errors import ModelFileError
from .errors import CheckpointError, CheckpointWarning
from .folder import Checkpoints, save_checkpoint
from .settings import differences, surroundings

SHARE = 1 / 20  # of the time that saving may take
_GOES_ON = " The training goes on."
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Keeper:
    """The checkpoints of one run.

    ``settings`` are what must be the same for a run to go on; ``sign`` is 1 where a lower value is
    better, -1 where a higher one is.
    """

    def __init__(self, rule: Checkpoints, settings: dict[str, Any], sign: int = 1) -> None:
        self.rule = rule
        self._about = {"settings": settings, "made_with": surroundings()}
        self._sign = sign
        self._best: dict[str, Any] = {"file": None, "value": math.inf}
        self._last_good: Path | None = None
        self._error: Exception | None = None  # of the newest attempt
        self._wait = math.inf if rule.every_seconds is None else rule.every_seconds
        self._next = time.monotonic() + self._wait
        self._next_best = self._next

    def find(self, resume: bool) -> dict[str, Any] | None:
        """The state to go on from; None where the run is new."""
        folder = Path(self.rule.folder)
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise CheckpointError(f"fit: nothing can be written to {folder}")
        if not resume and self.rule.files:
            raise CheckpointError(
                f"fit: {folder} has checkpoints of an earlier run: resume=True goes on with it; "
                "for a new one, give another folder or call Checkpoints(...).clear()"
            )
        found = self.rule.newest()
        if found is None:
            return None
        self._last_good, state = found
        self._compare(state)
        self._best = state["best_checkpoint"]
        return state

    def _compare(self, state: dict[str, Any]) -> None:
        """``CheckpointError`` where the settings differ, a warning where the surroundings do."""
        unlike = differences(state["settings"], self._about["settings"])
        if unlike:
            raise CheckpointError(
                f"fit: {self._last_good} is of a run with other settings, so this one cannot go on "
                "from it:\n  " + "\n  ".join(unlike)
            )
        unlike = differences(state["made_with"], self._about["made_with"])
        if unlike:
            text = f"fit: the last bits may differ, for {self._last_good} has {'; '.join(unlike)}"
            warnings.warn(text, CheckpointWarning, stacklevel=5)

    def is_due(self) -> bool:
        """Whether enough time has passed."""
        return time.monotonic() >= self._next

    def is_due_after(self, epochs: int, value: float | None) -> bool:
        """Whether a checkpoint is due at the end of an epoch, after so many, with this value."""
        every = self.rule.every_epochs
        if every is not None and epochs % every == 0:
            return True
        is_overdue = time.monotonic() >= self._next_best and self._is_best(value)
        return is_overdue or self.is_due()

    def limit(self, reach: int, epochs: int) -> int:
        """How many epochs may pass at once, after so many, so that no checkpoint is missed."""
        every = self.rule.every_epochs
        return reach if every is None else min(reach, every - epochs % every)

    def _is_best(self, value: float | None) -> bool:
        return value is not None and value * self._sign < self._best["value"]

    def save(self, state: dict[str, Any], steps: int, value: float | None) -> bool:
        """Write a checkpoint; a failure is a warning, and the run goes on.

        ``value`` is what is watched, at the end of an epoch. Returns whether it is written.
        """
        began = time.monotonic()
        path = self.rule.path_after(steps)
        best = self._best
        if value is not None and self._is_best(value):
            best = {"file": path.name, "value": value * self._sign}
        try:
            self._write(path, {**state, **self._about, "best_checkpoint": best})
        except (OSError, ModelFileError) as error:
            if self._error is None:
                self._warn(f"the checkpoint {path} could not be written ({error})", _GOES_ON)
            self._error = error
        else:
            self._last_good, self._best, self._error = path, best, None
            self.rule.tidy(path, best["file"])
        now = time.monotonic()
        self._next = now + max(self._wait, (now - began) / SHARE)
        if value is not None:
            self._next_best = self._next
        return self._error is None

    def close(self) -> None:
        """Say so where the end could not be saved."""
        if self._error is not None:
            self._warn(f"the end of the run could not be saved ({self._error})")

    def _write(self, path: Path, state: dict[str, Any]) -> None:
        """Write; where the disk is full, first delete the oldest that has a newer one beside it."""
        try:
            save_checkpoint(path, state)
        except OSError as error:
            if error.errno not in _FULL or not self.rule.spare(self._best["file"]):
                raise
            save_checkpoint(path, state)

    def _warn(self, what: str, then: str = "") -> None:
        last = f"the last checkpoint is {self._last_good}" if self._last_good else "there is none"
        warnings.warn(f"fit: {what}; {last}.{then}", CheckpointWarning, stacklevel=6)
