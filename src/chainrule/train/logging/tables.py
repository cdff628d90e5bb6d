"""Logs that are tables: a row an epoch, as CSV or as lines of JSON."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...files import write_whole
from ..callbacks import Callback
from ..leftovers import clear_leftovers
from ..run import Run

Row = dict[str, Any]


def epoch_rows(run: Run, start: int = 0) -> Iterator[Row]:
    """What a run has noted of its epochs from this one on: a dict for each.

    ``epoch`` and ``step`` are how many there were at the end of the epoch; then come ``loss``,
    ``validation_loss``, the metrics by name, ``learning_rate`` and ``seconds``, where there are
    any.
    """
    for epoch in range(start, len(run.epoch_losses)):
        step, seconds = run.after(epoch)
        row: Row = {"epoch": epoch + 1, "step": step, "loss": run.epoch_losses[epoch]}
        if run.validation_losses:
            row["validation_loss"] = run.validation_losses[epoch]
        for name, values in run.metric_lists.items():
            row[f"metric {name}" if name in row else name] = values[epoch]
        if run.rates:
            row["learning_rate"] = float(run.rates[step - 1])
        row["seconds"] = round(seconds, 3)
        yield row


class _Table(Callback):
    """A file with a line an epoch, there as soon as the epoch is over.

    When a run begins, the file is written anew from what the run knows of its past.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._rows = 0
        self._is_whole = True

    def on_begin(self, run: Run) -> None:
        """Start a file, or go on with that of the run that is resumed."""
        self._rewrite(run)

    def on_epoch(self, run: Run) -> None:
        """Add what is new; a full disk is a warning, and is made up for later."""
        try:
            if self._is_whole:
                self._append(run)
            else:
                self._rewrite(run)
        except OSError as error:
            if self._is_whole:
                warnings.warn(f"{self.path} cannot be written to: {error}", stacklevel=2)
            self._is_whole = False

    def on_end(self, run: Run) -> None:
        """Make up for what could not be written."""
        if not self._is_whole:
            self.on_epoch(run)

    def _append(self, run: Run) -> None:
        rows = list(epoch_rows(run, self._rows))
        head = "" if self._rows else self._head(rows)
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(head + "".join(map(self._line, rows)))
        self._rows += len(rows)

    def _rewrite(self, run: Run) -> None:
        rows = list(epoch_rows(run))
        clear_leftovers(self.path.parent, self.path.name)
        write_whole(self._head(rows) + "".join(map(self._line, rows)), self.path)
        self._rows, self._is_whole = len(rows), True

    def _head(self, rows: list[Row]) -> str:
        return ""

    def _line(self, row: Row) -> str:
        raise NotImplementedError


class CSVLog(_Table):
    """A callback of ``fit`` that writes a CSV file: names first, then a row an epoch.

    Floats are written so that they come back to the bit. A new run replaces the file, a resumed
    one goes on with it.

    >>> import chainrule as cr, numpy as np, tempfile
    >>> x = np.ones((4, 1))
    >>> net = cr.nn.Linear(1, 1)
    >>> optimizer = cr.optim.SGD(net.parameters(), lr=0.1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     log = CSVLog(f"{folder}/log.csv")
    ...     history = cr.train.fit(net, cr.nn.MSELoss(), optimizer, (x, x), callbacks=log)
    ...     print(log.path.read_text().splitlines()[0])
    epoch,step,loss,learning_rate,seconds
    """

    def _head(self, rows: list[Row]) -> str:
        return ",".join(map(_quoted, rows[0])) + "\n" if rows else ""

    def _line(self, row: Row) -> str:
        return ",".join([repr(value) for value in row.values()]) + "\n"


class JSONLog(_Table):
    """A callback of ``fit`` that writes JSON lines: an object for each epoch.

    What is NaN or infinite is ``null``, for JSON has no other word. A new run replaces the file, a
    resumed one goes on with it.
    """

    def _line(self, row: Row) -> str:
        plain = {name: value if math.isfinite(value) else None for name, value in row.items()}
        return json.dumps(plain) + "\n"


def _quoted(name: str) -> str:
    is_plain = not any(mark in name for mark in ',"\n\r')
    return name if is_plain else '"' + name.replace('"', '""') + '"'
