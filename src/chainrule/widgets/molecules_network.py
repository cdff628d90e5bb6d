"""A network with one hidden layer that is trained epoch by epoch, and how good its answers are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import nn, optim, random
from ..data import Dataset
from ..engine.compile.jit import jit
from ..engine.transforms import value_and_grad
from ..train import metrics, standardize, train_test_split

MOST_UNITS = 64
BATCH = 32
PARTS = ("training", "validation", "test")
REPEATS = 3


def split(y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Row numbers: 60 % for training, 20 % for validation, 20 % for the test, stratified.

    >>> {name: len(rows) for name, rows in split(np.arange(100) % 2, 0).items()}
    {'training': 60, 'validation': 20, 'test': 20}
    """
    first, second = random.split(random.key(seed))
    rest, test = train_test_split(np.arange(len(y)), test_size=0.2, stratify=y, key=first)
    training, validation = train_test_split(rest, test_size=0.25, stratify=y[rest], key=second)
    return {"training": training, "validation": validation, "test": test}


def logit(params: dict[str, Any], x: Any, mask: Any) -> Any:
    """tanh(x W + b) v + c; ``mask`` silences hidden units (those dropped, and those not there)."""
    hidden = np.tanh(x @ params["w"] + params["b"]) * mask
    return (hidden @ params["v"] + params["c"])[:, 0]


@functools.cache
def _machine() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What begins a training, and one compiled step of it."""
    adam = optim.functional.adam(0.005)

    def loss(params: Any, x: Any, y: Any, mask: Any, l2: Any) -> Any:
        found = nn.functional.binary_cross_entropy_with_logits(logit(params, x, mask), y)
        return found + l2 * ((params["w"] ** 2).sum() + (params["v"] ** 2).sum())

    @jit
    def step(i: Any, state: Any, x: Any, y: Any, units: Any, dropout: Any, l2: Any) -> Any:
        chance = random.uniform(random.fold_in(random.key(7), i), (len(y), MOST_UNITS), np.float32)
        mask = units * (chance >= dropout) / (1 - dropout)
        value, gradient = value_and_grad(loss)(adam.get_params(state), x, y, mask, l2)
        return value, adam.update(i, gradient, state)

    return adam.init, step


class Network:
    """A network features-units-1, its data in three parts, and how far the training has got.

    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(200, 3))
    >>> table = Dataset("signs", x, (x[:, 0] > 0) * 1.0, ("a", "b", "c"), ("no", "yes"))
    >>> network = Network(table, units=8)
    >>> for _ in range(30):
    ...     network.train_epoch()
    >>> network.curves["accuracy"]["validation"][-1] > 0.9
    True
    """

    def __init__(
        self, table: Dataset, units: int = 20, dropout: float = 0.0, l2: float = 0.0, seed: int = 0
    ) -> None:
        self.table, self.seed = table, seed
        self.rows = split(table.y, seed)
        scaled = standardize(table.x[self.rows["training"]])(table.x)
        self._x, self._y = scaled.astype(np.float32), table.y.astype(np.float32)
        self.units = (np.arange(MOST_UNITS) < units).astype(np.float32)
        self._settings = (self.units, np.float32(dropout), np.float32(l2))
        begin, self._step = _machine()
        self._state = begin(self._drawn(units))
        self.epoch, self._count = 0, 0
        self.curves: dict[str, dict[str, list[float]]] = {
            kind: {part: [] for part in PARTS[:2]} for kind in ("loss", "accuracy")
        }
        self._note()

    def _drawn(self, units: int) -> dict[str, Any]:
        """Weights of the size that PyTorch's Linear has: U(±1/√inputs)."""
        features = self._x.shape[1]
        for_w, for_b, for_v = random.split(random.fold_in(random.key(11), self.seed), 3)
        shapes = {"w": (features, MOST_UNITS), "b": (MOST_UNITS,), "v": (MOST_UNITS, 1)}
        bounds = {"w": features**-0.5, "b": features**-0.5, "v": units**-0.5}
        drawn: dict[str, Any] = {"c": np.zeros(1, np.float32)}
        for name, key in zip("wbv", (for_w, for_b, for_v), strict=True):
            drawn[name] = nn.init.uniform(
                key, shapes[name], np.float32, -bounds[name], bounds[name]
            )
        return drawn

    def train_epoch(self) -> None:
        """Go once through the training rows in batches of 32, in a new order."""
        key = random.fold_in(random.key(self.seed + 13), self.epoch)
        order = np.asarray(random.permutation(key, self.rows["training"]))
        size = min(BATCH, len(order))
        for start in range(0, len(order) - size + 1, size):
            rows = order[start : start + size]
            _, self._state = self._step(
                self._count, self._state, self._x[rows], self._y[rows], *self._settings
            )
            self._count += 1
        self.epoch += 1
        self._note()

    def _note(self) -> None:
        for part in PARTS[:2]:
            truth, p = self.answers(part)
            self.curves["loss"][part].append(metrics.log_loss(truth, p))
            self.curves["accuracy"][part].append(metrics.accuracy(truth, p))

    def answers(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Classes and probabilities of class 1 of the rows of a part."""
        rows = self.rows[part]
        return self._y[rows], self._probability(self._x[rows])

    def _probability(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(nn.sigmoid(logit(self._state["params"], x, self.units)))

    def importance(self, part: str) -> list[dict[str, Any]]:
        """How much the area under the ROC curve falls when one column is shuffled, largest first.

        Mean and standard deviation of three shuffles. Breiman 2001.
        """
        rows = self.rows[part]
        x, y = self._x[rows], self._y[rows]
        whole = metrics.roc_auc(y, self._probability(x))
        orders = random.split(random.key(17), REPEATS)
        orders = [np.asarray(random.permutation(key, len(rows))) for key in orders]
        found = []
        for column, name in enumerate(self.table.features):
            falls = []
            for order in orders:
                mixed = x.copy()
                mixed[:, column] = x[order, column]
                falls.append(whole - metrics.roc_auc(y, self._probability(mixed)))
            found.append({"name": name, "mean": np.mean(falls), "std": np.std(falls)})
        return sorted(found, key=lambda row: -row["mean"])


# -- how good are these probabilities? ---------------------------------------------------------


def judge(truth: np.ndarray, p: np.ndarray, threshold: float) -> dict[str, Any]:
    """The confusion matrix at a threshold, and the numbers made of it.

    >>> judge(np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.4, 0.9]), 0.5)["confusion"]
    [[1, 1], [1, 1]]
    """
    counts = metrics.confusion_matrix(truth, p, threshold)
    (kept, alarms), (missed, found) = counts.tolist()
    return {
        "confusion": [[kept, alarms], [missed, found]],
        "point": [alarms / (kept + alarms), found / (missed + found)],
        "accuracy": metrics.accuracy(truth, p, threshold),
        "precision": metrics.precision(truth, p, threshold),
        "recall": metrics.recall(truth, p, threshold),
        "f1": metrics.f1(truth, p, threshold),
    }


def reliability(truth: np.ndarray, p: np.ndarray, bins: int = 10) -> dict[str, Any]:
    """Where p was said, how often did it happen? Rows (mean p, share of class 1, examples).

    ``brier`` is the mean of (p - y)² (Brier 1950), ``constant`` that of always saying the share of
    class 1.

    >>> reliability(np.array([0, 1]), np.array([0.25, 0.75]))["bins"]
    [[0.25, 0.0, 1], [0.75, 1.0, 1]]
    """
    which = np.minimum((p * bins).astype(int), bins - 1)
    rows = [
        [float(p[which == i].mean()), float(truth[which == i].mean()), int((which == i).sum())]
        for i in np.unique(which)
    ]
    share = np.full_like(p, truth.mean())
    return {
        "bins": rows,
        "brier": metrics.mse(truth.astype(p.dtype), p),
        "constant": metrics.mse(truth.astype(p.dtype), share),
        "log_loss": metrics.log_loss(truth, p),
    }


def roc(truth: np.ndarray, p: np.ndarray) -> dict[str, Any]:
    """The ROC curve as points, and the area under it."""
    false_rate, true_rate, _ = metrics.roc_curve(truth, p)
    table = np.column_stack([false_rate, true_rate]).astype(np.float32)
    return {"curve": table, "area": metrics.roc_auc(truth, p)}
