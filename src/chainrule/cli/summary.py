"""What a run found, on one screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import terminal
from .running import command
from .spelling import as_typed

if TYPE_CHECKING:
    from ..tabular import Outcome
    from ..tabular.evaluation import Evaluation

MOST_FINDINGS = 8
MOST_COLUMNS = 6
BAR = 20  # signs


def show(outcome: Outcome) -> None:
    """Data, findings, metrics, columns that matter, and what to do next."""
    from ..tabular.folder import MODEL, REPORT

    terminal.show(terminal.pairs(_facts(outcome)))
    show_findings(outcome.findings)
    metrics = metrics_table(outcome.evaluation, outcome.baselines, outcome.folds)
    terminal.show(None, metrics, importance_table(outcome.importance[:MOST_COLUMNS]), None)
    folder = Path(outcome.settings.output or ".")
    terminal.say(f"Report   {folder / REPORT}")
    terminal.say(f"Model    {folder / MODEL}")
    terminal.remark(f"Next     {command('predict', folder, 'NEW.csv')}", style="dim")


def _facts(outcome: Outcome) -> dict[str, Any]:
    schema, rows = outcome.schema, outcome.record["rows"]
    kinds = [column.kind for column in schema.columns]
    told = [_counted(kinds.count(kind), *names) for kind, names in _KINDS.items() if kind in kinds]
    network = outcome.model.learned.network
    weights = sum(each.size for each in network.parameters())
    history = outcome.history
    best = "" if history.best_epoch is None else f", the best {history.best_epoch + 1}"
    sizes = [network.width, *outcome.model.learned.recipe.hidden, network.outputs]
    return {
        "Target": ", ".join(schema.targets) + f": {task_of(schema)}",
        "Columns": ", ".join(told),
        "Rows": ", ".join(f"{rows[name]:,} {use}" for name, use in _PARTS.items() if rows[name]),
        "Network": f"{' → '.join(map(str, sizes))}, {weights:,} numbers",
        "Training": f"{history.epochs} epochs{best}",
    }


_PARTS = {"train": "to learn from", "validation": "to stop by", "test": "to test"}
_KINDS = {
    "number": ("number", "numbers"),
    "category": ("category", "categories"),
    "boolean": ("yes or no", "yes or no"),
    "date": ("date", "dates"),
    "ignore": ("left out", "left out"),
}


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def task_of(schema: Any) -> str:
    """The task in words."""
    if schema.task == "binary":
        return f"{schema.classes[0]} or {schema.classes[1]}"
    if schema.task == "multiclass":
        return f"one of {len(schema.classes)} classes"
    several = len(schema.targets) > 1
    return "labels" if schema.task == "multilabel" else "values" if several else "a value"


def show_findings(findings: Any) -> None:
    """What was noticed in the data, and what to do."""
    texts = []
    for finding in list(findings)[:MOST_FINDINGS]:
        advice = f"; {as_typed(finding.advice)}" if finding.advice else ""
        place = f"{finding.column}: " if finding.column else ""
        texts.append(f"{place}{finding.message}{advice}")
    if texts:
        terminal.show(None, terminal.bullets(texts, "!"))
    if len(findings) > MOST_FINDINGS:
        terminal.say(f"  and {len(findings) - MOST_FINDINGS} more; the report has them all")


_SHORT = {  # where the title is long for a table of 80 columns
    "auc": "ROC AUC",
    "average_precision": "avg. precision",
    "balanced_accuracy": "bal. accuracy",
    "subset_accuracy": "all labels right",
    "ece": "calibration",
    "f1_macro": "mean F1",
    "r2": "R²",
    "rmse": "RMSE",
    "mae": "MAE",
}


def metrics_table(evaluation: Evaluation, baselines: Any = None, folds: Any = ()) -> Any:
    """Metrics with intervals, beside those of folds and of simpler models."""
    from ..tabular.outcome import fold_means

    baselines = baselines or {}
    means = fold_means(folds) if folds else {}
    several = [f"{len(folds)} folds"] if folds else []
    others = [name.replace(" ", "\n", 1) for name in baselines]
    names = [f"{evaluation.rows:,} rows", "", "95 %", *several, *others]
    table = terminal.table(*names, right=tuple(range(1, len(names))))
    for metric in evaluation.metrics:
        if metric.of and evaluation.task != "regression":
            continue  # of each class: the report has them
        interval = f"{number(metric.low)} to {number(metric.high)}" if metric.has_interval else ""
        others = [number(each[metric.name].value) for each in baselines.values()]
        if means:
            others.insert(0, " ± ".join(map(number, means.get(metric.name, ()))))
        title = _SHORT.get(metric.name.partition(":")[0], metric.title)
        title = f"{title} of {metric.of}" if metric.of else title
        table.add_row(
            terminal.literal(title), f"[bold]{number(metric.value)}[/]", interval, *others
        )
    return table


def importance_table(rows: Any) -> Any:
    """Columns by what the score loses without them."""
    table = terminal.table("column", "importance", "", right=(1,))
    largest = max((mean for _, mean, _ in rows), default=0.0)
    for name, mean, deviation in rows:
        length = round(BAR * mean / largest) if largest > 0 and mean > 0 else 0
        table.add_row(
            terminal.literal(name), f"{mean:.4f} ± {deviation:.4f}", f"[cyan]{'█' * length}[/]"
        )
    return table


def show_search(found: dict[str, Any], most: int = 5) -> None:
    """The best trials, and what they changed."""
    done = [trial for trial in found["trials"] if trial["value"] is not None]
    is_less = found["value"] == min(trial["value"] for trial in done)
    done.sort(key=lambda trial: trial["value"], reverse=not is_less)
    states = [trial["state"] for trial in found["trials"]]
    pruned = f", {states.count('pruned')} pruned" if "pruned" in states else ""
    table = terminal.table("trial", found["metric"], "recipe", right=(0, 1))
    for trial in done[:most]:
        told = ", ".join(f"{name} {_short(value)}" for name, value in trial["changes"].items())
        name = "the usual" if trial["number"] == 0 else str(trial["number"] + 1)
        table.add_row(name, number(trial["value"]), told)
    terminal.show(f"{len(states)} trials{pruned}; the best:", table, None)


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "-".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def number(value: float) -> str:
    """Three or four digits, without exponent where that is short.

    >>> [number(value) for value in (0.91234, 12345.678, 0.00001234, 3.0, float("nan"))]
    ['0.912', '12,346', '1.23e-05', '3.000', '—']
    """
    if value != value:
        return "—"
    if value == 0 or 1e-3 <= abs(value) < 10:
        return f"{value:.3f}"
    if 1e-4 <= abs(value) < 1e-3:
        return f"{value:.4f}"
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.3g}"


def cell(value: Any) -> str:
    """A value of a table: whole numbers whole, years without a comma.

    >>> [cell(value) for value in (3.0, 2007, 12345.0, 0.125, "cod", None)]
    ['3', '2007', '12,345', '0.125', 'cod', '—']
    """
    if value is None:
        return "—"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if value == value and abs(value) < 1e9 and value == round(value):
        return f"{value:.0f}" if abs(value) < 10_000 else f"{value:,.0f}"
    return number(value)
