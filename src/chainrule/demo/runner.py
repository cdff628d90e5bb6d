"""Run experiments, and say how far they are."""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .checks import Outcome

EXPERIMENTS = ("line", "logistic", "signs", "curve", "molecules")
_NEEDED = {"matplotlib": "matplotlib", "sklearn": "scikit-learn"}

Tell = Callable[[float, str], None]


class MissingPackages(ImportError):
    """What the experiments need is not installed; the message says how to install it."""


@dataclass(frozen=True)
class Finished:
    """An experiment that ran."""

    name: str
    module: ModuleType
    outcome: Outcome
    seconds: float

    @property
    def number(self) -> int:
        """Its place among the five, from 1."""
        return EXPERIMENTS.index(self.name) + 1

    @property
    def passed(self) -> bool:
        """Whether all its checks hold."""
        return all(check.passed for check in self.outcome.checks)


def require_packages() -> None:
    """Raise MissingPackages unless all that the experiments need is installed."""
    missing = [name for module, name in _NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise MissingPackages(
            f"the experiments need {' and '.join(missing)}: pip install 'chainrule[demo]' "
            "(in a clone: pip install '.[demo]', or make demo)"
        )


def load(name: str) -> ModuleType:
    """The module of an experiment.

    >>> load("line").TITLE
    'A line'
    """
    if name not in EXPERIMENTS:
        raise ValueError(f"there is no experiment {name!r}; there are {', '.join(EXPERIMENTS)}")
    return importlib.import_module(f"{__package__}.{name}")


def run_experiment(name: str, tell: Tell = lambda share, what: None, **settings: Any) -> Finished:
    """Run one experiment; ``tell(share done, what is going on)`` is called now and then.

    >>> run_experiment("line", steps=10).outcome.checks[3].what
    'dL/dw at bad w and b, by hand'
    """
    module = load(name)
    start = time.perf_counter()
    outcome = module.run(track=_stages(module.STAGES, tell), **settings)
    tell(1.0, "done")
    return Finished(name, module, outcome, time.perf_counter() - start)


def _stages(count: int, tell: Tell) -> Callable[[Iterable[Any], str], Iterator[Any]]:
    """A ``track`` for an experiment whose loops, ``count`` of them, share the bar equally."""
    begun = 0

    def track(loop: Iterable[Any], what: str) -> Iterator[Any]:
        nonlocal begun
        stage = begun
        begun += 1
        turns = list(loop)
        every = max(1, len(turns) // 100)
        for index, turn in enumerate(turns):
            if index % every == 0:
                tell((stage + index / len(turns)) / count, what)
            yield turn

    return track
