"""Why does it not learn? Measurements of a model on its data, each against a bound.

``diagnose`` looks once, ``Diagnosis`` looks on while ``fit`` trains. The table of checks is
``CHECKS``; each family of checks has a file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .checks import CHECKS, examine
from .report import Check, Finding, Report
from .subject import Subject
from .watch import Diagnosis

__all__ = ["CHECKS", "Check", "Diagnosis", "Finding", "Report", "diagnose"]


def diagnose(
    model: Any,
    loss: Callable[..., Any],
    data: Any,
    *,
    validation: Any = None,
    optimizer: Any = None,
    history: Any = None,
    batch_size: int | None = 32,
    weights: Any = None,
    step: Callable[..., Any] | None = None,
    predict: Callable[..., Any] | None = None,
    quick: bool = False,
) -> Report:
    """What keeps this model from learning: a report of findings, each measured by running it.

    Everything is run on copies: model, optimizer, data and the default random stream are afterwards
    as they were.

    Parameters
    ----------
    model, loss, data, validation, batch_size, weights
        As for ``train.fit``; the model before training, or after it.
    optimizer
        Of ``chainrule.optim``; with it the learning rate is tried, and others beside it.
    history
        What ``fit`` returned, for the fit of training and validation part; or an object with
        ``losses``, ``epoch_losses`` and ``validation_losses``.
    step
        Your own training step ``step(x, y)``, which is run twice to see whether gradients pile up.
    predict
        Your own evaluation ``predict(x)``, which is run twice to see whether its answers stay.
    quick
        Leave out the checks that train copies (range test, single batch): a few milliseconds.

    Findings are graded ``error``, ``warning`` and ``note``; ``docs/see/diagnose.md`` has the table
    of checks with their bounds.

    >>> import chainrule as cr, numpy as np
    >>> x = np.linspace(-1, 1, 64).reshape(-1, 1)
    >>> net = cr.nn.Sequential(cr.nn.Linear(1, 8), cr.nn.ReLU(), cr.nn.Linear(8, 1))
    >>> cr.diagnose(net, cr.nn.MSELoss(), (1000 * x, x)).ids
    ['unscaled-inputs']
    """
    subject = Subject(
        model,
        loss,
        data,
        validation=validation,
        optimizer=optimizer,
        history=history,
        batch_size=batch_size,
        weights=weights,
        step=step,
        predict=predict,
    )
    return examine(subject, quick)
