"""Which columns matter, and why some rows are predicted as they are."""

from __future__ import annotations

import numpy as np

from ..tabular.explaining import HEADLINE
from ..tabular.model import Explanation
from ..tabular.outcome import Outcome
from .charts import figure, number
from .html import Section, bars, chance, decimals, paragraph, shortened

MOST = 15
MOST_PARTS = 10
SIDES = ("var(--blue)", "var(--vermilion)")
SCORES = {"auc": "area under the ROC curve", "accuracy": "accuracy", "r2": "R²"}


def reasons(outcome: Outcome) -> Section:
    """Importance of the raw columns, and predictions taken apart."""
    score = SCORES[HEADLINE[outcome.schema.task]]
    content = paragraph(
        f"How much the {score} of the test part falls when the values of a column are dealt out "
        "anew among the rows: mean and deviation of five times. A column that another one can "
        "stand in for looks unimportant; importance is not cause."
    )
    shown = [each for each in outcome.importance[:MOST] if np.isfinite(each[1])]
    rows = [
        (shortened(name, 30), mean, spread, f"{_plain(mean)} ± {_plain(spread)}")
        for name, mean, spread in shown
    ]
    title = "Importance of the columns"
    if len(outcome.importance) > MOST:
        title += f": {MOST} of {len(outcome.importance)}"
    pictures = [figure(title, bars(rows, SIDES))]
    pictures += [_explained(outcome, each) for each in outcome.explanations]
    content += f'<div class="grid">{"".join(pictures)}</div>'
    return Section("reasons", "What it goes by", content)


def _explained(outcome: Outcome, explanation: Explanation) -> str:
    shown, rest = explanation.parts[:MOST_PARTS], explanation.parts[MOST_PARTS:]
    rows = [
        (f"{shortened(name, 22)} = {_value(value)}", amount, 0.0, _signed(amount))
        for name, value, amount in shown
    ]
    if rest:
        amount = sum(part[2] for part in rest)
        rows.append((f"{len(rest)} others", amount, 0.0, _signed(amount)))
    row = int(outcome.parts.test[explanation.row]) + 1
    what = _what(outcome, explanation)
    note = (
        f"From {_number(outcome, explanation.start)}, what the network says of the mean training "
        f"row, to {_number(outcome, explanation.value)}: integrated gradients, by column."
    )
    return figure(f"Row {row:,}: {what}", bars(rows, SIDES, "short"), note)


def _what(outcome: Outcome, explanation: Explanation) -> str:
    value = _number(outcome, explanation.value)
    name = shortened(explanation.output, 24)
    if outcome.schema.task == "regression":
        truth = outcome.truth.reshape(len(outcome.truth), -1)[explanation.row]
        place = outcome.model.outputs.index(explanation.output)
        return f"{name} {value}, in truth {number(float(truth[place]))}"
    if outcome.schema.task == "multilabel":
        return f"{name}, probability {value}"
    truth_name = shortened(outcome.schema.classes[outcome.truth[explanation.row]], 24)
    is_right = explanation.output == outcome.schema.classes[outcome.truth[explanation.row]]
    return f"{name}, probability {value}" + (", right" if is_right else f", in truth {truth_name}")


def _number(outcome: Outcome, value: float) -> str:
    return number(value) if outcome.schema.task == "regression" else chance(value)


def _plain(value: float) -> str:
    """Three decimals, and no sign of a zero."""
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "−")


def _signed(value: float) -> str:
    text = decimals(value)
    return f"+{text}" if value > 0 else text


def _value(value: object) -> str:
    if value is None:
        return "missing"
    return number(value) if isinstance(value, float) else shortened(value, 16)
