"""lint: mistakes that a traced graph, a Module or a source shows before any training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from . import flow, layers, losses, numbers, scripts
from .report import Mistake, Report
from .subject import Subject

RULES: tuple[Callable[[Subject], Iterator[Mistake]], ...] = (
    losses.column_against_row,
    losses.softmax_twice,
    losses.sigmoid_twice,
    losses.logits_as_probabilities,
    losses.softmax_of_one,
    losses.target_out_of_reach,
    numbers.log_of_zero,
    numbers.log1p_of_minus_one,
    numbers.root_of_zero,
    numbers.division_by_zero,
    numbers.power_of_negative,
    numbers.softmax_that_overflows,
    flow.unused_parameter,
    flow.zero_gradient,
    layers.linear_twice,
    layers.symmetric_units,
    layers.training_mode_at_evaluation,
    scripts.missing_zero_grad,
    scripts.scaler_sees_test_rows,
)


class LintWarning(UserWarning):
    """A mistake that ``fit`` found in the model or the loss before training."""


def lint(subject: Any, *args: Any) -> Report:
    """The mistakes in a function, a loss or a Module, found by reading its graph and its source.

    Parameters
    ----------
    subject
        A loss ``f(params, x, y)``; a function of Modules that it is given or names; a training
        step in PyTorch's style (it runs up to its first ``backward()``); a Module; or a function
        that prepares data, whose source alone is read.
    args
        Example arguments. The floating-point arrays of the first one are free; where Modules or
        Parameters are used, those are, and the arrays are data. Nothing of theirs is changed.

    Each rule is a row of ``RULES``; what the rules know is in the graph, so a mistake in a branch
    that was not taken is not seen.

    >>> import numpy as np
    >>> def loss(w, x, y):
    ...     return np.mean((x @ w - y) ** 2)
    >>> x = np.ones((4, 2))
    >>> lint(loss, np.array([[0.1], [0.2]]), x, np.arange(4.0)).ids
    ['column-against-row']
    >>> lint(loss, np.array([0.1, 0.2]), x, np.arange(4.0)).ids
    []
    """
    return report_on(Subject(subject, args))


def report_on(subject: Subject) -> Report:
    """What all rules say of a subject, each mistake once."""
    found = [mistake for rule in RULES for mistake in rule(subject)]
    unique = {(mistake.rule, mistake.line, mistake.what): mistake for mistake in found}
    return Report(list(unique.values()), len(subject.nodes))


__all__ = ["RULES", "LintWarning", "Mistake", "Report", "Subject", "lint", "report_on"]
