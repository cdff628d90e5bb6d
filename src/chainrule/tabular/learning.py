"""learn: train a network on the numbers of a table, by a recipe."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import optim, random
from ..optim import schedules
from ..train import Chunks, EarlyStopping, fit
from .calibration import calibrated_loss, temperature
from .learned import Learned
from .losses import TASKS, Criterion
from .network import TableNetwork
from .recipe import Recipe
from .rows import Reader, split, units

PRIOR, STRONGEST = 3.0, 0.009  # share of the weights that a step takes: 3 / rows, at most 0.009
CALIBRATED = "calibrated loss"  # the metric that decides which epoch was the best
UNKNOWN = 1_000_000  # rows of a stream that does not say how many it has
UPDATES = {
    "adamw": optim.AdamW,
    "adam": optim.Adam,
    "sgd": optim.SGD,
    "rmsprop": optim.RMSprop,
    "adagrad": optim.Adagrad,
    "lion": optim.Lion,
}


def learn(
    recipe: Recipe,
    x: Any,
    y: Any,
    *,
    task: str,
    classes: int | None = None,
    validation: tuple[Any, ...] | None = None,
    weights: Any = None,
    embedded: Sequence[tuple[int, int]] = (),
    callbacks: Any = (),
    progress: bool | str = False,
    checkpoints: Any = None,
    resume: bool = False,
    start: Learned | None = None,
) -> Learned:
    """Train a ``TableNetwork`` as the recipe says.

    Parameters
    ----------
    recipe
        A ``Recipe``.
    x, y
        float32[n, width]; class numbers int[n] (binary, multiclass), 0 and 1 float32[n, labels]
        (multilabel), or values float32[n] or [n, outputs] (regression). x may be ``train.Chunks``
        of pieces ``(x, y)`` or ``(x, y, weights)``, for data larger than memory, and y None; then
        ``validation`` is needed, and decides the units of values and the weights of classes.
    task
        binary, multiclass, multilabel or regression.
    classes
        How many classes there are; None: the largest number in y, and one.
    validation
        ``(x, y)`` or ``(x, y, weights)`` of your own; else the recipe's fraction is kept apart, by
        classes.
    weights
        One for each row.
    embedded
        Pairs (column of x, number of codes), as in ``TableNetwork``.
    callbacks, progress, checkpoints, resume
        As in ``chainrule.train.fit``.
    start
        Go on from this network, and from its units.

    >>> x = np.linspace(-1, 1, 64, dtype=np.float32).reshape(-1, 1)
    >>> found = learn(Recipe(hidden=(8,), epochs=50), x, (x[:, 0] > 0).astype(int), task="binary")
    >>> found.predict(x[:2]), found.predict_proba(x[:2]).shape
    (array([0, 0]), (2, 2))
    """
    learning = Learning(
        recipe,
        x,
        y,
        task=task,
        classes=classes,
        validation=validation,
        weights=weights,
        embedded=embedded,
        start=start,
    )
    return learning.train(callbacks, progress, checkpoints, resume)


class Learning:
    """What ``learn`` is about to do, with the same arguments; ``train`` does it.

    ``learned`` is what is trained, ``epochs`` and ``batch`` are how long and in what portions.
    """

    def __init__(
        self,
        recipe: Recipe,
        x: Any,
        y: Any,
        *,
        task: str,
        classes: int | None = None,
        validation: tuple[Any, ...] | None = None,
        weights: Any = None,
        embedded: Sequence[tuple[int, int]] = (),
        start: Learned | None = None,
    ) -> None:
        if task not in TASKS:
            raise ValueError(f"task must be one of {', '.join(TASKS)}, not {task!r}")
        self.recipe, self.criterion = recipe, Criterion(recipe, task)
        key, split_key, self._key = random.split(random.key(recipe.seed), 3)
        # What is in memory: the rows themselves, of a stream those to validate on.
        first = _first(x, y, weights, validation)
        if start is None:
            count = _number_of(task, first[1], classes)
            start = _untrained(recipe, np.shape(first[0])[1], task, count, embedded, key)
        learned = self.learned = start
        learned.recipe = recipe
        reader = Reader(recipe, task, learned.classes, *first[1:])
        learned.is_flat = reader.is_flat
        rows, self.check = reader.read(*first), None
        if isinstance(x, Chunks):
            self.check = rows
        elif validation is not None:
            self.check = reader.read(*validation)
        else:
            rows, self.check = split(recipe, rows, task, split_key)
        if recipe.calibrate and self.check is None and task != "regression":
            raise ValueError(
                "calibrate=True needs rows to validate on: a validation_fraction above 0, or "
                "validation=(x, y)"
            )
        if task == "regression" and learned.center is None:
            learned.center, learned.scale = units(rows)
        self.check = self._in_units(self.check)
        count = len(rows)
        if isinstance(x, Chunks):
            count = x.examples or UNKNOWN
            self.data = Chunks(self._pieces(reader, x), x.rows, x.examples)
        else:
            self.data = self._in_units(rows).pair()
        if learned.optimizer is None:
            learned.optimizer = _optimizer(recipe, learned.network, count)
        self.batch = min(recipe.batch_size or batch_size(count), count)
        self.epochs = recipe.epochs or epochs_for(count, self.batch)
        self.steps = self.epochs * math.ceil(count / self.batch)

    def _in_units(self, rows: Any) -> Any:
        """With standardised values, where the task is to find values."""
        if rows is None or self.learned.task != "regression":
            return rows
        return replace(rows, y=(rows.y - self.learned.center) / self.learned.scale)

    def _pieces(self, reader: Reader, chunks: Chunks) -> Callable[[int], Any]:
        def of(epoch: int) -> Any:
            for piece in chunks.of(epoch):
                yield self._in_units(reader.read(*piece)).pair()

        return of

    def train(
        self,
        callbacks: Any = (),
        progress: bool | str = False,
        checkpoints: Any = None,
        resume: bool = False,
    ) -> Learned:
        """Train the network, and fit the temperature."""
        recipe, learned, check = self.recipe, self.learned, self.check
        calibrates = check is not None and learned.task != "regression"
        calibrates = calibrates and recipe.calibrate is not False
        patience = recipe.patience or self.epochs + 1
        stopping = EarlyStopping(patience, monitor=CALIBRATED if calibrates else "loss")
        learned.history = fit(
            learned.network.train(),
            self.criterion,
            learned.optimizer,
            self.data,
            epochs=self.epochs,
            batch_size=self.batch,
            validation=None if check is None else check.pair(),
            metrics={CALIBRATED: _calibrated_loss} if calibrates else None,
            early_stopping=None if check is None else stopping,
            callbacks=callbacks,
            progress=progress,
            key=self._key,
            l2=recipe.l2,
            clip=recipe.clip,
            schedule=_schedule(recipe, self.steps),
            lint=False,
            checkpoints=checkpoints,
            resume=resume,
        )
        learned.temperature = 1.0
        if calibrates:
            learned.temperature = temperature(learned.raw(check.x), check.y, check.weight)
        return learned


def _calibrated_loss(target: Any, z: Any) -> float:
    return calibrated_loss(z, *target)


def batch_size(rows: int) -> int:
    """About 20 batches an epoch, each of about 16 to 512 rows, all equal where that is possible.

    A last batch of another size would need a program of its own, which takes time to compile.

    >>> [batch_size(rows) for rows in (100, 1000, 1055, 100_000)]
    [20, 50, 64, 500]
    """
    usual = min(512, max(16, 2 ** math.ceil(math.log2(max(1, rows / 20)))))
    equal = [size for size in range(3 * usual // 4, 3 * usual // 2 + 1) if rows % size == 0]
    return min(equal, key=lambda size: abs(math.log(size / usual)), default=usual)


def epochs_for(rows: int, batch: int) -> int:
    """About 2,000 steps; at most 200 epochs, at least 20 (of very many rows, 3).

    >>> [epochs_for(rows, batch_size(rows)) for rows in (1000, 100_000, 10_000_000)]
    [100, 20, 3]
    """
    least = min(20, max(3, 2_000_000 // rows))
    return min(200, max(least, round(2000 / math.ceil(rows / batch))))


# -- the network and its optimizer -------------------------------------------------------------


def _number_of(task: str, y: Any, classes: int | None) -> int:
    if task == "binary":
        return 2
    if task == "multiclass":
        return int(np.max(y)) + 1 if classes is None else classes
    return 1 if np.ndim(y) == 1 else int(np.shape(y)[1])


def _first(x: Any, y: Any, weights: Any, validation: Any) -> tuple[Any, Any, Any]:
    """x, y and weights that are in memory."""
    if not isinstance(x, Chunks):
        return x, y, weights
    if validation is None or y is not None or weights is not None:
        raise TypeError(
            "learn: rows in Chunks come with their y and weights, learn(recipe, chunks, None), and "
            "need validation=(x, y): rows in memory that show what the others are like"
        )
    x, y, *others = validation
    return x, y, others[0] if others else None


def _untrained(
    recipe: Recipe,
    width: int,
    task: str,
    classes: int,
    embedded: Sequence[tuple[int, int]],
    key: Any,
) -> Learned:
    settings = {
        "width": width,
        "outputs": 1 if task == "binary" else classes,
        "hidden": list(recipe.hidden),
        "activation": recipe.activation,
        "dropout": recipe.dropout,
        "batch_norm": recipe.batch_norm,
        "embedded": [list(pair) for pair in embedded],
        "embedding": recipe.embedding,
        "dtype": recipe.dtype,
    }
    network = TableNetwork(**settings, key=key)
    return Learned(network, task, classes, recipe, settings)


def _optimizer(recipe: Recipe, network: TableNetwork, rows: int) -> Any:
    made = UPDATES[recipe.optimizer]
    settings = {"lr": recipe.learning_rate}
    if recipe.optimizer in ("adamw", "lion"):
        decay = recipe.weight_decay
        usual = min(STRONGEST, PRIOR / rows) / recipe.learning_rate
        settings["weight_decay"] = usual if decay is None else decay
    if recipe.optimizer == "sgd":
        settings |= {"momentum": 0.9, "nesterov": True}
    return made(network.parameters(), **settings)


def _schedule(recipe: Recipe, steps: int) -> Callable[[int], Any] | None:
    """The rate of each step, in a table: one by one, NumPy would take as long as the steps."""
    rate = recipe.learning_rate
    if recipe.schedule == "cosine":
        made = schedules.cosine(rate, steps, warmup=steps // 20)
    elif recipe.schedule == "one-cycle" and steps > 6:
        made = schedules.one_cycle(rate, steps)
    elif recipe.schedule == "exponential":
        made = schedules.exponential(rate, 0.01 ** (1 / steps))
    else:
        return None
    rates = made(np.arange(steps)).tolist()
    return lambda step: rates[min(step, steps - 1)]
