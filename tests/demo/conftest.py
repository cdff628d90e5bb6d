"""The five experiments, run once in full for all tests that look at them."""

import pytest

from chainrule.demo import EXPERIMENTS, run_experiment

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")


@pytest.fixture(scope="session")
def finished():
    """All five in full size; the molecules without network, whatever data that finds."""
    found = []
    for name in EXPERIMENTS:
        settings = {"download": False} if name == "molecules" else {}
        found.append(run_experiment(name, **settings))
    return found
