"""search: look for a better recipe, trial by trial; Optuna proposes, a journal file remembers."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.errors import NonFiniteError
from ..extras import require
from ..train import Run
from .learned import Learned
from .learning import PRIOR, batch_size, learn
from .recipe import Recipe
from .scores import scores_of
from .study import TuningError, ended, open_study, put_first, quiet

LOSS = "loss"

# The field of a recipe, or what it is made of; how Optuna draws it; from where to where.
SPACE: dict[str, tuple[Any, ...]] = {
    "layers": ("int", 1, 3, False),
    "width": ("int", 16, 512, True),
    "activation": ("choice", ("relu", "gelu", "silu", "selu", "tanh")),
    "dropout": ("float", 0.0, 0.5, False),
    "batch_norm": ("choice", (False, True)),
    "learning_rate": ("float", 2e-4, 3e-2, True),
    "weight_decay": ("float", 1e-3, 10.0, True),
    "batch_size": ("int", 16, 512, True),
}


@dataclass(frozen=True)
class Part:
    """Rows to learn from, and rows to judge by; of several folds, one."""

    x: Any
    y: Any
    check_x: Any
    check_y: Any
    embedded: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True)
class Look:
    """How far a search is, for progress: ``share`` of trial number ``trial``, the best so far."""

    trial: int
    trials: int
    share: float
    best: float | None
    last: Trial | None = None


@dataclass(frozen=True)
class Trial:
    """A trial that has ended: complete, pruned or failed; ``value`` as the metric has it."""

    number: int
    state: str
    value: float | None
    changes: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True)
class Tuned:
    """The best recipe, its value of the metric, and all trials; the first is the start's own."""

    recipe: Recipe
    metric: str
    value: float
    trials: tuple[Trial, ...] = field(repr=False)

    @property
    def start(self) -> float | None:
        """The value of the recipe that the search began with."""
        return self.trials[0].value

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return {
            "metric": self.metric,
            "value": self.value,
            "start": self.start,
            "recipe": self.recipe.to_dict(),
            "trials": [dict(vars(trial)) for trial in self.trials],
        }


def search(
    parts: Sequence[Part],
    given: Mapping[str, Any],
    *,
    task: str,
    classes: int | None = None,
    names: Sequence[str] = (),
    trials: int = 30,
    minutes: float | None = None,
    metric: str | None = None,
    seed: int = 0,
    journal: str | Path | None = None,
    tell: Callable[[Look], None] = lambda look: None,
) -> Tuned:
    """The recipe with the best mean over the parts' rows to judge by.

    Trial 0 is the recipe that is given, so the result is never worse on these rows. Proposals are
    those of Optuna's tree-structured Parzen estimator (Bergstra et al. 2011); a trial that at some
    share of its epochs is worse than the median of the others there is pruned. Each is drawn with a
    seed of its own: a search that was killed and is called again with the same journal goes on to
    the same trials.

    Parameters
    ----------
    parts
        The rows; of several folds, several.
    given
        Fields of ``Recipe`` that the user has set: they stay as they are.
    task, classes, names
        As in ``learn``; names of the classes, for metrics.
    trials, minutes
        How many trials in all, counting those in the journal; no new one is begun after so long.
    metric
        The loss on the rows to judge by (None), or a name of ``scores_of``, such as ``"auc"``.
    seed
        From which all proposals follow.
    journal
        A file in which all is kept, trial by trial.
    tell
        Is called with a ``Look`` now and then.

    Raises ``TuningError`` where the journal belongs to another search or is damaged, and where all
    trials failed.

    >>> x = np.linspace(-1, 1, 60, dtype=np.float32).reshape(-1, 1)
    >>> y = (x[:, 0] > 0).astype(int)
    >>> part = Part(x[::2], y[::2], x[1::2], y[1::2])
    >>> tuned = search([part], {"hidden": (8,), "epochs": 5}, task="binary", trials=2)
    >>> tuned.recipe.hidden, len(tuned.trials), tuned.value <= tuned.start
    ((8,), 2, True)
    """
    optuna = require("optuna", "tune")
    base = Recipe(**given)
    start = _start(base, given, parts)
    space = {name: _with(SPACE[name], value) for name, value in start.items()}
    judge = _Judge.of(parts, task, classes, tuple(names), metric)
    signature = _signature(parts, given, task, metric, seed)
    began = time.monotonic()
    with quiet(optuna):
        study = open_study(optuna, journal, signature)
        put_first(optuna, study, start)
        while (done := len(ended(study))) < trials:
            if done and minutes is not None and time.monotonic() - began > 60 * minutes:
                break
            study.sampler = optuna.samplers.TPESampler(seed=1000 * seed + done)
            trial = study.ask()
            drawn = {name: _draw(trial, name, row) for name, row in space.items()}
            look = Look(done, trials, 0.0, _best(study, judge))
            report = _Report(trial, len(parts), look, tell)
            try:
                value = judge(_recipe(base, drawn), report)
            except _Pruned:
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            except NonFiniteError as error:
                trial.set_user_attr("failed", str(error).partition("\n")[0])
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            else:
                study.tell(trial, value)
            last = _as_trial(done, ended(study)[-1], judge)
            tell(Look(done, trials, 1.0, _best(study, judge), last))
        return _tuned(study, base, judge)


# -- one trial ---------------------------------------------------------------------------------


class _Pruned(Exception):
    """A trial is not worth its end."""


class _Report:
    """A callback of ``fit``: the best validation loss so far, at each twentieth of the epochs."""

    def __init__(self, trial: Any, parts: int, look: Look, tell: Callable[[Look], None]) -> None:
        self._trial, self._parts, self._look, self._tell = trial, parts, look, tell
        self.losses: list[float] = []  # of the parts that are done

    def __call__(self, run: Run) -> None:
        percent = 100 * (run.epoch + 1) // run.epochs
        if percent // 5 == 100 * run.epoch // run.epochs // 5:
            return
        step = 100 * len(self.losses) + percent
        self._tell(replace(self._look, share=step / (100 * self._parts)))
        self._trial.report(float(np.mean([*self.losses, min(run.validation_losses)])), step)
        if self._trial.should_prune():
            raise _Pruned


@dataclass(frozen=True)
class _Judge:
    """What a recipe is worth: for Optuna less is better."""

    parts: Sequence[Part]
    task: str
    classes: int | None
    names: tuple[str, ...]
    metric: str | None
    sign: int  # -1 where more is better

    @classmethod
    def of(
        cls,
        parts: Sequence[Part],
        task: str,
        classes: int | None,
        names: tuple[str, ...],
        metric: str | None,
    ) -> _Judge:
        """With the sign of the metric; ``TuningError`` where there is none of that name."""
        if metric in (None, LOSS):
            return cls(parts, task, classes, names, None, 1)
        truth = np.asarray(parts[0].check_y)
        names = names or tuple(map(str, range(_count(task, truth, classes))))
        guess = truth if task == "regression" else np.full((len(truth), len(names)), 0.5)
        known = {each.name: each for each in scores_of(task, truth, guess, names)}
        if metric not in known:
            listed = ", ".join([LOSS, *known])
            raise TuningError(f"there is no metric {metric!r} for this task; choose of {listed}")
        sign = -1 if known[metric].is_higher_better else 1
        return cls(parts, task, classes, names, metric, sign)

    def __call__(self, recipe: Recipe, report: _Report) -> float:
        values = []
        for part in self.parts:
            learned = learn(
                recipe,
                part.x,
                part.y,
                task=self.task,
                classes=self.classes,
                validation=(part.check_x, part.check_y),
                embedded=part.embedded,
                callbacks=[report],
            )
            report.losses.append(float(np.min(learned.history.validation_losses)))
            values.append(report.losses[-1] if self.metric is None else self._score(learned, part))
        return self.sign * float(np.mean(values))

    def _score(self, learned: Learned, part: Part) -> float:
        predict = learned.predict if self.task == "regression" else learned.predict_proba
        truth = np.asarray(part.check_y)
        scores = scores_of(self.task, truth, predict(part.check_x), self.names)
        return next(each for each in scores if each.name == self.metric)(rows=len(truth))


def _count(task: str, truth: Any, classes: int | None) -> int:
    """How many classes, labels or values there are."""
    if truth.ndim == 2:
        return int(truth.shape[1])
    return 1 if task == "regression" else classes or int(truth.max()) + 1


# -- the space ---------------------------------------------------------------------------------


def _start(base: Recipe, given: Mapping[str, Any], parts: Sequence[Part]) -> dict[str, Any]:
    """The base as a point of the space: of all that the user has not fixed."""
    rows = len(parts[0].x)
    place = vars(base) | {"layers": len(base.hidden), "width": max((0, *base.hidden))}
    if base.batch_size is None:
        place["batch_size"] = batch_size(rows)
    if base.weight_decay is None:
        place["weight_decay"] = PRIOR / max(100, rows)
    fixed = set(given) | ({"layers", "width"} if "hidden" in given else set())
    return {name: place[name] for name in SPACE if name not in fixed}


def _with(row: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    """A row of the space that has this value, too.

    >>> _with(("int", 16, 512, True), 8)
    ('int', 8, 512, True)
    """
    if row[0] == "choice":
        return row if value in row[1] else (row[0], (*row[1], value))
    return row[0], min(row[1], value), max(row[2], value), row[3]


def _draw(trial: Any, name: str, row: tuple[Any, ...]) -> Any:
    if row[0] == "choice":
        return trial.suggest_categorical(name, row[1])
    suggest = trial.suggest_int if row[0] == "int" else trial.suggest_float
    return suggest(name, row[1], row[2], log=row[3])


def _changes(drawn: Mapping[str, Any]) -> dict[str, Any]:
    """What was drawn as fields of a recipe: layers and width make hidden."""
    values = dict(drawn)
    if "layers" in values:
        values["hidden"] = (values.pop("width"),) * values.pop("layers")
    return values


def _recipe(base: Recipe, drawn: Mapping[str, Any]) -> Recipe:
    return Recipe(**{**vars(base), **_changes(drawn)})


# -- the end ----------------------------------------------------------------------------------


def _complete(study: Any) -> list[Any]:
    return [trial for trial in ended(study) if trial.state.name == "COMPLETE"]


def _best(study: Any, judge: _Judge) -> float | None:
    values = [trial.value for trial in _complete(study)]
    return judge.sign * min(values) if values else None


def _as_trial(number: int, trial: Any, judge: _Judge) -> Trial:
    state = "failed" if "failed" in trial.user_attrs else trial.state.name.lower()
    value = judge.sign * trial.value if state == "complete" else None
    seconds = trial.duration.total_seconds() if trial.duration else 0.0
    return Trial(number, state, value, _changes(trial.params), seconds)


def _tuned(study: Any, base: Recipe, judge: _Judge) -> Tuned:
    complete = _complete(study)
    if not complete:
        raise TuningError("no trial came to its end: the loss was not finite in any")
    best = min(complete, key=lambda trial: trial.value)
    trials = [_as_trial(number, trial, judge) for number, trial in enumerate(ended(study))]
    metric = judge.metric or LOSS
    return Tuned(_recipe(base, best.params), metric, judge.sign * best.value, tuple(trials))


def _signature(
    parts: Sequence[Part], given: Mapping[str, Any], task: str, metric: str | None, seed: int
) -> str:
    """What a search is of: rows, what is fixed, what is looked for."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        for array in (part.x, part.y, part.check_x, part.check_y):
            digest.update(np.ascontiguousarray(array).tobytes())
    fixed = sorted((name, repr(value)) for name, value in given.items())
    digest.update(repr((fixed, task, metric, seed, SPACE)).encode())
    return digest.hexdigest()
