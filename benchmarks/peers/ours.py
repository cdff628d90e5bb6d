"""Chainrule: the whole run as one jitted ``scan``, and ``fit``."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import chainrule as cr
import chainrule.nn.functional as F
from chainrule.optim import functional as optim

from ..workloads import Arrays, Work, make_loss, parameters_of

# A run that is not compiled must not pass for one that is.
warnings.filterwarnings("error", message="chainrule could not compile")


class Ops:
    relu, tanh = F.relu, F.tanh
    mse, bce, xent = F.mse_loss, F.binary_cross_entropy_with_logits, F.cross_entropy

    @staticmethod
    def dense(x: Any, w: Any, b: Any) -> Any:
        return x @ w + b


def _optimizer(work: Work) -> Any:
    make = {"gd": optim.sgd, "adam": optim.adam, "adamw": optim.adamw}[work.optimizer]
    return make(work.rate)


def scan(work: Work, arrays: Arrays) -> Any:
    init, update, get_params = _optimizer(work)
    gradient = cr.value_and_grad(make_loss(work, Ops))
    x, y, order = arrays["x"], arrays["y"], arrays.get("order")
    numbers = np.arange(work.updates, dtype=np.int32)

    @cr.jit
    def train(state: Any, x: Any, y: Any, order: Any) -> Any:
        def step(state: Any, each: Any) -> Any:
            i, rows = each
            batch = (x, y) if rows is None else (x[rows], y[rows])
            loss, grads = gradient(get_params(state), *batch)
            return update(i, grads, state), loss

        return cr.lax.scan(step, state, (numbers, order))

    start = init(parameters_of(arrays))
    return lambda: train(start, x, y, order)[1]


def fit(work: Work, arrays: Arrays) -> Any:
    """As a user would: it shuffles by itself, and takes the last, smaller batch too."""
    from chainrule.train import fit

    theta = parameters_of(arrays)
    loss = make_loss(work, Ops)
    epochs = work.epochs if work.batch else work.steps

    def run() -> Any:
        history = fit(
            (theta, loss.predict),
            getattr(Ops, work.loss),
            _optimizer(work),
            (arrays["x"], arrays["y"]),
            epochs=epochs,
            batch_size=work.batch,
            progress=False,
        )
        return history.losses

    return run
