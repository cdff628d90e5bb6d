"""Checks of the data: what is in it, how it is scaled, and what it gives away."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine import tree
from .criterion import kind_of
from .layers import ancestors
from .pictures import bars
from .report import Check, Measured
from .subject import Subject, as_table, spread

# A column's root mean square: 1 when standardised, at most 3 for what is merely centred or counted
# in small numbers. The gradient of a weight grows with its input, so that at 10 its best learning
# rate is a hundredth (LeCun et al. 1998, "Efficient BackProp", section 4.3).
LARGE = 10.0
SMALL = 0.01
RANGES = 1e3  # of the widest column by the narrowest
SHARED = 0.01  # of the validation rows; fewer than 1 % hardly move its loss
EQUAL = 1e-6
SAMPLE = 2000  # rows, enough to see whether numbers repeat
# Of the pull on the output, the share of an average class: 10 % of it for two classes is a class
# of 5 % among 95 %.
RARE = 0.1
MANY = 50  # classes, of which some are rare by nature


def non_finite_data(subject: Subject) -> Measured | None:
    """NaN or infinity among inputs or targets."""
    counts: dict[str, float] = {}
    where = ""
    for name, part in (("x", subject.x), ("y", subject.y)):
        for leaf in tree.leaves(part):
            if leaf.dtype.kind == "f":
                bad = np.argwhere(~np.isfinite(leaf))
                counts[name] = counts.get(name, 0) + len(bad)
                if len(bad) and not where:
                    where = f"{name}[{', '.join(map(str, bad[0]))}]"
    total = sum(counts.values())
    if not total:
        return None
    text = f"{total:g} entries of the data are NaN or infinite, the first is {where} (bound: none)"

    def draw() -> Any:
        return bars("entries that are no numbers", counts, None, list(counts))

    return Measured(text, total, 0, draw, where)


def unscaled_inputs(subject: Subject) -> Measured | None:
    """Columns that reach the first layer too large, too small, or too unlike."""
    table = first_input(subject)
    if table is None:
        return None
    sizes = np.sqrt((table**2).mean(axis=0))
    widths = np.ptp(table, axis=0)
    used = np.flatnonzero(sizes > 0)
    if not len(used) or not np.isfinite(sizes).all():
        return None
    largest = int(sizes.argmax())
    moving = widths[widths > 0]
    contrast = float(moving.max() / moving.min()) if len(moving) else 1.0
    shortfall = SMALL / np.abs(table).max()
    rows = (
        (sizes[largest], LARGE, f"column {largest} has a root mean square of"),
        (shortfall, 1.0, f"no entry is above {SMALL:g}: {SMALL:g} by the largest is"),
        (contrast, RANGES, "the widest column's range by the narrowest's is"),
    )
    beyond = [row for row in rows if row[0] > row[1]]
    if not beyond:
        return None
    number, bound, text = beyond[0]
    order = sorted(used, key=lambda i: -sizes[i])
    shown = {f"column {i}": float(sizes[i]) for i in order}

    def draw() -> Any:
        bad = [f"column {i}" for i in order if sizes[i] > LARGE or sizes[i] < SMALL]
        return bars("root mean square of the columns (logarithmic)", shown, LARGE, bad, log=True)

    where = f"column {largest}" if number is rows[0][0] else "the inputs"
    return Measured(f"{text} {number:.3g} (bound {bound:g})", number, bound, draw, where)


def first_input(subject: Subject) -> Any:
    """What arrives at the first layer, as a matrix: the model may scale its inputs itself."""
    seen = subject.seen
    if subject.table is None or not seen.layers:
        return subject.table if seen.layers else None
    first = seen.layers[0]
    if first.input.dtype.kind != "f":  # an embedding's
        return None
    if subject.x.ndim != 2 or not ancestors(first.input) & set(seen.data):
        return None if subject.x.dtype.kind != "f" else subject.table[subject.probe]
    return as_table(np.asarray(seen.value(first.input)))


# -- splits ------------------------------------------------------------------------------------


def shared_rows(subject: Subject) -> Measured | None:
    """Rows of the validation part that are among the training rows as well."""
    if subject.validation is None or subject.table is None:
        return None
    other = as_table(subject.validation[0])
    if other is None or other.shape[1] != subject.table.shape[1]:
        return None
    train, valid = _rows(subject.table), _rows(other)
    known = set(train)
    count = sum(row in known for row in valid)
    share = count / len(valid)
    if count < 2:
        return None
    repeated = 0.0 if _is_continuous(subject.table) else 1 - len(known) / len(train)
    # Whole numbers repeat by themselves: then as many repetitions are to be expected here.
    bound = max(SHARED, 3 * repeated)
    if share <= bound:
        return None
    text = f"{count} of {len(valid)} validation rows ({share:.1%}) are training rows as well "

    def draw() -> Any:
        parts = {"also in training": float(count), "new": float(len(valid) - count)}
        return bars("validation rows", parts, None, ["also in training"])

    return Measured(f"{text}(bound {bound:.0%})", share, bound, draw, "the split")


def _rows(table: Any) -> list[bytes]:
    return [row.tobytes() for row in table + 0.0]  # + 0.0 makes one zero of -0 and 0


def _is_continuous(table: Any) -> bool:
    """Whether some column hardly repeats a value: then no row does by chance."""
    table = table[spread(len(table), SAMPLE)]
    distinct = len(np.unique(table, axis=0))
    return any(len(np.unique(column)) > max(20, distinct / 2) for column in table.T)


def leaking_column(subject: Subject) -> Measured | None:
    """A column that is the target."""
    table, target = subject.table, as_table(subject.y)
    if table is None or target is None or len(table) < 8:
        return None
    if subject.x.ndim != 2 or table.shape[1] < 2:  # a place in an image is no column
        return None
    if subject.labels is not None:
        target = subject.labels.reshape(-1, 1).astype(float)
    if target.shape[1] > 1:  # an autoencoder's target is its input
        return None
    likeness = _likeness(table, target)
    column = int(likeness.argmax())
    if likeness[column] < 1 - EQUAL:
        return None
    text = (
        f"column {column} and the target correlate with {likeness[column]:.7g} over {len(table)} "
        f"rows (bound 1 − {EQUAL:g})"
    )
    shown = {f"column {i}": float(likeness[i]) for i in np.argsort(-likeness)}

    def draw() -> Any:
        return bars("correlation with the target", shown, None, [f"column {column}"])

    return Measured(text, float(likeness[column]), 1 - EQUAL, draw, f"column {column}")


def _likeness(table: Any, target: Any) -> Any:
    """The largest |correlation| of each column with a column of the target."""
    a = (table - table.mean(axis=0)) / table.std(axis=0)
    b = (target - target.mean(axis=0)) / target.std(axis=0)
    found = np.abs(a.T @ b).max(axis=1) / len(table)
    return np.nan_to_num(found)


# -- targets -----------------------------------------------------------------------------------


def imbalance(subject: Subject) -> Measured | None:
    """A class that hardly pulls at the output, as it is weighed by the loss."""
    if subject.labels is None:
        return None
    pull = pull_of_classes(subject)
    classes = len(pull)
    rarest = min(pull, key=pull.__getitem__)
    bound = RARE / classes
    if not 2 <= classes <= MANY or pull[rarest] >= bound:
        return None
    count = int((subject.labels == rarest).sum())
    text = (
        f"class {rarest} ({count} of {subject.rows} examples) has {pull[rarest]:.2%} of the "
        f"gradient at the output (bound {bound:.2%})"
    )

    def draw() -> Any:
        shown = {f"class {label}": share for label, share in pull.items()}
        return bars("share of the gradient", shown, bound, [f"class {rarest}"], percent=True)

    return Measured(text, pull[rarest], bound, draw, f"class {rarest}")


def pull_of_classes(subject: Subject) -> dict[int, float]:
    """Of the loss's slope by the answers (all of them equal odds), the share of each class.

    Without weights, these are about the shares of the examples; with weights, what is left.
    """
    shares = {}
    labels = subject.labels
    for label in np.unique(labels)[: MANY + 1]:
        rows = np.flatnonzero(labels == label)
        one = rows[:1]
        shares[int(label)] = _slope(subject, one) * len(rows)
    total = sum(shares.values()) or 1.0
    return {label: share / total for label, share in shares.items()}


def _slope(subject: Subject, rows: Any) -> float:
    """How much one example's loss changes when its answer goes the right way."""
    # The example among others, so that a weighted mean does not divide by its weight alone.
    others = subject.batch(np.concatenate([rows, subject.probe]))
    judge = subject.criterion.judge(*others)
    shape = (len(rows) + len(subject.probe), *subject.prediction.shape[1:])
    level = {"probability": 0.5, "probabilities": 1 / shape[-1]}.get(subject.kind or "", 0.0)
    before = np.full(shape, level, np.float64)
    after = before.copy()
    label = int(np.ravel(subject.labels[rows])[0])
    if subject.kind in ("logit", "probability"):
        after[0] += 0.1 if label else -0.1
    else:
        after[0, label] += 0.1
    slope = abs(judge(before) - judge(after))
    return slope if np.isfinite(slope) else 1.0


def target_coding(subject: Subject) -> Measured | None:
    """Targets that the loss was not made for."""
    y = subject.y
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "fiub":
        return None
    classes = subject.prediction.shape[1] if subject.prediction.ndim > 1 else 1
    low, high = float(y.min()), float(y.max())
    if y.dtype.kind in "iu" and subject.prediction.ndim == y.ndim + 1 and classes > 1:
        if low >= 0 and high < classes and (low == 0 or high + 1 < classes):
            return None
        wanted, bound = f"0 to {classes - 1}", classes - 1
        change = "Number the classes from 0: y - y.min(), or np.unique(y, return_inverse=True)[1]."
    elif _wants_zero_to_one(subject) and not 0 <= low <= high <= 1:
        wanted, bound = "0 to 1", 1
        change = "Give 0 and 1 for the two classes: (y + 1) / 2 for -1 and 1."
    else:
        return None
    text = f"targets go from {low:g} to {high:g}, the loss wants {wanted}"
    number = high if high > bound else low
    labels, counts = np.unique(y, return_counts=True)
    shown = {f"{v:g}": float(n) for v, n in zip(labels[:24], counts, strict=False)}

    def draw() -> Any:
        return bars("targets", shown)

    return Measured(text, number, bound, draw, "the targets", change)


def _wants_zero_to_one(subject: Subject) -> bool:
    """Whether the loss is a cross entropy of two classes, asked with targets that it can have."""
    x, _, weight = subject.batch(subject.probe)
    answers = subject.prediction
    if answers.shape != subject.targets.shape:
        return False
    pattern = (np.arange(answers.size) % 2).reshape(answers.shape).astype(answers.dtype)
    judge = subject.criterion.judge(x, pattern, weight)
    return kind_of(judge, answers, pattern) in ("logit", "probability")


CHECKS = [
    Check(
        "non-finite-data",
        "The data holds entries that are no numbers",
        non_finite_data,
        "an entry is NaN or infinite",
        "One NaN in a batch makes the loss NaN, and after the next step every weight. Infinity "
        "does the same as soon as it is subtracted or multiplied by 0.",
        "Fill in or leave out these rows before training: np.isfinite(x).all(axis=1) tells which "
        "are sound.",
        "error",
    ),
    Check(
        "target-coding",
        "The targets are not as the loss wants them",
        target_coding,
        "labels outside of 0 to C − 1 or never 0; outside of [0, 1] for two classes",
        "The loss takes targets for class numbers or probabilities. With others it has a minimum "
        "elsewhere, or none.",
        "Recode the targets.",
        "error",
    ),
    Check(
        "unscaled-inputs",
        "The inputs are not scaled",
        unscaled_inputs,
        f"a column's root mean square above {LARGE:g}, all entries below {SMALL:g}, or ranges "
        f"{RANGES:g} times apart",
        "The gradient of a weight is as large as its input. With columns of such sizes no learning "
        "rate suits all weights, and the first layer starts saturated.",
        "Standardise each column by the training part's mean and spread: train.Scaler, or "
        "train.standardize.",
    ),
    Check(
        "shared-rows",
        "Validation rows are training rows",
        shared_rows,
        f"more than {SHARED:.0%} of the validation rows (and two or more) are in both parts",
        "The network can know these answers by heart, so that the validation loss is too good. It "
        "no longer tells how new examples will fare.",
        "Remove duplicates before splitting, split before oversampling, keep all rows of one "
        "subject in one part.",
    ),
    Check(
        "leaking-column",
        "A column is the target",
        leaking_column,
        f"correlation with the target above 1 − {EQUAL:g}, or below its negative",
        "The network will copy this column and learn nothing else. Where the target is not known "
        "yet, the column will not be there either.",
        "Leave the column out.",
    ),
    Check(
        "imbalance",
        "A rare class hardly counts",
        imbalance,
        f"a class has less than {RARE:g}/C of the gradient at the output",
        "The loss is nearly as low when the rare class is never answered. Training finds that "
        "first, and accuracy looks good with it.",
        "Weigh the classes (fit(weights=...), weights 1/count), oversample the rare one, or use "
        "nn.FocalLoss; judge by recall or ROC instead of accuracy.",
        unless=("target-coding",),
    ),
]
