"""How the model was judged: metrics with intervals against the baselines, and the pictures."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import numpy as np

from ..tabular.curves import calibration, confusion, precision_recall, roc
from ..tabular.evaluation import METHODS, Metric
from ..tabular.outcome import Outcome, fold_means
from .charts import BLUE, COLOURS, INK, MUTED, VERMILION, Mark, chart, figure, number, strip
from .html import Raw, Section, decimals, details, paragraph, percent, plural, shortened, table

MOST_CURVES = 6
MOST_CLASSES = 12
ROOMY = 4  # classes whose confusion matrix has shares as well
MOST_DOTS = 1500
UNIT = (0.0, 1.0)
DIAGONAL = Mark("line", UNIT, UNIT, MUTED, dashed=True, size=1.3)


def judged(outcome: Outcome) -> Section:
    """The table of metrics, cross-validation, and pictures of the test part."""
    rows = plural(outcome.evaluation.rows, "row")
    content = paragraph(
        f"All numbers are of the {rows} of the test part. The interval says where the value would "
        "lie, in 95 of 100 cases, for other rows drawn like these; the network stays the same."
    )
    metrics = [metric for metric in outcome.evaluation.metrics if not _is_detail(outcome, metric)]
    content += _metrics(outcome, metrics)
    rest = [metric for metric in outcome.evaluation.metrics if metric not in metrics]
    if rest:
        content += details(
            "By class" if outcome.schema.classes else "By column", _metrics(outcome, rest)
        )
    content += _methods(outcome) + _folds(outcome)
    pictures = "".join(_pictures(outcome))
    return Section("test", "How good it is", f'{content}<div class="grid">{pictures}</div>')


def _is_detail(outcome: Outcome, metric: Metric) -> bool:
    return bool(metric.of) and len(outcome.model.outputs) > 3


# -- tables --------------------------------------------------------------------------------------


def _metrics(outcome: Outcome, metrics: list[Metric]) -> str:
    names = list(outcome.baselines)
    head = ["", "network", "95 % interval", "", *reversed(names)]
    rows = []
    for metric in metrics:
        others = [outcome.baselines[name][metric.name].value for name in reversed(names)]
        ends = f"{decimals(metric.low)} – {decimals(metric.high)}"
        arrow = "↑" if metric.is_higher_better else "↓"
        of = f" of {shortened(metric.of, 30)}" if metric.of else ""
        title = f'{escape(metric.title + of)} <span class="muted">{arrow}</span>'
        rows.append(
            [
                Raw(title),
                Raw(f'<span class="best">{decimals(metric.value)}</span>'),
                ends if metric.has_interval else None,
                Raw(strip(metric.value, metric.low, metric.high, others, _span(metric, others))),
                *[decimals(value) for value in others],
            ]
        )
    return table(head, rows, numbers=(1, 2, *range(4, len(head))), kind="metrics")


def _span(metric: Metric, others: list[float]) -> tuple[float, float]:
    values = np.array([metric.value, metric.low, metric.high, *others])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else UNIT
    room = (high - low) * 0.1 or abs(low) * 0.1 or 1.0
    return low - room, high + room


def _methods(outcome: Outcome) -> str:
    used = dict.fromkeys(m.method for m in outcome.evaluation.metrics if m.has_interval)
    of = {
        method: ", ".join(
            dict.fromkeys(
                metric.title for metric in outcome.evaluation.metrics if metric.method == method
            )
        )
        for method in used
    }
    rows = [(of[method], METHODS[method]) for method in used]
    told = table(["metric", "its interval"], rows)
    drawn = f"Resamples: {outcome.evaluation.resamples:,}. In the little pictures, the dot is the "
    drawn += "network, the thick line its interval, the upright lines are the baselines."
    return details("How the intervals are made", told + paragraph(drawn))


def _folds(outcome: Outcome) -> str:
    if not outcome.folds:
        return ""
    known = {metric.name: metric for metric in outcome.evaluation.metrics}
    means = fold_means(outcome.folds)
    rows = [
        (
            known[name].title + (f" of {known[name].of}" if known[name].of else ""),
            f"{decimals(mean)} ± {decimals(spread)}",
            decimals(known[name].value),
        )
        for name, (mean, spread) in means.items()
    ]
    count = plural(len(outcome.folds), "fold")
    return (
        f"<h3>Cross-validation: {count}</h3>"
        + paragraph(
            "Each fold of the rows outside the test part was judged by a network trained on the "
            "others: mean and standard deviation over the folds, which show how much depends on "
            "the rows drawn."
        )
        + table(["", "folds", "test part"], rows, numbers=(1, 2))
    )


# -- pictures ------------------------------------------------------------------------------------


def _pictures(outcome: Outcome) -> Iterator[str]:
    return _BY_TASK[outcome.schema.task](outcome)


def _of_binary(outcome: Outcome) -> Iterator[str]:
    truth, p = outcome.truth, outcome.outputs[:, 1]
    name = shortened(outcome.schema.classes[1], 24)
    yield _confusion(outcome)
    if has_both := 0 < truth.sum() < len(truth):
        yield _roc(outcome, [(name, truth, p)])
        yield _precision(outcome, [(name, truth, p)])
    yield _calibration(truth, p, f"predicted probability of {name}", f"share of {name}")
    yield _histogram(outcome)
    if has_both:
        yield _thresholds(truth, p, name)


def _of_classes(outcome: Outcome) -> Iterator[str]:
    yield _confusion(outcome)
    curves = _curves(outcome)
    yield _roc(outcome, curves)
    yield _precision(outcome, curves)
    sure, hit = outcome.outputs.max(axis=1), outcome.outputs.argmax(axis=1) == outcome.truth
    yield _calibration(hit, sure, "probability of the predicted class", "share predicted right")
    yield _sureness(hit, sure)


def _of_labels(outcome: Outcome) -> Iterator[str]:
    curves = _curves(outcome)
    yield _roc(outcome, curves)
    yield _precision(outcome, curves)
    yield _calibration(
        outcome.truth, outcome.outputs, "predicted probability of a label", "share that has it"
    )


def _of_values(outcome: Outcome) -> Iterator[str]:
    targets = outcome.schema.targets
    truth = outcome.truth.reshape(len(outcome.truth), -1).astype(float)
    guess = outcome.outputs.reshape(len(outcome.outputs), -1).astype(float)
    for at, name in enumerate(targets[:4]):
        kept = _some(len(truth))
        y, value = truth[kept, at], guess[kept, at]
        end = f" of {shortened(name, 24)}" if len(targets) > 1 else ""
        yield _scatter(y, value, end, len(truth))
        yield _residuals(y, value, end)
        yield _errors(truth[:, at], guess[:, at], end)


_BY_TASK = {
    "binary": _of_binary,
    "multiclass": _of_classes,
    "multilabel": _of_labels,
    "regression": _of_values,
}


def _curves(outcome: Outcome) -> list[tuple[str, Any, Any]]:
    """Of the commonest classes or labels: name, whether a row is of it, and its probability."""
    names = outcome.model.outputs
    truth = outcome.truth
    labels = truth if truth.ndim == 2 else truth[:, None] == np.arange(len(names))
    counts = labels.sum(axis=0)
    common = np.argsort(-counts, kind="stable")[:MOST_CURVES]
    both = [at for at in sorted(common) if 0 < counts[at] < len(labels)]
    return [(shortened(names[at], 24), labels[:, at], outcome.outputs[:, at]) for at in both]


def _roc(outcome: Outcome, curves: list[tuple[str, Any, Any]]) -> str:
    marks = [DIAGONAL]
    for colour, (name, label, p) in zip(COLOURS, curves, strict=False):
        marks.append(Mark("steps", *roc(label, p), colour, name))
    area = outcome.evaluation["auc"].value
    return chart(
        "ROC curve",
        marks,
        x="share of the others called so",
        y="share of the class found",
        xlim=UNIT,
        ylim=UNIT,
        note=f"Area {decimals(area)}; dashed: guessing.{_left_out(outcome, curves)}",
    )


def _precision(outcome: Outcome, curves: list[tuple[str, Any, Any]]) -> str:
    marks = []
    for colour, (name, label, p) in zip(COLOURS, curves, strict=False):
        marks.append(Mark("steps", *precision_recall(label, p), colour, name))
        share = float(np.mean(label))
        marks.append(Mark("line", UNIT, (share, share), colour, dashed=True, size=1))
    score = outcome.evaluation["average_precision"].value
    note = f"Average precision {decimals(score)}; dashed: the share of the class in all rows."
    return chart(
        "Precision and recall",
        marks,
        x="recall: share of the class found",
        y="precision",
        xlim=UNIT,
        ylim=(0.0, 1.02),
        note=note + _left_out(outcome, curves),
    )


def _left_out(outcome: Outcome, curves: list[tuple[str, Any, Any]]) -> str:
    count = 1 if outcome.schema.task == "binary" else len(outcome.model.outputs)
    return f" The {len(curves)} commonest of {count}." if len(curves) < count else ""


def _calibration(label: Any, p: Any, x: str, y: str) -> str:
    rows = calibration(np.asarray(label, float), p)
    at = [row["p"] for row in rows]
    marks = [
        DIAGONAL,
        Mark("whiskers", at, [row["high"] for row in rows], BLUE, low=[row["low"] for row in rows]),
        Mark("line", at, [row["share"] for row in rows], BLUE, size=1.2),
        Mark("dots", at, [row["share"] for row in rows], BLUE, "share, with its interval", size=4),
    ]
    note = "On the dashed line, of rows given 70 %, 70 % are so. Each dot is a tenth of the scale."
    return chart("Calibration", marks, x=x, y=y, xlim=UNIT, ylim=UNIT, note=note)


def _histogram(outcome: Outcome) -> str:
    edges = np.linspace(0, 1, 21)
    marks = []
    for at, colour in enumerate((BLUE, VERMILION)):
        counts, _ = np.histogram(outcome.outputs[outcome.truth == at, 1], edges)
        name = shortened(outcome.schema.classes[at], 24)
        marks.append(Mark("bars", edges, counts, colour, f"rows that are {name}"))
    most = max(float(np.max(mark.y)) for mark in marks)
    name = shortened(outcome.schema.classes[1], 24)
    return chart(
        "How the classes are told apart",
        marks,
        x=f"predicted probability of {name}",
        y="rows",
        xlim=UNIT,
        ylim=(0.0, most * 1.05),
        note="Above one half a row is called so; what lies on the wrong side is an error.",
    )


def _thresholds(truth: Any, p: Any, name: str) -> str:
    at = np.linspace(0, 1, 101)
    found = [float((p[truth == 1] > each).mean()) for each in at]
    spared = [float((p[truth == 0] <= each).mean()) for each in at]
    marks = [
        Mark("line", at, found, VERMILION, "sensitivity"),
        Mark("line", at, spared, BLUE, "specificity"),
        Mark("line", (0.5, 0.5), UNIT, MUTED, dashed=True, size=1.3),
    ]
    note = (
        f"Called {name} above the threshold (dashed: one half): the share of {name} that is found, "
        "and the share of the others that is spared."
    )
    return chart(
        "If the threshold were another",
        marks,
        x="threshold",
        y="share",
        xlim=UNIT,
        ylim=(0.0, 1.02),
        note=note,
    )


def _sureness(hit: Any, sure: Any) -> str:
    edges = np.linspace(0, 1, 21)
    right, _ = np.histogram(sure[hit], edges)
    wrong, _ = np.histogram(sure[~hit], edges)
    marks = [
        Mark("bars", edges, right, BLUE, "right"),
        Mark("bars", edges, wrong, VERMILION, "wrong"),
    ]
    most = max(float(right.max()), float(wrong.max()))
    return chart(
        "How sure it is",
        marks,
        x="probability of the predicted class",
        y="rows",
        xlim=UNIT,
        ylim=(0.0, most * 1.05),
    )


def _confusion(outcome: Outcome) -> str:
    names = outcome.schema.classes
    counts = confusion(outcome.truth, outcome.outputs.argmax(axis=1), len(names))
    if len(names) > MOST_CLASSES:
        return _common_errors(counts, names)
    is_small = len(names) <= ROOMY
    head = "".join(f"<th>{escape(shortened(name, 14))}</th>" for name in names)
    rows = []
    for name, row in zip(names, counts, strict=True):
        whole = max(int(row.sum()), 1)
        cells = "".join(_cell(int(count), count / whole, is_small) for count in row)
        rows.append(f'<tr><th scope="row">{escape(shortened(name, 14))}</th>{cells}</tr>')
    roomy = " roomy" if is_small else ""
    content = (
        f'<div class="scroll"><table class="matrix{roomy}"><thead><tr><th class="muted">truth ↓<br>'
        f"answer →</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
    note = "Rows of the test part; the colour is the share of the row."
    return figure("Confusion matrix", content, note, "" if is_small else "wide")


def _cell(count: int, share: float, with_share: bool) -> str:
    dark = ' class="dark"' if share > 0.6 else ""
    small = f"<small>{percent(share, 0)}</small>" if with_share else ""
    shown = f"{count:,}" if count or with_share else "·"
    return f'<td{dark} style="--share:{85 * share:.0f}%">{shown}{small}</td>'


def _common_errors(counts: np.ndarray, names: tuple[str, ...]) -> str:
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong.ravel(), kind="stable")[:10]
    rows = [
        (shortened(names[i], 24), shortened(names[j], 24), f"{wrong[i, j]:,}")
        for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True)
        if wrong[i, j]
    ]
    return figure("The commonest errors", table(["truth", "answer", "rows"], rows, numbers=(2,)))


def _scatter(y: Any, value: Any, end: str, rows: int) -> str:
    ends = float(min(y.min(), value.min())), float(max(y.max(), value.max()))
    marks = [
        Mark("line", ends, ends, MUTED, dashed=True, size=1.3),
        Mark("dots", y, value, BLUE, size=2.4 if len(y) > 300 else 3.2),
    ]
    note = "On the dashed line, prediction and truth agree."
    if len(y) < rows:
        note += f" {len(y):,} of {rows:,} rows are drawn."
    return chart(f"Prediction and truth{end}", marks, x="truth", y="prediction", note=note)


def _residuals(y: Any, value: Any, end: str) -> str:
    ends = float(value.min()), float(value.max())
    marks = [
        Mark("line", ends, (0.0, 0.0), MUTED, dashed=True, size=1.3),
        Mark("dots", value, value - y, VERMILION, size=2.4 if len(y) > 300 else 3.2),
    ]
    note = "A pattern here (a bow, a funnel) is something that the network has not learned."
    return chart(f"Residuals{end}", marks, x="prediction", y="prediction − truth", note=note)


def _errors(y: Any, value: Any, end: str) -> str:
    counts, edges = np.histogram(value - y, bins=24)
    marks = [Mark("bars", edges, counts, INK)]
    middle = f"Half of the errors are below {number(float(np.median(np.abs(value - y))), 3)}."
    top = (0.0, float(counts.max()) * 1.05)
    ends = float(edges[0]), float(edges[-1])
    x = "prediction − truth"
    return chart(f"Errors{end}", marks, x=x, y="rows", xlim=ends, ylim=top, note=middle)


def _some(rows: int) -> np.ndarray:
    """Evenly chosen rows, where there are too many to draw."""
    return np.unique(np.linspace(0, rows - 1, min(rows, MOST_DOTS)).round().astype(int))
