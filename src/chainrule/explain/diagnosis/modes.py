"""Checks of how the model is used: modes, batches, gradients left over from the step before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ... import nn, random
from ...engine import trace, tree
from .learning_rate import batches
from .pictures import bars
from .report import Check, Measured
from .subject import Subject, spread
from .trial import Trial

# Below 8 examples the batch's mean is off by more than 1/√8, a third of the spread; from 16 down
# the error of trained networks rises, at 2 steeply (Wu and He 2018, "Group normalization").
SMALLEST = 8
DIFFERS = 1e-4  # relative to the largest answer: far above rounding
DOUBLED = 0.1  # how near to twice the gradient is twice
LEFT = 5.0  # times the gradient of any batch: one step's gradient cannot be that


def small_batches(subject: Subject) -> Measured | None:
    """Batch norm over a handful of examples."""
    layers = _named(subject, nn.BatchNorm1d)
    if not layers or not any(subject.replica.free):
        return None
    size, rest = subject.batch_size, subject.rows % subject.batch_size
    number = 1 if rest == 1 and size > 1 else size
    if number >= SMALLEST:
        return None
    error = 1 / np.sqrt(number)
    text = (
        f"batches of {number} examples (bound {SMALLEST}): their mean is off by {error:.0%} of the "
        "spread"
    )
    if number != size:
        text = f"the last batch of {subject.rows} examples has {number} (bound {SMALLEST})"

    def draw() -> Any:
        sizes = {f"{n} examples": 1 / np.sqrt(n) for n in (1, 2, 4, 8, 16, 32)}
        own = f"{number} examples"
        shown = {**sizes, own: error}
        return bars("error of a batch's mean", shown, 1 / np.sqrt(SMALLEST), [own], percent=True)

    return Measured(text, number, SMALLEST, draw, ", ".join(layers))


def _named(subject: Subject, *kinds: type) -> list[str]:
    if not subject.modules():
        return []
    named = subject.model.named_modules()
    return [f"{name} ({type(part).__name__})" for name, part in named if isinstance(part, kinds)]


# -- the user's own functions, run and undone --------------------------------------------------


@contextmanager
def undone(subject: Subject) -> Iterator[Callable[[], None]]:
    """Inside, the user's functions may change model and optimizer; afterwards it never happened.

    Gives a function that puts the parameters, buffers and the optimizer back (not the gradients).
    """
    model, optimizer = subject.model, subject.optimizer
    state = [(p, p.data, p.grad) for p in model.parameters()]
    parts = [(part, part.training, dict(part.own_buffers())) for part in model.modules()]
    memory = None if optimizer is None else optimizer.state_dict()
    stream = random.keys._stream  # a step of the user's may draw from it
    drawn = stream.root, stream.count

    def put_back() -> None:
        for parameter, data, _ in state:
            parameter.data = data
        for part, training, buffers in parts:
            part.__dict__["training"] = training
            part.own_buffers().update(buffers)
        if memory is not None:
            optimizer.load_state_dict(memory)

    try:
        yield put_back
    finally:
        put_back()
        stream.root, stream.count = drawn
        for parameter, _, gradient in state:
            parameter.grad = gradient


def zero_grad(subject: Subject) -> Measured | None:
    """Gradients that pile up: two equal steps leave twice the gradient."""
    if not subject.modules():
        return None
    if subject.step is not None:
        return _after_two_steps(subject, subject.step)
    return _left_over(subject)


def _after_two_steps(subject: Subject, step: Callable[..., Any]) -> Measured | None:
    x, y, _ = subject.batch(spread(subject.rows, subject.batch_size))
    with undone(subject) as put_back:
        subject.model.zero_grad()
        step(x, y)
        first = _norms(subject)
        put_back()
        step(x, y)
        second = _norms(subject)
    kept = [name for name in first if first[name] > 0]
    ratios = {name: second[name] / first[name] for name in kept}
    bad = [name for name, ratio in ratios.items() if abs(ratio - 2) < DOUBLED]
    if not bad or len(bad) < len(kept) / 2:
        return None
    text = (
        f"the same step twice from the same weights leaves {ratios[bad[0]]:.2f} times the gradient "
        f"at {bad[0]} (bound 1: the second should replace the first)"
    )

    def draw() -> Any:
        return bars("gradient after two equal steps, by that after one", ratios, 1.0, bad)

    return Measured(text, ratios[bad[0]], 1.0, draw, f"the step, {len(bad)} parameters")


def _norms(subject: Subject) -> dict[str, float]:
    pairs = subject.model.named_parameters()
    return {name: 0.0 if p.grad is None else float(np.linalg.norm(p.grad)) for name, p in pairs}


def _left_over(subject: Subject) -> Measured | None:
    """Without a step to run: gradients larger than any batch can have made."""
    left = [p for p in subject.model.parameters() if p.grad is not None]
    if not left or subject.optimizer is None:
        return None
    norm = float(np.sqrt(sum(float((p.grad.astype(float) ** 2).sum()) for p in left)))
    largest = max(_batch_norms(subject))
    if norm <= LEFT * largest:
        return None
    text = (
        f"the gradients in the parameters have norm {norm:.3g}, that of a batch at most "
        f"{largest:.3g} (bound {LEFT:g} times as much)"
    )

    def draw() -> Any:
        shown = {"in the parameters": norm, "of one batch": largest}
        return bars("norm of the gradient", shown, LEFT * largest, ["in the parameters"])

    return Measured(text, norm / largest, LEFT, draw, "the training loop")


def _batch_norms(subject: Subject) -> list[float]:
    trial = Trial(subject, batches(subject))
    return [float(np.sqrt(sum((g**2).sum() for g in found))) for found in trial.gradients()]


def eval_mode(subject: Subject) -> Measured | None:
    """An evaluation whose answers depend on chance, or on the other rows."""
    if subject.predict is None or not subject.modules():
        return None
    x = subject.batch(spread(subject.rows, 64))[0]
    half = tree.map(lambda leaf: leaf[: (len(leaf) + 1) // 2], x)
    with undone(subject) as put_back:
        whole, again = _answer(subject.predict, x), _answer(subject.predict, x)
        put_back()
        part = _answer(subject.predict, half)
    scale = float(np.abs(whole).max()) or 1.0
    chance = float(np.abs(whole - again).max()) / scale
    company = float(np.abs(whole[: len(part)] - part).max()) / scale
    number = max(chance, company)
    if number <= DIFFERS:
        return None
    text = (
        f"the same rows are answered differently a second time (by {chance:.2g} of the largest "
        f"answer) or among fewer rows (by {company:.2g}; bound {DIFFERS:g})"
    )
    layers = _named(subject, nn.Dropout, nn.BatchNorm1d)

    def draw() -> Any:
        shown = {"a second time": chance, "among fewer rows": company}
        return bars("difference of the answers", shown, None, list(shown))

    return Measured(text, number, DIFFERS, draw, ", ".join(layers))


def _answer(predict: Callable[..., Any], x: Any) -> Any:
    with trace.no_grad():
        return np.asarray(trace.resolve(predict(x)))


def still_training(subject: Subject) -> Measured | None:
    """After a training with validation, the model is still in training mode."""
    layers = _named(subject, nn.Dropout, nn.BatchNorm1d)
    trained = subject.history is not None and subject.validation is not None
    if not layers or not trained or subject.predict is not None or not subject.model.training:
        return None
    text = f"after training, {len(layers)} layers of dropout or batch norm are in training mode"

    def draw() -> Any:
        return bars("in training mode", dict.fromkeys(layers, 1.0), None, layers)

    return Measured(f"{text} (bound 0)", len(layers), 0, draw, ", ".join(layers))


_EVAL = (
    "In training mode dropout draws at random and batch norm uses the mean of whatever stands in "
    "the batch. Answers then depend on chance and on the company, and are worse than they could be."
)

CHECKS = [
    Check(
        "zero-grad",
        "Gradients of earlier steps are still there",
        zero_grad,
        f"two equal steps leave twice the gradient, or gradients above {LEFT:g} times a batch's",
        "backward() adds to the gradients that are there. Without zero_grad() each step goes along "
        "the sum of all gradients so far, and soon in no useful direction.",
        "Call optimizer.zero_grad() before loss.backward() in each step.",
        "error",
        unless=("non-finite-loss",),
    ),
    Check(
        "eval-mode",
        "Evaluated in training mode",
        eval_mode,
        f"answers differ by more than {DIFFERS:g} the second time, or among fewer rows",
        _EVAL,
        "Call model.eval() before evaluating, and model.train() before going on.",
    ),
    Check(
        "training-mode",
        "Still in training mode after training",
        still_training,
        "dropout or batch norm in training mode, with a history and a validation part",
        _EVAL,
        "Call model.eval() before evaluating.",
        "note",
    ),
    Check(
        "small-batches",
        "Batch norm over too few examples",
        small_batches,
        f"fewer than {SMALLEST} examples in a batch, or a single one in the last",
        "Mean and spread of a few examples are mostly chance, so that each example's answer hangs "
        "on its neighbours. The running averages for evaluation fit none of the batches.",
        "Larger batches, or nn.LayerNorm, which looks at one example at a time.",
    ),
]
