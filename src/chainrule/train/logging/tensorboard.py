"""A log for TensorBoard."""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...engine import tree
from ...extras import require
from ...files import write_whole
from ..callbacks import Callback
from ..checkpoints.packing import leaf_names
from ..leftovers import clear_leftovers
from ..run import Run
from .event_file import NAME, event, new_path, our_files, read_events, record
from .tables import epoch_rows

_BINS = 30
_STEP = "step/"  # tags that begin so count steps, all others epochs


class TensorBoard(Callback):
    """A callback of ``fit`` that writes event files: ``tensorboard --logdir folder`` shows them.

    Needs ``pip install 'chainrule[logging]'``. A new run replaces the events that an earlier one
    wrote in this folder, a resumed one goes on with them.

    Parameters
    ----------
    folder
        One for each run.
    steps
        Also the loss and the learning rate of each step (written at the end of its epoch).
    histograms
        Every so many epochs, how the numbers in each parameter are distributed; 0: never.
    """

    def __init__(self, folder: str | Path, *, steps: bool = False, histograms: int = 0) -> None:
        self.folder = Path(folder)
        self._wants_steps, self._histograms = steps, histograms
        self._path = self.folder
        self._start = 0.0
        self._epochs = self._steps = 0  # that are written
        self._is_failing = False

    def on_begin(self, run: Run) -> None:
        """Begin a file: in a resumed run, with its past, and the histograms that it left."""
        self._epochs = self._steps = 0
        self._start = time.time() - run.seconds
        old = our_files(self.folder)
        kept = [record(found.SerializeToString()) for found in _histograms(old, run)]
        self._path = new_path(self.folder)
        write_whole(event(file_version="brain.Event:2") + b"".join(kept), self._path)
        for path in old:
            path.unlink()
        clear_leftovers(self.folder, NAME.partition("{")[0])
        self._write(run)

    def on_epoch(self, run: Run) -> None:
        """Add what is new."""
        self._write(run)
        if self._histograms and len(run.epoch_losses) % self._histograms == 0:
            self._append(self._distributions(run))

    def _write(self, run: Run) -> None:
        """Numbers of epochs, and of steps, that are not written yet."""
        events: list[bytes] = []
        start = self._steps
        for row in epoch_rows(run, self._epochs):
            epoch, stop = row.pop("epoch"), row.pop("step")
            at = self._start + row.pop("seconds")
            if self._wants_steps:
                events += _of_steps(run, range(start, stop), at)
                start = stop
            events += [_scalar(name, value, epoch, at) for name, value in row.items()]
        if self._append(events):
            self._epochs, self._steps = len(run.epoch_losses), start

    def _distributions(self, run: Run) -> list[bytes]:
        make = require("tensorboardX.summary", "logging").histogram
        leaves, structure = tree.flatten(run.params)
        epoch = len(run.epoch_losses)
        named = zip(leaf_names(structure, "parameters"), leaves, strict=True)
        return [event(epoch, summary=make(name, np.ravel(x), _BINS)) for name, x in named]

    def _append(self, events: list[bytes]) -> bool:
        """Whether they are written; a full disk is a warning, and leaves the file as it was."""
        size = self._path.stat().st_size
        try:
            with self._path.open("ab") as file:
                file.write(b"".join(events))
        except OSError as error:
            with contextlib.suppress(OSError):
                os.truncate(self._path, size)
            if not self._is_failing:
                warnings.warn(f"{self._path} cannot be written to: {error}", stacklevel=2)
            self._is_failing = True
            return False
        self._is_failing = False
        return True


def _histograms(files: list[Path], run: Run) -> Iterator[Any]:
    """The events with histograms of the epochs that the run has behind it."""
    epochs = len(run.epoch_losses)
    for path in files if epochs else ():
        for found in read_events(path):
            values = found.summary.value
            if found.step <= epochs and values and values[0].HasField("histo"):
                yield found


def _of_steps(run: Run, steps: range, at: float) -> Iterator[bytes]:
    """The events of these steps."""
    for step in steps:
        yield _scalar(f"{_STEP}loss", run.losses[step], step + 1, at)
        if run.rates:
            yield _scalar(f"{_STEP}learning_rate", run.rates[step], step + 1, at)


def _scalar(name: str, value: Any, step: int, at: float) -> bytes:
    make = require("tensorboardX.summary", "logging").scalar
    return event(step, at, summary=make(name, float(value)))
