"""The acceptance of diagnose: what is broken is found, what is healthy is left alone."""

import pytest

import chainrule as cr

from .corpus.broken import BROKEN
from .corpus.healthy import HEALTHY

OTHERS = 2  # findings beside the expected ones: consequences, such as a high first loss


def report(make):
    arguments = make()
    model, loss, data = (arguments.pop(name) for name in ("model", "loss", "data"))
    return cr.diagnose(model, loss, data, **arguments)


@pytest.mark.parametrize(
    ("expected", "make"), [pytest.param(*row[1:], id=row[0]) for row in BROKEN]
)
def test_the_fault_is_found(expected, make):
    found = report(make)
    assert expected <= {finding.id for finding in found.warnings}, found
    assert len(found.warnings) <= len(expected) + OTHERS, found


@pytest.mark.parametrize("make", [pytest.param(row[1], id=row[0]) for row in HEALTHY])
def test_no_false_alarm(make):
    found = report(make)
    assert not found.warnings, found


def test_the_corpus_is_large_enough():
    assert len(BROKEN) >= 40
    assert len(HEALTHY) >= 20
    assert len({make for *_, make in [*BROKEN, *HEALTHY]}) == len(BROKEN) + len(HEALTHY)


def test_every_check_has_a_broken_network():
    tried = set().union(*[expected for _, expected, _ in BROKEN])
    notes = {check.id for check in cr.explain.diagnosis.CHECKS if check.severity == "note"}
    assert {check.id for check in cr.explain.diagnosis.CHECKS} - notes == tried
