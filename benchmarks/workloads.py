"""What is computed: eight trainings, and networks of any size for the scaling plots.

Every peer gets the same float32 arrays, the same initial parameters and, where there are
mini-batches, the same rows in the same order. NumPy is all that is needed here, so that a process
which is timed from its start imports nothing that its peer does not need.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Work:
    """A network, its loss, and how it is trained.

    ``sizes`` are the layers' widths; none: the two scalars w and b of a line. ``batch`` None is
    descent on all rows. Adam's constants are the usual ones; AdamW decays by 0.01.
    """

    name: str
    title: str
    rows: int
    sizes: tuple[int, ...]
    activation: str  # relu, tanh
    loss: str  # mse, bce (of logits), xent (of logits and class numbers)
    rate: float
    steps: int  # in each epoch
    optimizer: str = "gd"  # adam, adamw
    batch: int | None = None
    epochs: int = 1
    rounds: int = 7
    threads: int | None = 1  # of BLAS and PyTorch, whose pools lose on small work; None: theirs
    # Relative, of the final loss: float32 sums in other orders, and a ReLU at its kink may fall to
    # either side, which Adam's first steps enlarge.
    tolerance: float = 1e-3

    @property
    def updates(self) -> int:
        """Steps in all."""
        return self.steps * self.epochs

    @property
    def depth(self) -> int:
        """Layers."""
        return len(self.sizes) - 1


# fmt: off
WORKS = {
    work.name: work
    for work in (
        Work("line", "50 points, 2 scalars, 3,000 steps",
             50, (), "relu", "mse", 0.01, 3000),
        Work("logistic", "200×2, 3,000 steps",
             200, (2, 1), "relu", "bce", 0.1, 3000),
        Work("signs", "200×2, 2-16-1 ReLU, BCE, 1,000 steps",
             200, (2, 16, 1), "relu", "bce", 0.1, 1000),
        Work("curve", "200×1, 1-10-1 ReLU, MSE, 2,000 steps",
             200, (1, 10, 1), "relu", "mse", 0.05, 2000),
        Work("molecules", "1055×41, 41-20-1 tanh, BCE, 3,000 steps",
             1055, (41, 20, 1), "tanh", "bce", 0.1, 3000, rounds=5),
        Work("digits", "1797×64, 64-128-10 ReLU, batch 32, AdamW, 20 epochs",
             1797, (64, 128, 10), "relu", "xent", 1e-3, 56, "adamw", 32, 20,
             rounds=5, tolerance=0.02),
        Work("big", "60,000×784, 784-256-128-10 ReLU, batch 128, Adam, 2 epochs",
             60_000, (784, 256, 128, 10), "relu", "xent", 1e-3, 468, "adam", 128, 2,
             rounds=3, threads=None, tolerance=0.02),
        Work("huge", "1024×1024, 1024-4096-4096-10 ReLU, 20 steps",
             1024, (1024, 4096, 4096, 10), "relu", "xent", 0.05, 20,
             rounds=2, threads=None),
    )
}
# fmt: on


def named(name: str) -> Work:
    """One of the eight, or ``mlp,rows=200,inputs=8,width=16,depth=2,steps=100``.

    >>> named("mlp,rows=200,inputs=8,width=16,depth=2,steps=100").sizes
    (8, 16, 16, 1)
    """
    if name in WORKS:
        return WORKS[name]
    given = {key: int(value) for key, value in (part.split("=") for part in name.split(",")[1:])}
    sizes = (given["inputs"], *([given["width"]] * given["depth"]), 1)
    rows, steps, threads = given["rows"], given["steps"], given.get("threads", 1)
    return Work(name, name, rows, sizes, "tanh", "mse", 0.01, steps, threads=threads)


# -- data --------------------------------------------------------------------------------------


def make_arrays(work: Work) -> Arrays:
    """x, y, the initial parameters, and for mini-batches ``order``: row numbers (updates, batch).

    The digits are scikit-learn's; the molecules are QSAR biodegradation where its file is there
    (see ``chainrule.data.load_biodeg``), else numbers of that shape; all others are generated.
    """
    rng = np.random.default_rng(7)
    x, y = _points(work, rng)
    arrays = {"x": x.astype(np.float32), "y": y.astype(np.int32 if work.loss == "xent" else "f4")}
    arrays |= initial_parameters(work, rng)
    if work.batch is not None:
        orders = [rng.permutation(work.rows) for _ in range(work.epochs)]
        used = work.steps * work.batch
        order = np.stack([o[:used].reshape(work.steps, work.batch) for o in orders])
        arrays["order"] = order.reshape(-1, work.batch).astype(np.int32)
    return arrays


def initial_parameters(work: Work, rng: np.random.Generator) -> Arrays:
    """Weights drawn with variance 2/inputs (1/inputs for tanh) and zeros; a bad line."""
    if not work.sizes:
        return {"w": np.float32(-1), "b": np.float32(4)}
    theta: Arrays = {}
    gain = 1.0 if work.activation == "tanh" else 2.0
    for i, (inputs, outputs) in enumerate(layers(work), start=1):
        scale = math.sqrt(gain / inputs)
        theta[f"W{i}"] = (scale * rng.normal(size=(inputs, outputs))).astype(np.float32)
        theta[f"b{i}"] = np.zeros(outputs, np.float32)
    return theta


def layers(work: Work) -> Iterator[tuple[int, int]]:
    """(inputs, outputs) of each layer."""
    return zip(work.sizes, work.sizes[1:], strict=False)


def _points(work: Work, rng: np.random.Generator) -> tuple[Any, Any]:
    n = work.rows
    if work.name == "line":
        x = rng.uniform(-2, 2, n)
        return x, 2.5 * x + 1 + rng.normal(0, 0.5, n)
    if work.name == "signs":
        x = rng.uniform(-1, 1, (n, 2))
        return x, x[:, 0] * x[:, 1] > 0
    if work.name == "curve":
        x = rng.uniform(-1, 1, (n, 1))
        return x, x[:, 0] ** 2 + rng.normal(0, 0.05, n)
    if work.name == "molecules" and (found := _biodegradation()):
        return found
    if work.name == "digits":
        return _digits()
    x = rng.normal(size=(n, work.sizes[0]))
    if work.loss == "xent":  # clouds around ten centres
        y = rng.integers(0, work.sizes[-1], n)
        centres = rng.normal(size=(work.sizes[-1], work.sizes[0]))
        return np.maximum(0.3 * centres[y] + x, 0), y
    score = x @ rng.normal(size=work.sizes[0]) + rng.normal(size=n)
    return x, score > 0 if work.loss == "bce" else np.tanh(score)


def _biodegradation() -> tuple[Any, Any] | None:
    from chainrule.data import DataError, load_biodeg

    try:
        table = load_biodeg(download=False)
    except DataError:
        return None
    return (table.x - table.x.mean(0)) / table.x.std(0), table.y


def _digits() -> tuple[Any, Any]:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return x / 16, y


# -- the network, over a library's functions ---------------------------------------------------


def make_loss(work: Work, ops: Any) -> Any:
    """``loss(theta, x, y)`` by a library's ``dense``, ``relu``, ``tanh``, ``mse``, ``bce``, ..."""
    activation = getattr(ops, work.activation)
    criterion = getattr(ops, work.loss)

    def predict(theta: Any, x: Any) -> Any:
        if not work.sizes:
            return theta["w"] * x + theta["b"]
        for i in range(1, work.depth):
            x = activation(ops.dense(x, theta[f"W{i}"], theta[f"b{i}"]))
        x = ops.dense(x, theta[f"W{work.depth}"], theta[f"b{work.depth}"])
        return x if work.loss == "xent" else x[:, 0]

    def loss(theta: Any, x: Any, y: Any) -> Any:
        return criterion(predict(theta, x), y)

    loss.predict = predict
    return loss


def parameters_of(arrays: Arrays) -> Arrays:
    """The initial parameters among the arrays of a work."""
    return {name: value for name, value in arrays.items() if name not in ("x", "y", "order")}
