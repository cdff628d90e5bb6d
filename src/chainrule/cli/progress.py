"""Progress of a run: bars on a terminal, a line for each stage elsewhere; on stderr."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from . import terminal

if TYPE_CHECKING:
    from ..tabular.tuning import Look
    from ..train import Run


class Display:
    """A context in which stages, epochs and trials are told."""

    def __init__(self) -> None:
        self._bars: Any = None
        self._bar: Any = None
        self._name, self._doing, self._began = "", "", 0.0

    def __enter__(self) -> Display:
        if terminal.has_bars():
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._bars = Progress(
                TextColumn("{task.fields[mark]} {task.description:<20}"),
                BarColumn(bar_width=16),
                TimeElapsedColumn(),
                TextColumn("[dim]{task.fields[doing]}"),
                console=terminal.remarks(),
                refresh_per_second=10,
            )
            self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._close(is_good=error[0] is None)
        if self._bars is not None:
            self._bars.stop()

    def stage(self, name: str) -> None:
        """A stage begins, and the one before it has ended."""
        self._close()
        self._name, self._began = name, time.perf_counter()
        if self._bars is not None:
            self._bar = self._bars.add_task(name, total=None, doing="", mark=" ")

    def epoch(self, run: Run) -> None:
        """An epoch is over."""
        told = f"loss {run.epoch_losses[-1]:.4f}"
        if run.validation_loss is not None:
            told += f", validation {run.validation_loss:.4f}"
        self._show((run.epoch + 1) / run.epochs, told)

    def look(self, look: Look) -> None:
        """A search for a recipe is so far."""
        best = "" if look.best is None else f", best {look.best:.4f}"
        self._show((look.trial + look.share) / look.trials, f"trial {look.trial + 1}{best}")
        if look.last is not None and self._bars is None:
            value = "" if look.last.value is None else f" {look.last.value:.4f}"
            terminal.remark(f"trial {look.trial + 1} of {look.trials}: {look.last.state}{value}")

    def _show(self, share: float, doing: str) -> None:
        self._doing = doing
        if self._bars is not None:
            self._bars.update(self._bar, total=1.0, completed=share, doing=doing)

    def _close(self, is_good: bool = True) -> None:
        if not self._name:
            return
        seconds = time.perf_counter() - self._began
        if self._bars is not None:
            mark = "[green]✔[/]" if is_good else "[red]✘[/]"
            self._bars.update(self._bar, total=1.0, mark=mark)
            if is_good:
                self._bars.update(self._bar, completed=1.0)
            self._bars.stop_task(self._bar)
        elif is_good:
            doing = f"  {self._doing}" if self._doing else ""
            terminal.remark(f"{self._name:<20} {seconds:6.1f} s{doing}")
        self._name = self._doing = ""
