"""What the report says first: the verdict in sentences, and the numbers that matter."""

from __future__ import annotations

from html import escape
from pathlib import PurePath

import numpy as np

from ..tabular.evaluation import Evaluation, Metric
from ..tabular.outcome import Outcome
from .charts import number
from .html import decimals, percent, plural, shortened

LINEAR = "linear model"
# The metrics that are shown large, by task.
LARGE = {
    "binary": ("accuracy", "auc", "balanced_accuracy", "log_loss"),
    "multiclass": ("accuracy", "balanced_accuracy", "auc", "log_loss"),
    "multilabel": ("accuracy", "subset_accuracy", "auc", "f1_macro"),
    "regression": ("r2", "rmse", "mae"),
}
FEW = 50  # rows to judge by


def header(outcome: Outcome) -> str:
    """The title, what it is about, the verdict and the tiles."""
    target = ", ".join(outcome.schema.targets)
    first, second = verdict(outcome), doubts(outcome)
    return "\n".join(
        [
            f"<h1>Predicting {escape(target)}</h1>",
            f'<p class="about">{escape(_about(outcome))}</p>',
            f'<p class="verdict">{escape(first)}</p>',
            *[f'<p class="verdict second">{escape(doubt)}</p>' for doubt in second],
            f'<div class="tiles">{"".join(_tile(metric) for metric in large(outcome))}</div>',
        ]
    )


def footer(outcome: Outcome) -> str:
    """Who made the page, and when."""
    versions = outcome.record["versions"]
    began = outcome.record["began"].replace("T", " ").replace("Z", " UTC")
    return f"Made by Chainrule {versions['chainrule']} from a run that began {began}."


def large(outcome: Outcome) -> list[Metric]:
    """The metrics for tiles."""
    known = {metric.name: metric for metric in outcome.evaluation.metrics}
    found = [known[name] for name in LARGE[outcome.schema.task] if name in known]
    if len(outcome.schema.targets) > 1 and outcome.schema.task == "regression":
        found += [metric for metric in outcome.evaluation.metrics if metric.name[:3] == "r2:"]
    return found[:6]


def verdict(outcome: Outcome) -> str:
    """How good the predictions are, against what one would say without a network."""
    rows = outcome.evaluation.rows
    usual_name, usual = next(iter(outcome.baselines.items()))
    linear = outcome.baselines[LINEAR]
    seen = f"{plural(rows, 'row')} that had no part in training"
    if outcome.schema.task == "regression":
        return _of_values(outcome, seen, usual, linear)
    right, simple = outcome.evaluation["accuracy"], linear["accuracy"].value
    if outcome.schema.task == "multilabel":
        usual_name = "the commoner value of each label"
        what = f"of all labels of {seen}, {percent(right.value)} are predicted right"
    else:
        usual_name = f"“{_majority(outcome)}”"
        what = f"of {seen}, {percent(right.value)} are classified right"
    sentence = what[0].upper() + what[1:] + _between(right)
    always = percent(usual["accuracy"].value)
    return (
        f"{sentence}. Always saying {usual_name} would be right for {always}, "
        f"a linear model for {percent(simple)}."
    )


def _of_values(outcome: Outcome, seen: str, usual: Evaluation, linear: Evaluation) -> str:
    targets = outcome.schema.targets
    if len(targets) > 1:
        score = outcome.evaluation["r2"]
        simple = linear["r2"].value
        return (
            f"For {seen}, the network accounts for {percent(score.value)} of the variance of the "
            f"{len(targets)} outputs on average{_between(score)}; a linear model for "
            f"{percent(simple)}."
        )
    error, score = outcome.evaluation["mae"], outcome.evaluation["r2"]
    ends = f" (95 % confidence: {number(error.low, 3)} to {number(error.high, 3)})"
    return (
        f"For {seen}, the predicted {targets[0]} is off by {number(error.value, 3)} on average"
        f"{ends if error.has_interval else ''}; always saying the mean would be off by "
        f"{number(usual['mae'].value, 3)}, a linear model by {number(linear['mae'].value, 3)}. "
        f"The network accounts for {percent(score.value)} of the variance."
    )


def doubts(outcome: Outcome) -> list[str]:
    """What a careful reader should know about these numbers."""
    found = []
    name = "r2" if outcome.schema.task == "regression" else "accuracy"
    metric, simple = outcome.evaluation[name], outcome.baselines[LINEAR][name].value
    if metric.value <= simple:
        found.append(
            f"A linear model does {'better' if metric.value < simple else 'as well'} on these "
            "rows: they do not show that the hidden layers help."
        )
    elif metric.has_interval and metric.low <= simple:
        found.append(
            "What the network gains over a linear model is within the uncertainty of this test."
        )
    absent = _absent(outcome)
    if absent:
        found.append(f"The test part has no row of {absent}: nothing is known about it.")
    if outcome.evaluation.rows < FEW:
        found.append(
            f"Only {plural(outcome.evaluation.rows, 'row')} judge the model, so all intervals are "
            "wide; cross-validation (folds) would use more."
        )
    return found


def _absent(outcome: Outcome) -> str:
    """The classes that no row of the test part has."""
    classes = outcome.schema.classes
    counts = np.bincount(outcome.truth, minlength=len(classes)) if classes else []
    names = [shortened(name, 24) for name, count in zip(classes, counts, strict=True) if not count]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _about(outcome: Outcome) -> str:
    files = [PurePath(each["file"]).name for each in outcome.record["data"]]
    shown = files[0] if len(files) == 1 else f"{files[0]} and {plural(len(files) - 1, 'more file')}"
    rows = sum(outcome.record["rows"].values())
    used = len(outcome.schema.used)
    return f"{shown} · {plural(rows, 'row')} · {plural(used, 'column')} · {task_of(outcome)}"


def task_of(outcome: Outcome) -> str:
    """The task in words."""
    schema = outcome.schema
    if schema.task == "binary":
        return f"two classes: {schema.classes[0]}, {schema.classes[1]}"
    if schema.task == "multiclass":
        return f"{len(schema.classes)} classes"
    if schema.task == "multilabel":
        return f"{len(schema.targets)} labels"
    return "a value" if len(schema.targets) == 1 else f"{len(schema.targets)} values"


def _majority(outcome: Outcome) -> str:
    counts = outcome.columns[0]
    return counts.values[0] if counts.values else outcome.schema.classes[0]


def _between(metric: Metric) -> str:
    if not metric.has_interval:
        return ""
    return f" (95 % confidence: {percent(metric.low)} to {percent(metric.high)})"


def _tile(metric: Metric) -> str:
    of = f" of {metric.of}" if metric.of else ""
    ends = f"{decimals(metric.low)} – {decimals(metric.high)}" if metric.has_interval else ""
    return (
        f'<div class="tile"><small>{escape(metric.title + of)}</small>'
        f"<b>{decimals(metric.value)}</b><small>{ends}</small></div>"
    )
