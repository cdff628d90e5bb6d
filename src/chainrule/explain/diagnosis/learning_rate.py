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
from .trial import Trial, adam_moves, moves_of

STEPS = 32  # of each learning rate
GROWS = 1.3  # times the first loss: more than batches differ by
STAYS = 0.95
JUMPS = 10.0  # times the first and the expected loss on the way; healthy runs of the tests: 1.7
TENTH = 0.7  # of the loss at the present rate, at a tenth of it
POOR = 0.5  # of the expected loss: below it the network knows something, and may jump a little
IDLE = 0.0005  # of the loss: less in so few steps, and a tenth of it takes 6,400 of them
MUCH = 0.1  # of the loss: what shows that there is something to learn
TIMES = 20.0  # as much, with a larger rate
LARGER = 8  # powers of ten that are tried
BATCH = 4
BATCH_STEPS = 60
LEARNT = 0.9  # of the first loss


class Range:
    """The range test of the user's optimizer: the loss after a few steps, for rates asked for."""

    def __init__(self, subject: Subject) -> None:
        self._moves = moves_of(subject) or []
        rates = [move.lr for move in self._moves if move is not None]
        self.rate = max(rates, default=0.0)
        self.first = math.nan
        self._after: dict[int, float] = {}
        self.peak = math.nan  # of the run at the present rate
        if self.rate:
            self._trial = Trial(subject, batches(subject))
            self.first = float(np.mean(self._trial.first_losses()))

    def after(self, power: int) -> float:
        """The mean loss of the last quarter of the steps, at the rate times ten to this power."""
        if power not in self._after:
            losses = self._trial.losses(self._moves, STEPS, 10.0**power)
            self._after[power] = last_quarter(losses, STEPS)
            if power == 0:
                self.peak = float(np.nan_to_num(losses, nan=np.inf, posinf=np.inf).max())
        return self._after[power]

    def picture(self) -> Any:
        """The loss after the steps, over the learning rate."""
        powers = sorted({*range(-2, 4), *self._after})
        after = [min(self.after(power), 2 * self.first) for power in powers]
        return curves(
            f"loss after {STEPS} steps, by learning rate",
            {"loss": after},
            [self.rate * 10.0**power for power in powers],
            mark=self.rate,
            level=self.first,
            log=(True, False),
            foot="learning rate (broken lines: now, at first)",
        )


def last_quarter(losses: Any, steps: int) -> float:
    """The mean loss of the last quarter; infinite where the run was not finished.

    >>> last_quarter(np.array([4.0, 3.0, 2.0, 1.0]), 4)
    1.0
    """
    if len(losses) < steps or not np.isfinite(losses).all():
        return math.inf
    return float(losses[-max(1, steps // 4) :].mean())


def batches(subject: Subject) -> list[Any]:
    """Rows of four batches, each spread over the data."""
    size = subject.batch_size
    count = max(1, min(4, subject.rows // size))
    chosen = spread(subject.rows, count * size)
    return [chosen[start::count][:size] for start in range(count)]


def range_of(subject: Subject) -> Range:
    """The range test, made once."""
    if "range" not in subject.notes:
        subject.notes["range"] = Range(subject)
    return subject.notes["range"]


def too_high(subject: Subject) -> Measured | None:
    """The loss grows, or stays where a tenth of the rate brings it down."""
    grown = _ran_away(subject)
    if grown is not None or subject.quick:
        return grown
    test = range_of(subject)
    if not math.isfinite(test.first):
        return None
    bound, last = _bound_passed(test, subject.expected[0]), test.after(0)
    if bound is None:
        return None
    text = (
        f"{STEPS} steps with a learning rate of {test.rate:g} bring the loss from {test.first:.3g} "
        f"over {test.peak:.3g} to {last:.3g}, with {test.rate / 10:g} to {test.after(-1):.3g} "
        f"(bound {bound:g} times the first)"
    )
    usable = [p for p in range(-1, -LARGER, -1) if test.after(p) < STAYS * test.first]
    rate = test.rate * 10.0 ** (usable[0] if usable else -1)
    change = f"Try {rate:g}. A warm-up or clipping (fit(clip=1.0)) also helps."
    return Measured(text, last / test.first, bound, test.picture, "the optimizer", change)


def _bound_passed(test: Range, expected: float) -> float | None:
    """Which bound the run at the present rate passes, if any."""
    last = test.after(0)
    unknowing = max(test.first, expected) if math.isfinite(expected) else test.first
    if test.peak > JUMPS * unknowing:
        return JUMPS
    if last <= POOR * unknowing:
        return None
    if last > GROWS * test.first:
        return GROWS
    is_stuck = last > STAYS * test.first and test.after(-1) < TENTH * last
    return STAYS if is_stuck else None


def _ran_away(subject: Subject) -> Measured | None:
    """The same, seen in the history."""
    losses = np.asarray(getattr(subject.history, "losses", []), float)
    if len(losses) < 8:
        return None
    few = max(2, len(losses) // 10)
    first, last = float(np.mean(losses[:2])), float(np.mean(losses[-few:]))
    if np.isfinite(losses).all() and last <= GROWS * first:
        return None
    text = (
        f"the loss went from {first:.3g} to {last:.3g} in {len(losses)} recorded steps (bound "
        f"{GROWS:g} times the first)"
    )

    def draw() -> Any:
        return curves("training loss", {"loss": losses}, foot="step", level=first)

    return Measured(text, last / first, GROWS, draw, "the training so far")


def too_low(subject: Subject) -> Measured | None:
    """Hardly any progress, where a larger rate makes much."""
    test = range_of(subject)
    if not test.first > 0:
        return None
    gain = 1 - test.after(0) / test.first
    if abs(gain) >= IDLE:
        return None
    wanted = max(MUCH, TIMES * gain)
    for power in range(1, LARGER + 1):
        better = 1 - test.after(power) / test.first
        if better >= wanted:
            break
        if better < -GROWS:
            return None
    else:
        return None
    rate = test.rate * 10.0**power
    text = (
        f"{STEPS} steps with a learning rate of {test.rate:g} lower the loss by {gain:.3%} (bound "
        f"{IDLE:.2%}), with {rate:g} by {better:.0%}"
    )
    change = f"Try {rate:g}."
    return Measured(text, gain, IDLE, test.picture, "the optimizer", change)


def one_batch(subject: Subject) -> Measured | None:
    """Not even a handful of examples can be learned.

    Their targets are exchanged among them, so that a trained network has something to learn too.
    """
    rows = spread(subject.rows, BATCH)
    trial = Trial(subject, [rows], shift=1)
    first = trial.first_losses()[0]
    if not math.isfinite(first) or first <= 1e-8:
        return None
    last, losses = math.inf, np.array([first])
    for rate in (1e-2, 1e-3, 1e-1):
        found = trial.losses(adam_moves(subject, rate), BATCH_STEPS, enough=first / 2)
        if found[-1] < first / 2:
            return None
        after = last_quarter(found, BATCH_STEPS)
        if after < last:
            last, losses = after, found
        if last <= LEARNT * first:
            return None
    text = (
        f"{BATCH_STEPS} steps of Adam on {len(rows)} examples bring the loss from {first:.4g} to "
        f"{last:.4g}, {last / first:.0%} of it (bound {LEARNT:.0%})"
    )

    def draw() -> Any:
        return curves(f"loss of {len(rows)} examples", {"loss": losses}, foot="step")

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

_HINDRANCES = (
    "unscaled-inputs",
    "target-shape",
    "missing-softmax",
    "loss-at-start",
    "saturated",
    "output-range",
    "learning-rate-too-high",
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
        f"in {STEPS} steps the loss ends above {GROWS:g} times the first, jumps to {JUMPS:g} "
        "times, or stays where a tenth of the rate brings it down",
        "Each step goes past the valley and lands higher on the other side. The loss grows or "
        "jumps about, and large steps can kill ReLUs for good.",
        "Lower the learning rate.",
        unless=("non-finite-data", "non-finite-loss", "foreign-parameters", "no-gradient"),
    ),
    Check(
        "learning-rate-too-low",
        "The learning rate is too low",
        too_low,
        f"{STEPS} steps lower the loss by less than {IDLE:.2%}, a larger rate by more than "
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
        unless=(*_CAUSES, *_HINDRANCES),
        slow=True,
    ),
]
