"""Checks of a training: does it know too much of the training part, or too little of anything?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .pictures import bars, curves
from .report import Check, Measured
from .subject import Subject, as_table, labels_of, spread

# Of the expected loss (that of knowing nothing), which is the unit of what there is to know. The
# healthy trained networks of the tests have a gap of at most 0.05; those that know by heart, of 0.9
# or more.
GAP = 0.3
RISE = 1.15  # of the validation loss, over its least
NEIGHBOURS = 5
MOST = 400  # examples that neighbours are looked for among
WORSE = 2.0  # errors of the network by those of the neighbours
MARGIN = 0.1  # errors in a hundred examples, or of the variance
FEW = 3  # epochs before which nothing is said


def overfitting(subject: Subject) -> Measured | None:
    """A validation loss far above the training loss, or rising while the other falls."""
    curve = _validation_curve(subject)
    expected = subject.expected[0]
    if len(curve) > FEW:
        train, valid = _training_curve(subject), float(curve[-1])
        now, least = float(train[-1]), float(curve.min())
    elif subject.validation is not None and subject.history is not None:
        train = np.array([])
        now, valid = _loss_of(subject, subject.x, subject.y), _loss_of(subject, *subject.validation)
        least = valid
    else:
        return None
    if not (math.isfinite(valid) and math.isfinite(now) and expected > 0):
        return None
    gap = (valid - now) / expected
    rises = valid > RISE * least and gap > GAP / 2
    if gap <= GAP and not rises:
        return None
    turn = int(curve.argmin()) if len(curve) else 0
    text = (
        f"the validation loss is {valid:.3g}, the training loss {now:.3g}: {gap:.2f} of the "
        f"expected {expected:.3g} between them (bound {GAP})"
    )
    if rises:
        text += f"; it was {least:.3g} after epoch {turn} (bound {RISE:g} times the least)"

    def draw() -> Any:
        if not len(curve):
            return bars("loss", {"training": now, "validation": valid}, None, ["validation"])
        lines = {"training": train, "validation": curve}
        return curves("loss", lines, mark=turn, foot="epoch; broken line: the least")

    return Measured(text, gap, GAP, draw, "the training so far")


def _validation_curve(subject: Subject) -> Any:
    return np.asarray(getattr(subject.history, "validation_losses", []), float)


def _training_curve(subject: Subject) -> Any:
    losses = getattr(subject.history, "epoch_losses", [])
    return np.asarray(losses if len(losses) else subject.history.losses, float)


def _loss_of(subject: Subject, x: Any, y: Any) -> float:
    return subject.criterion.judge(x, y)(subject.predictions(x))


def underfitting(subject: Subject) -> Measured | None:
    """After training, more errors than five neighbours make."""
    if subject.history is None or len(_training_curve(subject)) < FEW:
        return None
    labels = subject.labels
    kind = subject.kind
    table = as_table(subject.x)
    if table is None or (labels is None and kind != "number"):
        return None
    rows = spread(subject.rows, MOST)
    target = labels[rows] if labels is not None else subject.y[rows].reshape(len(rows), -1)
    x = subject.batch(rows)[0]
    own = _errors(_answers(subject.predictions(x), kind), target)
    theirs = _errors(neighbours(table[rows], target, labels is not None), target)
    if own <= max(WORSE * theirs, theirs + MARGIN):
        return None
    unit = "of the examples wrong" if labels is not None else "of the variance left"
    text = (
        f"{own:.0%} {unit} after training, with {NEIGHBOURS} nearest neighbours {theirs:.0%} "
        f"(bound {WORSE:g} times as much, and {MARGIN:.0%} more)"
    )

    def draw() -> Any:
        parts = {"this network": own, f"{NEIGHBOURS} neighbours": theirs}
        return bars("errors", parts, None, ["this network"], percent=True)

    return Measured(text, own, max(WORSE * theirs, theirs + MARGIN), draw, "the whole model")


def neighbours(table: Any, target: Any, for_classes: bool) -> Any:
    """What the five nearest other examples say (Fix and Hodges 1951), columns standardised.

    >>> x = np.arange(12.0).reshape(-1, 1)
    >>> neighbours(x, (x[:, 0] > 5).astype(int), True)
    array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    """
    scaled = (table - table.mean(axis=0)) / (table.std(axis=0) + 1e-12)
    squares = (scaled**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * scaled @ scaled.T
    np.fill_diagonal(distance, np.inf)
    near = np.argsort(distance, axis=1, kind="stable")[:, :NEIGHBOURS]
    if not for_classes:
        return target[near].mean(axis=1)
    classes = np.unique(target)
    votes = (target[near][:, :, None] == classes).sum(axis=1)
    return classes[votes.argmax(axis=1)]


def _answers(prediction: Any, kind: str | None) -> Any:
    if kind == "number":
        return prediction.reshape(len(prediction), -1)
    if kind in ("logit", "probability"):
        return (np.ravel(prediction) > (0.5 if kind == "probability" else 0)).astype(int)
    return labels_of(prediction, kind)


def _errors(answer: Any, target: Any) -> float:
    """The share of wrong labels; of numbers, the squared error by the variance."""
    if target.dtype.kind in "iu":
        return float(np.mean(answer != target))
    spread_of_target = float(((target - target.mean(axis=0)) ** 2).mean())
    return float(((answer - target) ** 2).mean()) / (spread_of_target or 1.0)


_CAUSES = (
    "non-finite-loss",
    "target-shape",
    "double-softmax",
    "unscaled-inputs",
    "output-range",
    "dead-relu",
    "learning-rate-too-high",
    "learning-rate-too-low",
)

CHECKS = [
    Check(
        "overfitting",
        "The network knows the training examples by heart",
        overfitting,
        f"validation minus training loss above {GAP:g} of the expected loss, or {RISE:g} times its "
        "least",
        "What it learned of the training examples does not hold for others: it has begun to learn "
        "their noise. From there on more training makes it worse.",
        "Stop early (fit(early_stopping=10)), more data, fewer units, dropout or weight decay.",
        unless=("learning-rate-too-high", "non-finite-loss"),
    ),
    Check(
        "underfitting",
        "The network has not learned what the data shows",
        underfitting,
        f"more than {WORSE:g} times the errors of {NEIGHBOURS} nearest neighbours, and "
        f"{MARGIN:.0%} more",
        "Looking at similar examples alone gives better answers, so there is more to be learned. "
        "The network is too small or too straight for it, or was not trained enough.",
        "A hidden layer or more units, more epochs, a higher learning rate, less regularisation.",
        unless=_CAUSES,
    ),
]
