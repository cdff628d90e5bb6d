"""learn: train a network on the numbers of a table, by a recipe."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import optim, random
from ..optim import schedules
from ..train import EarlyStopping, fit, train_test_split
from .calibration import temperature
from .learned import Learned
from .losses import TASKS, Criterion, takes_weight
from .network import TableNetwork
from .recipe import Recipe

PRIOR = 300  # rows that AdamW's decay is worth
FEW = 2000  # rows below which each is needed for training more than for validation
UPDATES = {
    "adamw": optim.AdamW,
    "adam": optim.Adam,
    "sgd": optim.SGD,
    "rmsprop": optim.RMSprop,
    "adagrad": optim.Adagrad,
    "lion": optim.Lion,
}


@dataclass
class _Rows:
    """Examples as ``fit`` wants them: y of the loss's shape, weights 1 on average or None."""

    x: Any
    y: Any
    weight: Any = None

    def take(self, rows: Any) -> _Rows:
        weight = None if self.weight is None else self.weight[rows]
        return _Rows(self.x[rows], self.y[rows], weight)

    def pair(self) -> tuple[Any, Any]:
        return self.x, (self.y, self.weight)

    def __len__(self) -> int:
        return len(self.x)


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
        (multilabel), or values float32[n] or [n, outputs] (regression).
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
        if start is None:
            classes = _number_of(task, y, classes)
            start = _untrained(recipe, np.shape(x)[1], task, classes, embedded, key)
        learned = self.learned = start
        learned.recipe = recipe
        self.rows, self.check = _rows(recipe, learned, x, y, weights), None
        if validation is not None:
            self.check = _rows(recipe, learned, *validation)
        else:
            self.rows, self.check = _split(recipe, self.rows, task, split_key)
        if task == "regression":
            if learned.center is None:
                learned.center, learned.scale = _units(self.rows)
            for part in (self.rows, self.check):
                if part is not None:
                    part.y = (part.y - learned.center) / learned.scale
        if learned.optimizer is None:
            learned.optimizer = _optimizer(recipe, learned.network, len(self.rows))
        count = len(self.rows)
        self.batch = min(recipe.batch_size or batch_size(count), count)
        self.epochs = recipe.epochs or epochs_for(count, self.batch)

    def train(
        self,
        callbacks: Any = (),
        progress: bool | str = False,
        checkpoints: Any = None,
        resume: bool = False,
    ) -> Learned:
        """Train the network, and fit the temperature."""
        recipe, learned, check = self.recipe, self.learned, self.check
        patience = recipe.patience or self.epochs + 1
        learned.history = fit(
            learned.network.train(),
            self.criterion,
            learned.optimizer,
            self.rows.pair(),
            epochs=self.epochs,
            batch_size=self.batch,
            validation=None if check is None else check.pair(),
            early_stopping=None if check is None else EarlyStopping(patience),
            callbacks=callbacks,
            progress=progress,
            key=self._key,
            l2=recipe.l2,
            clip=recipe.clip,
            schedule=_schedule(recipe, self.epochs * math.ceil(len(self.rows) / self.batch)),
            lint=False,
            checkpoints=checkpoints,
            resume=resume,
        )
        learned.temperature = 1.0
        if recipe.calibrate is not False and check is not None and learned.task != "regression":
            learned.temperature = temperature(learned.raw(check.x), check.y, check.weight)
        return learned


def batch_size(rows: int) -> int:
    """About 20 batches an epoch, each of 16 to 512 rows.

    >>> [batch_size(rows) for rows in (100, 1000, 100_000)]
    [16, 64, 512]
    """
    return min(512, max(16, 2 ** math.ceil(math.log2(max(1, rows / 20)))))


def epochs_for(rows: int, batch: int) -> int:
    """About 2,000 steps; 20 to 200 epochs.

    >>> epochs_for(1000, 64)
    125
    """
    return min(200, max(20, round(2000 / math.ceil(rows / batch))))


# -- the network and its optimizer -------------------------------------------------------------


def _number_of(task: str, y: Any, classes: int | None) -> int:
    if task == "binary":
        return 2
    if task == "multiclass":
        return int(np.max(y)) + 1 if classes is None else classes
    return 1 if np.ndim(y) == 1 else int(np.shape(y)[1])


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
        settings["weight_decay"] = PRIOR / max(100, rows) if decay is None else decay
    if recipe.optimizer == "sgd":
        settings |= {"momentum": 0.9, "nesterov": True}
    return made(network.parameters(), **settings)


def _schedule(recipe: Recipe, steps: int) -> Callable[[int], Any] | None:
    rate = recipe.learning_rate
    if recipe.schedule == "cosine":
        return schedules.cosine(rate, steps, warmup=steps // 20)
    if recipe.schedule == "one-cycle" and steps > 6:
        return schedules.one_cycle(rate, steps)
    if recipe.schedule == "exponential":
        return schedules.exponential(rate, 0.01 ** (1 / steps))
    return None


# -- rows --------------------------------------------------------------------------------------


def _rows(recipe: Recipe, learned: Learned, x: Any, y: Any, weights: Any = None) -> _Rows:
    """Examples in the shapes and types of the loss; rows of weight 0 are left out."""
    x = np.ascontiguousarray(x, recipe.dtype)
    y = np.asarray(y)
    weight = _weights(recipe, learned, y, weights)
    if learned.task == "multiclass":
        y = y.astype(np.int64)
    else:
        learned.is_flat = y.ndim == 1
        y = y.astype(np.float64 if learned.task == "regression" else recipe.dtype)
        y = y.reshape(len(y), -1)
    rows = _Rows(x, y, weight)
    return rows if weight is None or weight.all() else rows.take(np.flatnonzero(weight))


def _weights(recipe: Recipe, learned: Learned, y: Any, weights: Any) -> Any:
    """The rows' weights times their classes', 1 on average; None where all are equal."""
    found = None if weights is None else np.asarray(weights, np.float64)
    if recipe.class_weight is not None:
        if learned.task not in ("binary", "multiclass"):
            raise ValueError(f"class_weight is for classes; the task is {learned.task}")
        labels = y.astype(int)
        each = _class_weights(recipe.class_weight, labels, learned.classes, found)
        found = each[labels] * (1 if found is None else found)
    if found is None or np.all(found == found[0]):
        return None
    if callable(recipe.loss) and not takes_weight(recipe.loss):
        raise ValueError(
            "there are weights, but your loss has no parameter weight=: write it as "
            "loss(prediction, target, weight=None)"
        )
    return (found / found[found > 0].mean()).astype(recipe.dtype)


def _class_weights(wanted: Any, labels: Any, classes: int, weights: Any) -> Any:
    if wanted == "balanced":
        counts = np.bincount(labels, weights, minlength=classes)
        present = counts > 0
        return np.where(present, counts.sum() / present.sum() / np.where(present, counts, 1), 0)
    return np.array([float(wanted.get(label, 1.0)) for label in range(classes)])


def _split(recipe: Recipe, rows: _Rows, task: str, key: Any) -> tuple[_Rows, _Rows | None]:
    """A part to train on, and one to validate on or None."""
    fraction = recipe.validation_fraction
    if fraction is None:
        fraction = 0.1 if len(rows) >= FEW or recipe.calibrate else 0.0
    count = math.ceil(fraction * len(rows))
    if not count or len(rows) < 2:
        return rows, None
    labels = {"binary": np.ravel(rows.y), "multiclass": rows.y}.get(task)
    train, test = train_test_split(
        np.arange(len(rows)), test_size=min(count, len(rows) - 1), stratify=labels, key=key
    )
    return rows.take(np.sort(train)), rows.take(np.sort(test))


def _units(rows: _Rows) -> tuple[Any, Any]:
    """Mean and standard deviation of each output, by the rows' weights; 1 of a constant one."""
    center = np.average(rows.y, axis=0, weights=rows.weight)
    scale = np.sqrt(np.average((rows.y - center) ** 2, axis=0, weights=rows.weight))
    tiny = 1e-12 * np.maximum(np.abs(center), 1e-300)
    scale = np.where(scale > tiny, scale, 1.0)
    return center, scale
