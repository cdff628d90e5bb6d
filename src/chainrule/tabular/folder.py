"""The run folder: settings, checkpoints, and at the end the model, metrics, history and report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..files import write_whole
from .outcome import Outcome
from .settings import Settings

SETTINGS, MODEL, REPORT = "settings.toml", "model.chainrule", "report.html"
HISTORY, METRICS, CHECKPOINTS = "history.csv", "metrics.json", "checkpoints"
DATA = "data.json"  # in the folder of the checkpoints: what the run began with


class RunFolderError(ValueError):
    """A folder that cannot be used for this run; the message says what to do."""


class Folder:
    """A run folder. ``None`` as path: nothing is kept."""

    def __init__(self, path: str | Path | None) -> None:
        self.path = None if path is None else Path(path)

    @property
    def is_finished(self) -> bool:
        """Whether a run has ended well here: its metrics are written last."""
        return self.path is not None and (self.path / METRICS).exists()

    def open(self, settings: Settings, data: list[dict[str, Any]], resume: bool) -> None:
        """Begin, or go on: refuse a folder with other content, other settings or other data."""
        path = self.path
        if path is None:
            return
        if path.exists() and not path.is_dir():
            raise RunFolderError(f"{path} is a file: choose another folder for the run")
        known = path / CHECKPOINTS / DATA
        if resume and known.exists():
            self._compare(settings, data, json.loads(known.read_text(encoding="utf-8")))
            return
        if path.exists() and any(path.iterdir()) and not resume:
            raise RunFolderError(self._occupied())
        settings.save(path / SETTINGS)
        write_whole(json.dumps(data, indent=2) + "\n", known)

    def _occupied(self) -> str:
        if self.is_finished:
            return f"{self.path} holds a finished run: choose another folder, or remove it"
        if (self.path / SETTINGS).exists():  # type: ignore[operator]  # opened with a path only
            return f"{self.path} holds an unfinished run: resume it, or remove it"
        return f"{self.path} is not empty, and is no run folder: choose another"

    def _compare(
        self, settings: Settings, data: list[dict[str, Any]], known: list[dict[str, Any]]
    ) -> None:
        if [each["sha256"] for each in data] != [each["sha256"] for each in known]:
            names = ", ".join(each["file"] for each in known)
            raise RunFolderError(
                f"{self.path}: the data ({names}) is not what the run began with: put it back, or "
                "begin a new run"
            )
        began = Settings.load(self.path / SETTINGS)  # type: ignore[operator]
        if began.changed(output=None) != settings.changed(output=None):
            raise RunFolderError(
                f"{self.path}: these settings differ from {SETTINGS} of the run: resume it as it "
                "began, or begin a new run"
            )

    def checkpoints(self, name: str) -> Path | None:
        """The folder of the checkpoints of a part of the run."""
        return None if self.path is None else self.path / CHECKPOINTS / name

    def finish(self, outcome: Outcome, report: Callable[[Outcome, Path], Any] | None) -> None:
        """Write what was found, each file whole; the metrics last."""
        if self.path is None:
            return
        outcome.model.save(self.path / MODEL)
        write_whole(outcome.history_csv(), self.path / HISTORY)
        if report is not None:
            report(outcome, self.path / REPORT)
        write_whole(outcome.metrics_json(), self.path / METRICS)
