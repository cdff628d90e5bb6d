"""A training run as the command line sees it: settings, folder, progress, what is found."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import options, terminal
from .errors import UsageError
from .export import ENDINGS
from .progress import Display

if TYPE_CHECKING:
    from ..tabular import Outcome, Settings

RUNS = "runs"
LOGS = {"csv": "log.csv", "jsonl": "log.jsonl", "tensorboard": "tensorboard", "mlflow": ""}
ROWS = [row for rows in options.PANELS.values() for row in rows]


def settings_of(
    data: list[str] | None, config: Path | None, given: Mapping[str, Any], **more: Any
) -> Settings:
    """The settings of a file with what the command line says, which wins."""
    from ..tabular import Settings

    changes = options.settings_of(given, ROWS) | more
    if data:
        changes["data"] = data[0] if len(data) == 1 else data
    if config is not None:
        return Settings.load(config, **changes)
    if not data:
        raise UsageError("which data? chainrule train DATA --target COLUMN, or --config FILE")
    if "target" not in changes:
        raise UsageError(
            "which column is to be predicted? --target NAME, or its place: --target -1 is the "
            f"last. {command('inspect', data[0])} shows the columns"
        )
    return Settings(**changes)


def command(*words: Any) -> str:
    """A command line to type."""
    return shlex.join(["chainrule", *map(str, words)])


def train(settings: Settings, force: bool = False, logs: Iterable[str] = ()) -> Outcome:
    """Begin a run; its folder is ``settings.output``, or a new one under ``runs``."""
    from ..tabular import train_table

    check_logs(logs)
    with _claimed(settings, force) as folder:
        chosen = settings.changed(output=str(folder))
        return _carry_out(partial(train_table, chosen), folder, logs)


def resume(folder: Path) -> Outcome:
    """Go on with a run, and with its logs."""
    from ..tabular import resume_table

    logs = [name for name, file in LOGS.items() if file and (folder / file).exists()]
    return _carry_out(partial(resume_table, folder), folder, logs)


def _carry_out(run: Callable[..., Outcome], folder: Path, logs: Iterable[str]) -> Outcome:
    from ..report import write

    told = shlex.join(["chainrule", *sys.argv[1:]])
    try:
        with Display() as display:
            return run(
                report=write,
                tell=display.stage,
                search_tell=display.look,
                callbacks=[display.epoch, *_loggers(folder, logs)],
                command=told,
            )
    except KeyboardInterrupt:
        hint = f"go on with {command('resume', folder)}" if _is_begun(folder) else ""
        raise KeyboardInterrupt(*([hint] if hint else [])) from None
    except Exception:
        if _is_begun(folder):
            terminal.remark(f"What was learned is kept: {command('resume', folder)}")
        raise


def check_logs(logs: Iterable[str]) -> None:
    """Before anything is done: whether such logs are known, and their libraries there."""
    from ..extras import require

    for name in logs:
        if name not in LOGS:
            raise UsageError(f"--log is one of {', '.join(LOGS)}, not {name!r}")
        if name == "tensorboard":
            require("tensorboardX", "logging")
        if name == "mlflow" and find_spec("mlflow") is None:
            raise UsageError("--log mlflow needs MLflow: pip install mlflow")


def _loggers(folder: Path, logs: Iterable[str]) -> list[Any]:
    from ..train import CSVLog, JSONLog, MLflow, TensorBoard

    kinds = {"csv": CSVLog, "jsonl": JSONLog, "tensorboard": TensorBoard}
    return [
        MLflow(run_name=folder.name) if name == "mlflow" else kinds[name](folder / LOGS[name])
        for name in dict.fromkeys(logs)
    ]


# -- the folder --------------------------------------------------------------------------------


@contextmanager
def _claimed(settings: Settings, force: bool) -> Iterator[Path]:
    """The run's folder, which is there; gone again if nothing came to be in it.

    A run that is to be replaced stands aside until the new one has begun.
    """
    aside = None
    if settings.output is None:
        folder = _new_folder(settings)
    else:
        folder = Path(settings.output)
        if force and folder.exists():
            aside = _stand_aside(folder)
        elif folder.is_dir() and any(folder.iterdir()):
            raise UsageError(
                f"{folder} is not empty: choose another --output, go on with the run in it "
                f"({command('resume', folder)}), or replace it with --force"
            )
        folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        if not any(folder.iterdir()):
            folder.rmdir()
        if aside is not None and folder.exists():
            shutil.rmtree(aside.parent)
        elif aside is not None:
            aside.rename(folder)
            aside.parent.rmdir()


def _new_folder(settings: Settings) -> Path:
    data = settings.data if isinstance(settings.data, str) else (settings.data or ["run"])[0]
    stem = re.sub(r"[^\w.-]+", "-", Path(data).name.partition(".")[0]).strip("-.") or "run"
    number = 1
    while True:
        folder = Path(RUNS, f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not folder.parent.is_dir():
                raise
            number += 1
        else:
            return folder


def _stand_aside(folder: Path) -> Path:
    """Rename a run's folder; refuse where it is anything else, or holds more."""
    from ..tabular.folder import CHECKPOINTS, HISTORY, METRICS, MODEL, REPORT, SETTINGS

    if not folder.is_dir():
        raise UsageError(f"{folder} is a file: choose another --output")
    names = {path.name for path in folder.iterdir()}
    if names and SETTINGS not in names:
        raise UsageError(f"{folder} is no folder of a run: --force replaces runs only")
    exports = {Path(MODEL).stem + ending for ending in ENDINGS.values()}
    own = {SETTINGS, MODEL, REPORT, HISTORY, METRICS, CHECKPOINTS, *LOGS.values(), *exports}
    if others := sorted(names - own):
        raise UsageError(
            f"{folder} holds more than a run ({', '.join(others[:4])}): move that elsewhere first"
        )
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent)) / "replaced"
    return folder.rename(aside)


def _is_begun(folder: Path) -> bool:
    from ..tabular.folder import SETTINGS

    return (folder / SETTINGS).exists()


# -- what was found ----------------------------------------------------------------------------


def document_of(outcome: Outcome) -> dict[str, Any]:
    """The outcome for machines."""
    from ..tabular.folder import MODEL, REPORT

    folder = Path(outcome.settings.output or ".")
    return {
        "folder": folder.resolve(),
        "model": (folder / MODEL).resolve(),
        "report": (folder / REPORT).resolve(),
        "task": outcome.schema.task,
        "targets": outcome.schema.targets,
        "classes": outcome.schema.classes,
        "recipe": outcome.model.learned.recipe.to_dict(),
        "metrics": outcome.metrics(),
        "findings": [vars(finding) for finding in outcome.findings],
        "importance": [
            {"column": name, "mean": mean, "deviation": deviation}
            for name, mean, deviation in outcome.importance
        ],
        "seconds": dict(outcome.seconds),
        "search": outcome.record.get("search"),
    }
