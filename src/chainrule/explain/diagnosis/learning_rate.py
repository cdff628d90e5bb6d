"""Checks of the learning rate and of whether anything is learned, by training copies for a while.

The range test (L. N. Smith 2017, "Cyclical learning rates for training neural networks"): the same
few steps with one learning rate after another show where the loss begins to fall, and where it
runs away.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .pictures import bars, curves
from .report import Check, Measured
from .subject import Subject, spread
from .trial import Move, Trial, adam_moves, moves_of

STEPS = 32  # of each learning rate
FACTORS = (1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0)
GROWS = 1.3  # times the first loss: more than batches differ by
HALVES = 0.7  # of the loss at the present rate, at a tenth of it
IDLE = 0.005  # of the loss: what so few steps at least achieve with a usable rate
MUCH = 0.1  # of the loss: what shows that there is something to learn
TIMES = 20.0  # as much, with a larger rate
BATCH = 8
BATCH_STEPS = 60
LEARNT = 0.9  # of the first loss


def range_test(subject: Subject) -> dict[float, tuple[float, float]]:
    """The loss at the first and, on average, over the last quarter of a few steps, by rate."""
    moves = moves_of(subject)
    first = next((move for move in moves or () if move is not None), None)
    if moves is None or first is None or first.lr == 0:
        return {}
    return _ranges(subject, moves, first.lr)


def _ranges(
    subject: Subject, moves: list[Move | None], lr: float
) -> dict[float, tuple[float, float]]:
    if "ranges" not in subject.notes:
        trial = Trial(subject, batches(subject))
        subject.notes["ranges"] = {
            lr * factor: ends(trial.losses(moves, STEPS, factor)) for factor in FACTORS
        }
    return subject.notes["ranges"]


def batches(subject: Subject) -> list[Any]:
    """Rows of four batches, each spread over the data."""
    size = subject.batch_size
    count = max(1, min(4, subject.rows // size))
    chosen = spread(subject.rows, count * size)
    return [chosen[start::count][:size] for start in range(count)]


def ends(losses: Any) -> tuple[float, float]:
    """The first loss and the mean of the last quarter; infinite where the run overflowed.

    >>> ends(np.array([4.0, 3.0, 2.0, 1.0]))
    (4.0, 1.0)
    """
    if len(losses) == 0 or not np.isfinite(losses).all():
        return float(losses[0]) if len(losses) else math.nan, math.inf
    quarter = max(1, len(losses) // 4)
    return float(losses[:quarter].mean()), float(losses[-quarter:].mean())


def _present(subject: Subject) -> tuple[dict[float, tuple[float, float]], float]:
    found = range_test(subject)
    rates = sorted(found)
    return found, rates[FACTORS.index(1.0)] if rates else math.nan


def too_high(subject: Subject) -> Measured | None:
    """The loss grows, or stays where a tenth of the rate brings it down."""
    grown = _ran_away(subject)
    if grown is not None:
        return grown
    found, rate = _present(subject)
    if not found:
        return None
    (first, last), (_, at_tenth) = found[rate], found[sorted(found)[1]]
    expected = subject.expected[0]
    is_poor = not math.isfinite(expected) or last > 0.5 * expected
    grows = last > GROWS * first and is_poor
    stays = last > 0.95 * first and is_poor and at_tenth < HALVES * last
    if not math.isfinite(first) or not (grows or stays):
        return None
    text = (
        f"{STEPS} steps with a learning rate of {rate:g} bring the loss from {first:.3g} to "
        f"{last:.3g}, with {rate / 10:g} to {at_tenth:.3g} (bound {GROWS if grows else 0.95:g} of "
        "the first)"
    )
    change = f"Try a tenth: {rate / 10:g}. A warm-up or clipping (fit(clip=1.0)) also helps."
    bound = GROWS if grows else 0.95
    return Measured(
        text, last / first, bound, lambda: picture(found, rate), "the optimizer", change
    )


def _ran_away(subject: Subject) -> Measured | None:
    """The same, seen in the history."""
    losses = _history_losses(subject)
    if len(losses) < 8:
        return None
    first, last = float(np.mean(losses[:2])), float(np.mean(losses[-max(2, len(losses) // 10) :]))
    if np.isfinite(losses).all() and last <= GROWS * first:
        return None
    text = (
        f"the loss went from {first:.3g} to {last:.3g} in {len(losses)} recorded steps (bound "
        f"{GROWS:g} times the first)"
    )

    def draw() -> Any:
        return curves("training loss", {"loss": losses}, foot="step", level=first)

    return Measured(text, last / first, GROWS, draw, "the training so far")


def _history_losses(subject: Subject) -> Any:
    return np.asarray(subject.history.losses if subject.history is not None else [], float)


def too_low(subject: Subject) -> Measured | None:
    """Hardly any progress, where a larger rate makes much."""
    found, rate = _present(subject)
    if not found:
        return None
    gains = {r: 1 - last / first for r, (first, last) in found.items() if first > 0}
    if rate not in gains or gains[rate] >= IDLE:
        return None
    best = max((r for r in gains if r > rate), key=gains.__getitem__, default=rate)
    is_better = gains[best] >= max(MUCH, TIMES * gains[rate])
    if not is_better or gains[rate] < -0.05:
        return None
    text = (
        f"{STEPS} steps with a learning rate of {rate:g} lower the loss by {gains[rate]:.2%} "
        f"(bound {IDLE:.1%}), with {best:g} by {gains[best]:.0%}"
    )
    change = f"Try {best / 10:g} to {best:g}."
    return Measured(text, gains[rate], IDLE, lambda: picture(found, rate), "the optimizer", change)


def picture(found: dict[float, tuple[float, float]], rate: float) -> Any:
    """The range test: the loss after a few steps, by learning rate."""
    rates = sorted(found)
    first = found[rate][0]
    after = [min(found[r][1], 3 * first) for r in rates]
    return curves(
        f"loss after {STEPS} steps, by learning rate",
        {"loss": after},
        rates,
        mark=rate,
        level=first,
        log=(True, False),
        foot="learning rate; broken lines: the present one, the first loss",
    )


def one_batch(subject: Subject) -> Measured | None:
    """Not even a handful of examples can be learned."""
    rows = spread(subject.rows, BATCH)
    expected = subject.expected[0]
    trial = Trial(subject, [rows])
    runs = {lr: trial.losses(adam_moves(subject, lr), BATCH_STEPS) for lr in (1e-2, 1e-3)}
    best = min(runs, key=lambda lr: ends(runs[lr])[1])
    first, last = float(runs[best][0]), ends(runs[best])[1]
    if not math.isfinite(first) or first < 0.5 * expected or first <= 1e-8:
        return None
    if last <= LEARNT * first:
        return None
    text = (
        f"{BATCH_STEPS} steps of Adam on {len(rows)} examples bring the loss from {first:.4g} to "
        f"{last:.4g}, {last / first:.0%} of it (bound {LEARNT:.0%})"
    )

    def draw() -> Any:
        return curves(f"loss of {len(rows)} examples", {"loss": runs[best]}, foot="step")

    return Measured(text, last / first, LEARNT, draw, "model and loss together")


def foreign_parameters(subject: Subject) -> Measured | None:
    """An optimiser that holds the parameters of another model."""
    held = getattr(subject.optimizer, "param_groups", None)
    if held is None or not subject.modules():
        return None
    mine = {id(p) for p in subject.model.parameters()}
    params = [p for group in held for p in group["params"]]
    strange = sum(id(p) not in mine for p in params)
    if not strange:
        return None
    text = f"{strange} of the optimizer's {len(params)} parameters are not the model's (bound 0)"

    def draw() -> Any:
        parts = {"of this model": len(params) - strange, "of another": strange}
        return bars("parameters of the optimizer", parts, None, ["of another"])

    return Measured(text, strange, 0, draw, "the optimizer")


_CAUSES = (
    "non-finite-data",
    "non-finite-loss",
    "no-gradient",
    "symmetric-weights",
    "dead-relu",
    "foreign-parameters",
    "vanishing-gradients",
)

CHECKS = [
    Check(
        "foreign-parameters",
        "The optimizer trains another model",
        foreign_parameters,
        "a parameter of the optimizer is not the model's",
        "The optimizer changes the parameters that it was made with. Those of this model are not "
        "among them, so that nothing of it is trained.",
        "Make the optimizer after the model, from its parameters: optim.Adam(net.parameters()).",
        "error",
    ),
    Check(
        "learning-rate-too-high",
        "The learning rate is too high",
        too_high,
        f"after {STEPS} steps the loss is above {GROWS:g} times the first, or not below it where "
        "a tenth of the rate brings it down",
        "Each step goes past the valley and lands higher on the other side. The loss grows or "
        "jumps about, and large steps can kill ReLUs for good.",
        "Lower the learning rate.",
        unless=("non-finite-data", "non-finite-loss", "foreign-parameters", "no-gradient"),
        slow=True,
    ),
    Check(
        "learning-rate-too-low",
        "The learning rate is too low",
        too_low,
        f"{STEPS} steps lower the loss by less than {IDLE:.1%}, a larger rate by more than "
        f"{MUCH:.0%}",
        "Every step goes the right way, but hardly anywhere. Training would take a hundred times "
        "longer than it needs to, and stop looking hopeful long before.",
        "Raise the learning rate.",
        unless=_CAUSES,
        slow=True,
    ),
    Check(
        "one-batch",
        "Not even one small batch can be learned",
        one_batch,
        f"{BATCH_STEPS} steps of Adam leave {BATCH} examples above {LEARNT:.0%} of their first "
        "loss",
        "A sound network learns a few examples by heart in no time. Where it cannot, the fault is "
        "in model, loss or targets, and neither more data nor more training helps.",
        "Look for what cuts the gradient (detached values, rounding), an output that cannot reach "
        "the targets, or targets that do not fit the loss.",
        unless=(*_CAUSES, "unscaled-inputs", "output-range", "saturated", "missing-softmax"),
        slow=True,
    ),
]
