"""The table of all checks, in the order in which they are made: causes before consequences."""

from __future__ import annotations

import numpy as np

from . import activations, data, fit, gradients, learning_rate, loss, modes, output
from .report import Check, Finding, Measured, Report
from .subject import Subject

_FAMILIES = (data, loss, activations, gradients, output, modes, learning_rate, fit)
CHECKS: tuple[Check, ...] = tuple([check for family in _FAMILIES for check in family.CHECKS])


def examine(subject: Subject, quick: bool) -> Report:
    """The findings of all checks, or of all that train nothing."""
    findings: list[Finding] = []
    subject.quick = quick
    checks = [check for check in CHECKS if not (check.slow and quick)]
    for check in checks:
        if any(found.id in check.unless for found in findings):
            continue
        with np.errstate(all="ignore"):  # numbers may overflow; that is found, not warned of
            measured = check.find(subject)
        if measured is not None:
            findings.append(_finding(check, measured))
            if check.id == "target-coding":  # the loss cannot be run on such targets
                break
    return Report(findings, len(checks))


def _finding(check: Check, measured: Measured) -> Finding:
    return Finding(
        check.id,
        check.title,
        check.severity,
        measured.text,
        float(measured.number),
        float(measured.bound),
        check.why,
        measured.change or check.change,
        measured.where,
        measured.draw,
    )
