"""Checks of the loss: its first value, what it is given, and whether it is a number at all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.graph import Node
from .layers import last_activation
from .pictures import bars, histogram
from .report import Check, Measured
from .subject import Subject

# Of the first loss by the expected; the healthy networks of the tests begin at most at 1.5 for
# classes, at 1.9 for numbers, whose bound is wider because a target may vary less than the first
# answers do. (To check the first loss: Karpathy, "A recipe for training neural networks", 2019.)
TIMES = {"number": 10.0}
TIMES_CLASSES = 3.0
SUMS = 1e-3  # probabilities sum to 1 but for rounding


def loss_at_start(subject: Subject) -> Measured | None:
    """A first loss far above that of knowing nothing."""
    expected, name = subject.expected
    losses = subject.history.losses if subject.history is not None else []
    first = float(losses[0]) if len(losses) else subject.seen.loss
    bound = TIMES.get(subject.kind or "number", TIMES_CLASSES)
    if not (math.isfinite(first) and expected > 1e-12) or first <= bound * expected:
        return None
    text = (
        f"the loss is {first:.3g} at the start, {first / expected:.3g} times the expected "
        f"{expected:.3g} ({name}; bound {bound:g} times)"
    )

    def draw() -> Any:
        return bars(
            "loss at the start", {"measured": first, "expected": expected}, None, ["measured"]
        )

    return Measured(text, first / expected, bound, draw, "the output layer")


def non_finite_loss(subject: Subject) -> Measured | None:
    """NaN or infinity in the first loss."""
    seen = subject.seen
    if math.isfinite(seen.loss):
        return None
    node = first_bad(subject)
    made_by = node.primitive.name if node is not None and node.primitive is not None else "input"
    line = node.line.rpartition("/")[2] if node is not None else ""
    text = f"the loss of {len(subject.probe)} examples is {seen.loss}, which began in {made_by}"
    inputs = node.inputs if node is not None else ()
    operands = [np.ravel(np.asarray(seen.value(x), float)) for x in inputs]
    shown = np.concatenate([*operands, np.zeros(1)])

    def draw() -> Any:
        return histogram(f"what {made_by} was given", shown[np.isfinite(shown)])

    return Measured(text, math.nan, 0, draw, line)


def first_bad(subject: Subject) -> Node | None:
    """The first node that is not finite although all that it was computed from is."""
    seen = subject.seen
    for node in seen.graph.nodes:
        is_tuple = isinstance(node.type, tuple)
        if not is_tuple and node.inputs and not np.isfinite(_floats(seen.value(node))).all():
            return node
    return None


def _floats(value: Any) -> Any:
    array = np.asarray(value)
    return array if array.dtype.kind == "f" else np.zeros(1)


def double_softmax(subject: Subject) -> Measured | None:
    """Probabilities given to a loss that makes probabilities itself."""
    answers = subject.prediction
    if subject.kind == "logit":
        return _double_sigmoid(subject, answers)
    if subject.kind != "logits" or not np.isfinite(answers).all():
        return None
    error = float(np.abs(answers.sum(axis=1) - 1).max())
    if error > SUMS or answers.min() < 0:
        return None
    text = (
        f"the answers of each example sum to 1 (error {error:.1g}, bound {SUMS:g}) and the loss "
        "does not change when 1 is added to all of them: both apply softmax"
    )

    def draw() -> Any:
        return histogram("answers", answers)

    return Measured(text, error, SUMS, draw, "the output layer and the loss")


def _double_sigmoid(subject: Subject, answers: Any) -> Measured | None:
    end = last_activation(subject.seen.prediction)
    if end is None or end.primitive.name != "sigmoid":
        return None
    text = (
        f"the answers end with a sigmoid (from {answers.min():.3g} to {answers.max():.3g}) and the "
        "loss of 0 is ln 2 (bound: one of the two), so that it applies another"
    )

    def draw() -> Any:
        return histogram("answers", answers)

    change = "Leave out the sigmoid at the end (and apply it when you want probabilities), or take "
    return Measured(text, 2, 1, draw, "the output layer and the loss", change + "nn.BCELoss().")


def missing_softmax(subject: Subject) -> Measured | None:
    """Plain numbers given to a loss that wants probabilities or their logarithms."""
    answers, kind = subject.prediction, subject.kind
    if kind in ("logits", "logit", "number", None) or not np.isfinite(answers).all():
        return None
    if kind == "log-probabilities":
        largest = answers.max(axis=1, keepdims=True)
        sums = np.exp(answers - largest).sum(axis=1) * np.exp(largest[:, 0])
        error = float(np.abs(sums - 1).max())
        wanted = "log_softmax"
    else:
        error = float(max(-answers.min(), answers.max() - 1, 0))
        wanted = "sigmoid" if kind == "probability" else "softmax"
    if error <= SUMS:
        return None
    text = (
        f"the loss wants {kind.replace('probability', 'probabilities')}, the answers (from "
        f"{answers.min():.3g} to {answers.max():.3g}) are off by {error:.3g} (bound {SUMS:g})"
    )

    def draw() -> Any:
        return histogram("answers", answers)

    change = f"End the network with {wanted}, or take the loss that wants logits."
    return Measured(text, error, SUMS, draw, "the output layer and the loss", change)


def target_shape(subject: Subject) -> Measured | None:
    """(N, 1) against (N,), which broadcasts to (N, N)."""
    answers, targets = subject.prediction, subject.targets
    if not isinstance(targets, np.ndarray) or answers.shape == targets.shape:
        return None
    if answers.size != targets.size or targets.dtype.kind != "f" or len(answers) < 2:
        return None
    loss, aligned = subject.judge(answers), subject.judge(answers.reshape(targets.shape))
    if not (math.isfinite(loss) and math.isfinite(aligned)) or loss == aligned:
        return None
    text = (
        f"answers {answers.shape} against targets {targets.shape} give a loss of {loss:.4g}, in "
        f"one shape {aligned:.4g} (bound: the same)"
    )

    def draw() -> Any:
        return bars("loss", {"as it is": loss, "in one shape": aligned}, None, ["as it is"])

    return Measured(text, loss, aligned, draw, "the loss")


CHECKS = [
    Check(
        "non-finite-loss",
        "The loss is not a number",
        non_finite_loss,
        "NaN or infinity in the first loss",
        "From NaN no gradient leads back: one step, and every weight is NaN. The first operation "
        "whose result is not finite, though all it was given is, is the cause.",
        "Keep logarithms, roots and divisors away from 0 (log1p, + eps, a loss with logits), and "
        "start with smaller weights.",
        "error",
        unless=("non-finite-data",),
    ),
    Check(
        "target-shape",
        "Every prediction is compared with every target",
        target_shape,
        "the loss differs when prediction and target are brought to one shape",
        "(N, 1) against (N,) broadcasts to (N, N): each answer is compared with the targets of all "
        "examples. The best the network can do then is to answer their mean.",
        "Bring both to one shape: y.reshape(-1, 1), or prediction[:, 0].",
        "error",
    ),
    Check(
        "double-softmax",
        "Softmax or sigmoid twice",
        double_softmax,
        f"answers sum to 1 within {SUMS:g}, or end with a sigmoid, and the loss wants logits",
        "Of probabilities between 0 and 1 another softmax makes nearly equal ones, so that the "
        "loss cannot come near 0. The gradient is small where the network is most wrong.",
        "Leave out the softmax at the end (and apply it when you want probabilities), or take "
        "nn.NLLLoss() of nn.LogSoftmax().",
    ),
    Check(
        "missing-softmax",
        "The loss wants probabilities, and gets other numbers",
        missing_softmax,
        f"answers are off from probabilities by more than {SUMS:g}",
        "The loss takes its input for probabilities or their logarithms. With any numbers it can "
        "be lowered without end, or has no logarithm to take.",
        "End the network with the activation that the loss wants.",
        "error",
    ),
    Check(
        "loss-at-start",
        "The first loss is far above that of knowing nothing",
        loss_at_start,
        f"more than {TIMES_CLASSES:g} times that of equal odds; for a distance more than "
        f"{TIMES['number']:g} times that of the mean",
        "A network that knows nothing should say so: equal odds, or the mean. One that begins "
        "sure and wrong spends its first steps on unlearning, and may kill its units on the way.",
        "Start the last layer with smaller weights; for regression scale the targets, or set the "
        "last bias to their mean.",
        unless=("non-finite-loss", "missing-softmax", "target-shape", "unscaled-inputs"),
    ),
]
