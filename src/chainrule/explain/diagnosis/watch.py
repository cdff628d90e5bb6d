"""Diagnosis: a callback of ``fit`` that looks at the network while it learns."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from .activations import dead_share, flat_share
from .checks import examine
from .gradients import gradient_norms
from .report import Report
from .subject import Subject


class Diagnosis:
    """Looks at activations, gradients and loss after each epoch; its ``report`` is the last word.

    Parameters
    ----------
    model, loss, data, validation, optimizer, batch_size, weights
        As for ``diagnose``, and as given to ``fit``.
    every
        Epochs from one look to the next.

    ``epochs`` holds a dict for each look: ``epoch``, ``loss``, ``validation_loss``, and by layer
    ``gradients`` (norms), ``dead`` and ``flat`` (shares of ReLUs, of sigmoids and tanhs) and the
    ``ids`` of what was found. ``report`` is of the newest look; at the end it is a full one.

    >>> import chainrule as cr, numpy as np
    >>> from chainrule.explain.diagnosis import Diagnosis
    >>> x = np.linspace(-1, 1, 64).reshape(-1, 1)
    >>> net = cr.nn.Sequential(cr.nn.Linear(1, 8), cr.nn.Tanh(), cr.nn.Linear(8, 1))
    >>> optimizer = cr.optim.Adam(net.parameters(), lr=0.05)
    >>> watch = Diagnosis(net, cr.nn.MSELoss(), (x, x**2), optimizer=optimizer)
    >>> history = cr.train.fit(net, cr.nn.MSELoss(), optimizer, (x, x**2), epochs=20,
    ...                        callbacks=[watch])
    >>> watch.report.ids, len(watch.epochs), sorted(watch.epochs[0]["gradients"])
    ([], 20, ['0 (Linear)', '2 (Linear)'])
    """

    def __init__(
        self,
        model: Any,
        loss: Callable[..., Any],
        data: Any,
        validation: Any = None,
        optimizer: Any = None,
        batch_size: int | None = 32,
        weights: Any = None,
        every: int = 1,
    ) -> None:
        self.model, self._every = model, every
        self._given = {"loss": loss, "data": data, "validation": validation}
        self._given |= {"batch_size": batch_size, "weights": weights}
        self._optimizer = optimizer
        self.epochs: list[dict[str, Any]] = []
        self.report = Report([], 0)

    def on_epoch(self, run: Any) -> None:
        """Look, unless it is not yet time."""
        if run.epoch % self._every == 0:
            subject = self._subject(run)
            self.report = examine(subject, quick=True)
            self.epochs.append(_record(subject, run) | {"ids": self.report.ids})

    def on_end(self, run: Any) -> None:
        """The full diagnosis of what came out."""
        if run.losses:
            self.report = examine(self._subject(run, self._optimizer), quick=False)

    def _subject(self, run: Any, optimizer: Any = None) -> Subject:
        present = run.params
        model = (present, self.model[1]) if isinstance(self.model, tuple) else self.model
        history = SimpleNamespace(
            losses=np.array(run.losses),
            epoch_losses=np.array(run.epoch_losses),
            validation_losses=np.array(run.validation_losses),
        )
        return Subject(model, history=history, optimizer=optimizer, **self._given)


def _record(subject: Subject, run: Any) -> dict[str, Any]:
    seen = subject.seen
    dead, flat = {}, {}
    for activation in seen.activations:
        value = seen.value(activation.node)
        if activation.kind == "ReLU":
            dead[activation.name] = dead_share(value, activation.units)
        else:
            flat[activation.name] = flat_share(activation.kind, value)
    return {
        "epoch": run.epoch,
        "loss": float(run.epoch_losses[-1]),
        "validation_loss": run.validation_loss,
        "gradients": gradient_norms(subject),
        "dead": dead,
        "flat": flat,
    }
