"""``chainrule resume``: go on with a run that was stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import running, terminal
from .errors import UsageError

EXAMPLES = """
[bold]Examples:[/]
  chainrule resume runs/molecules-1
  chainrule resume            the newest run that is not finished
"""


def resume(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="The run's folder; the newest unfinished one in ./runs if none is given.",
            metavar="[FOLDER]",
            show_default=False,
        ),
    ] = None,
) -> dict[str, Any]:
    """Go on with a run that was stopped, killed or switched off; the result is the same, bit for
    bit."""
    from .summary import show, show_search

    chosen = _newest() if folder is None else folder
    _check(chosen)
    outcome = running.resume(chosen)
    if "search" in outcome.record:
        show_search(outcome.record["search"])
    show(outcome)
    return running.document_of(outcome)


def _newest() -> Path:
    from ..tabular.folder import METRICS, SETTINGS

    begun = [path.parent for path in Path(running.RUNS).glob(f"*/{SETTINGS}")]
    unfinished = [path for path in begun if not (path / METRICS).exists()]
    if not unfinished:
        raise UsageError(f"no run in ./{running.RUNS} is unfinished")
    newest = max(unfinished, key=lambda path: (path / SETTINGS).stat().st_mtime)
    terminal.remark(f"Going on with {newest}")
    return newest


def _check(folder: Path) -> None:
    from ..tabular.folder import METRICS, SETTINGS

    if not folder.exists():
        raise UsageError(f"there is no folder {folder}")
    if not (folder / SETTINGS).exists():
        raise UsageError(f"{folder} is no folder of a run: it has no {SETTINGS}")
    if (folder / METRICS).exists():
        raise UsageError(f"the run in {folder} is finished: see its report.html")
