"""``chainrule demo``: run the experiments, show their checks, write the report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import terminal
from .errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from ..demo import Finished

EXAMPLES = """
[bold]Examples:[/]
  chainrule demo                            all five, and report/index.html
  chainrule demo line signs                 two of them
  chainrule demo --output pages/demo.html   the report elsewhere
  chainrule demo --picture five.png         one picture of all five as well
"""


def demo(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Which of line, logistic, signs, curve, molecules; all if none is named.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="The report: an .html file, or a folder for index.html."
        ),
    ] = Path("report"),
    picture: Annotated[
        Path | None,
        typer.Option(help="Also one picture of all five: .png, .svg, .pdf.", show_default=False),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not look for data on the network.")
    ] = False,
) -> dict[str, Any]:
    """Train five networks on the engine, check them against known answers, write a report."""
    from .. import demo as room

    room.require_packages()
    chosen = _chosen(names, room.EXPERIMENTS)
    if picture is not None:
        _check_picture(picture, is_complete=len(chosen) == len(room.EXPERIMENTS))
    path = output if output.suffix in (".html", ".htm") else output / "index.html"
    try:
        finished = _run(chosen, offline, path, picture)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("no report was written") from None
    except OSError as error:
        raise UsageError(f"cannot write: {error}") from None
    return {
        "ok": all(each.passed for each in finished),
        "report": path.resolve(),
        "picture": picture.resolve() if picture else None,
        "experiments": [_document(each) for each in finished],
    }


def _document(each: Finished) -> dict[str, Any]:
    checks = [
        {"what": check.what, "result": check.result, "passed": check.passed}
        for check in each.outcome.checks
    ]
    return {"title": each.module.TITLE, "seconds": each.seconds, "checks": checks}


def _check_picture(path: Path, is_complete: bool) -> None:
    if not is_complete:
        raise UsageError("--picture shows all five experiments: name none of them")
    if path.suffix not in (".png", ".svg", ".pdf"):
        found = path.suffix or "in nothing"
        raise UsageError(f"--picture ends in .png, .svg or .pdf, not {found}")


def _chosen(names: list[str] | None, known: tuple[str, ...]) -> list[str]:
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise UsageError(f"no experiment {', '.join(unknown)}; there are {', '.join(known)}")
    return [name for name in known if not names or name in names]


def _run(chosen: list[str], offline: bool, path: Path, picture: Path | None) -> list[Finished]:
    from rich.text import Text

    from ..demo.report import write_picture, write_report

    console = terminal.results()
    start = time.perf_counter()
    if console.is_terminal:
        finished = _with_bars(console, chosen, offline)
    else:
        finished = _plainly(console, chosen, offline)
    for each in finished:
        if each.outcome.note:
            console.print()
            console.print(Text(each.outcome.note, style="yellow"))
    _show_checks(console, finished)
    with console.status("drawing the report"):
        write_report(finished, time.perf_counter() - start, path)
        if picture is not None:
            write_picture(finished, picture)
    seconds = time.perf_counter() - start
    _show_end(console, finished, seconds)
    console.print(f"Report: {path.resolve()}", soft_wrap=True)
    if picture is not None:
        console.print(f"Picture: {picture.resolve()}", soft_wrap=True)
    return finished


def _settings(name: str, offline: bool) -> dict[str, bool]:
    return {"download": not offline} if name == "molecules" else {}


def _with_bars(console: Console, chosen: list[str], offline: bool) -> list[Finished]:
    """Run with a progress bar for each experiment and one for all."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from ..demo import EXPERIMENTS, load, run_experiment

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=18),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[doing]}"),
    )
    finished = []
    with Progress(*columns, console=console) as progress:
        bars = {}
        for name in chosen:
            title = f"{EXPERIMENTS.index(name) + 1} {load(name).TITLE}"
            bars[name] = progress.add_task(title, total=1.0, start=False, doing="")
        overall = progress.add_task("[bold]All", total=len(chosen), doing="")
        for index, name in enumerate(chosen):
            bar = bars[name]
            progress.start_task(bar)

            def tell(share: float, doing: str, bar: int = bar, index: int = index) -> None:
                progress.update(bar, completed=share, doing="" if share == 1 else doing)
                progress.update(overall, completed=index + share)

            finished.append(run_experiment(name, tell, **_settings(name, offline)))
            progress.stop_task(bar)
    return finished


def _plainly(console: Console, chosen: list[str], offline: bool) -> list[Finished]:
    """Run, with a line for each experiment that has ended."""
    from ..demo import run_experiment

    finished = []
    for name in chosen:
        each = run_experiment(name, **_settings(name, offline))
        good = sum(check.passed for check in each.outcome.checks)
        total = len(each.outcome.checks)
        title = f"{each.number} {each.module.TITLE}"
        console.print(f"{title:<28} {good} of {total} checks passed  {each.seconds:5.1f} s")
        finished.append(each)
    return finished


def _show_checks(console: Console, finished: list[Finished]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("", style="dim")
    table.add_column("what", no_wrap=True)
    table.add_column("result", justify="right")
    table.add_column("reference")
    table.add_column("")
    for each in finished:
        for index, check in enumerate(each.outcome.checks):
            mark = "[green]pass[/green]" if check.passed else "[bold red]FAIL[/bold red]"
            number = str(each.number) if index == 0 else ""
            table.add_row(number, check.what, check.result, check.reference, mark)
        table.add_section()
    console.print(table)


def _show_end(console: Console, finished: list[Finished], seconds: float) -> None:
    checks = [check for each in finished for check in each.outcome.checks]
    failed = sum(not check.passed for check in checks)
    if failed:
        verdict = f"[bold red]{failed} of {len(checks)} checks failed[/bold red]"
    else:
        verdict = f"[green]All {len(checks)} checks passed[/green]"
    console.print(f"{verdict} in {seconds:.0f} s.")
