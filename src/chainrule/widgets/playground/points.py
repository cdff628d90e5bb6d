"""The points of the playground: made, drawn by hand, from a table, or the caller's arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import random, train
from ...data import Table
from ..widget import UserError
from . import options
from .settings import Settings
from .words import words

SHEET = (-1.2, 1.2, -1.2, 1.2)  # where points are drawn: left, right, bottom, top


@dataclass(frozen=True)
class Problem:
    """What is to be learnt: rows to train on and rows to test on, as they came and scaled.

    ``raw`` and ``raw_test`` are in the units of the picture, ``x`` and ``x_test`` what the network
    sees; ``y`` numbers the classes from 0, or holds the values.
    """

    task: str
    raw: np.ndarray
    y: np.ndarray
    raw_test: np.ndarray
    y_test: np.ndarray
    features: tuple[str, ...]
    classes: tuple[str, ...]
    scaler: Any = None
    square: tuple[float, ...] = ()  # that is shown, where it must not move with the points

    @property
    def x(self) -> np.ndarray:
        """The training rows as the network sees them."""
        return self.scaled(self.raw)

    @property
    def x_test(self) -> np.ndarray:
        """The test rows as the network sees them."""
        return self.scaled(self.raw_test)

    def scaled(self, raw: np.ndarray) -> np.ndarray:
        """Rows in the units of the picture as the network sees them."""
        return raw if self.scaler is None else self.scaler(raw)

    def targets(self, loss: str) -> tuple[np.ndarray, np.ndarray]:
        """The targets of both parts as this loss wants them."""
        return _target(self.y, loss), _target(self.y_test, loss)

    def outputs(self, loss: str) -> int:
        """How many numbers the network must give."""
        return len(self.classes) if options.LOSSES[loss].columns else 1

    def box(self, across: int, up: int) -> list[float]:
        """A square around all points in these two features: [left, right, bottom, top]."""
        if self.square:
            return list(self.square)
        both = np.concatenate([self.raw, self.raw_test])[:, [across, up]]
        low, high = both.min(axis=0), both.max(axis=0)
        reach = np.maximum(0.57 * (high - low), 1e-6 * np.maximum(1, np.abs(high)))
        middle = (low + high) / 2
        if reach.max() < 3 * reach.min():  # a circle stays a circle
            reach = np.full(2, reach.max())
        (left, bottom), (right, top) = middle - reach, middle + reach
        return [float(edge) for edge in (left, right, bottom, top)]


def _target(y: np.ndarray, loss: str) -> np.ndarray:
    row = options.LOSSES[loss]
    if row.columns:
        return y.astype(np.int64)
    return (2 * y - 1 if row.signs else y)[:, None]


class TooFew(UserError):
    """Not enough points are drawn yet."""


def make_problem(
    settings: Settings, own: Sequence[Sequence[float]], table: Table | None
) -> Problem:
    """The points that the settings name, split and scaled; ``TooFew`` where more must be drawn."""
    features, square = ("x1", "x2"), ()
    if settings.data == options.OWN:
        drawn = np.array(own, float).reshape(-1, 3)
        x, y = drawn[:, :2], drawn[:, 2]
        classes = _numbered(max(2, int(y.max(initial=1)) + 1))
        _check_drawn(y)
        square = SHEET
    elif settings.data == options.CSV:
        if table is None:
            raise UserError(words("csv_missing"))
        x, y, features, classes = table.x, table.y, table.features, table.classes
        if not classes:
            y = train.standardize(y)(y)
    else:
        x, y = made(settings)
        task = options.DATA[settings.data].task
        count = settings.classes if options.DATA[settings.data].classes else 2
        classes = () if task == options.REGRESSION else _numbered(count)
    x, x_test, y, y_test = train.train_test_split(
        x, y, test_size=settings.share, stratify=y if classes else None, seed=settings.seed
    )
    scaler = train.standardize(x)
    return Problem(task_of(classes), x, y, x_test, y_test, features, classes, scaler, square)


def task_of(classes: Sequence[str]) -> str:
    """Regression, two classes or several.

    >>> task_of(("no", "yes"))
    'binary'
    """
    if not classes:
        return options.REGRESSION
    return options.BINARY if len(classes) == 2 else options.SEVERAL


def made(settings: Settings) -> Any:
    """Points by formula."""
    return options.generator(settings.data)(random.key(settings.seed), **arguments(settings))


def arguments(settings: Settings) -> dict[str, Any]:
    """What the function of the data set is called with, after the key."""
    named = {"n": settings.count, "noise": round(settings.noise, 6)}
    return named | ({"classes": settings.classes} if options.DATA[settings.data].classes else {})


def given(x: Any, y: Any) -> Problem:
    """The caller's arrays: features (N, d), and labels or values (N,) or (N, 1)."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or len(x) != len(y) or x.shape[1] < 2:
        raise ValueError(
            f"the playground needs x of shape (N, 2 or more) and as many y, got {x.shape} and "
            f"{y.shape}"
        )
    y = y.reshape(len(y), -1)
    y = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0]
    kinds = np.unique(y)
    is_classes = len(kinds) <= 10 and np.array_equal(kinds, np.arange(len(kinds)))
    classes = _numbered(len(kinds)) if is_classes else ()
    features = tuple(f"x{i + 1}" for i in range(x.shape[1]))
    parts = train.train_test_split(x, y, test_size=0.3, stratify=y if is_classes else None)
    return Problem(
        task_of(classes), parts[0], parts[2], parts[1], parts[3], features, classes, None
    )


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


def _check_drawn(y: np.ndarray) -> None:
    if (np.bincount(y.astype(int)) >= 2).sum() < 2:
        raise TooFew(words("draw_more"))
