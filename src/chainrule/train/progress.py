"""A progress bar on a terminal; plain lines or silence elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any, Protocol

from .run import Run


class Progress(Protocol):
    """What ``fit`` tells of its progress."""

    def step(self, run: Run) -> None:
        """A step is done."""

    def epoch(self, run: Run) -> None:
        """An epoch is done."""

    def close(self) -> None:
        """The training has ended."""


def make_progress(wanted: bool | str, epochs: int) -> Progress | None:
    """A bar (True, on a terminal), lines (``"lines"``), or None."""
    if wanted == "lines":
        return Lines(epochs)
    if wanted not in (True, False):
        raise ValueError(f"fit: progress is True, False or 'lines', got {wanted!r}")
    return Bar(epochs) if wanted and sys.stderr.isatty() else None


def describe(run: Run) -> str:
    """Loss, validation loss and metrics in one line."""
    parts = [f"loss {run.loss:.4g}"]
    if run.validation_loss is not None:
        parts.append(f"validation {run.validation_loss:.4g}")
    parts += [f"{name} {value:.4g}" for name, value in run.metrics.items()]
    return "  ".join(parts)


class Lines:
    """About ten lines for the whole run."""

    def __init__(self, epochs: int) -> None:
        self._every = max(1, epochs // 10)

    def step(self, run: Run) -> None:
        """Nothing."""

    def epoch(self, run: Run) -> None:
        """A line now and then, and at the last epoch."""
        done = run.epoch + 1
        if done % self._every == 0 or done == run.epochs:
            print(f"epoch {done}/{run.epochs}  {describe(run)}")

    def close(self) -> None:
        """Nothing."""


class Bar:
    """A bar over epochs, redrawn at most ten times a second."""

    def __init__(self, epochs: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bar: Any = RichProgress(
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            auto_refresh=False,
        )
        self._task = self._bar.add_task("", total=epochs)
        self._bar.start()
        self._drawn = 0.0

    def step(self, run: Run) -> None:
        """Redraw if the last time is long ago."""
        now = time.monotonic()
        if now - self._drawn > 0.1:
            self._drawn = now
            steps = run.steps_per_epoch
            part = (run.step + 1) / steps if steps else run.epoch
            self._bar.update(self._task, completed=int(part), description=describe(run))
            self._bar.refresh()

    def epoch(self, run: Run) -> None:
        """Count; ``step`` draws."""
        self._bar.update(self._task, completed=run.epoch + 1, description=describe(run))

    def close(self) -> None:
        """Leave the last state on the screen."""
        self._bar.refresh()
        self._bar.stop()
