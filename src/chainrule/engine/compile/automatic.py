"""Automatic: NumPy evaluates a graph at first; one that keeps coming back is compiled.

The switch happens after a number of calls that the graph alone decides, never the clock: the same
program gives the same bits in each run.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ..config import config
from ..errors import CompilationUnavailable, ConcreteValueError
from ..graph import Graph
from ..interpret import Program, assemble, watch
from ..simplify import simplify

_SOON = 3  # calls after which a graph is compiled whose evaluation takes long
_LATER = 24  # and one whose evaluation takes little


def measured(program: Callable[..., Any], *args: Any) -> Any:
    """``program(*args)``; where a profile is made, it takes the time."""
    profile = config.now.get("profile")
    return program(*args) if profile is None else profile.measure(program, *args)


class Automatic:
    """A graph as a function of its input arrays: evaluated, or compiled.

    Parameters
    ----------
    at_once
        Compile at the first call (``jit``), unless ``config.compile`` is False.
    """

    def __init__(self, graph: Graph, at_once: bool = False) -> None:
        self.graph = graph
        self._at_once = at_once
        self._evaluated: Program | None = None
        self._compiled: dict[Any, Program] = {}
        self._chosen: tuple[Any, Program | None] = (None, None)  # under these settings, this one
        self._calls = 0
        self._wanted = _SOON if len(graph) > 200 else _LATER
        self._lock = threading.Lock()
        self.why_not = ""

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """The results for these input values; they are the caller's own."""
        now = config.now
        settings, chosen = self._chosen
        if settings is now and not watch.on:
            return chosen(values)  # type: ignore[misc]
        setting = now["compile"]
        program: Program | None
        if setting is False or watch.on or self.why_not:
            program = self.evaluated
        elif setting == "auto" and not self._at_once and self._calls < self._wanted:
            self._calls += 1
            return measured(self.evaluated, values)  # type: ignore[no-any-return]
        else:
            program = self._compiled.get(config.for_code) or self._compile()
        if not watch.on and "profile" not in now:
            self._chosen = now, program
        found: list[Any] = measured(program, values)
        return found

    @property
    def evaluated(self) -> Program:
        """The graph as NumPy calls."""
        if self._evaluated is None:
            self._evaluated = assemble(simplify(self.graph), owned=True)
        return self._evaluated

    def _compile(self) -> Program:
        if config.why_not:
            self.why_not = config.why_not
            return self.evaluated
        from .program import Compiled

        key = config.for_code
        with self._lock:
            if key in self._compiled:
                return self._compiled[key]
            program, self.why_not = attempt(lambda: Compiled(self.graph), self.graph)
            if program is None:
                return self.evaluated
            self._compiled[key] = program
            return self._compiled[key]


def attempt(make: Callable[[], Any], graph: Graph) -> tuple[Any, str]:
    """What ``make`` compiles from a graph; or None, and why it could not."""
    try:
        return make(), ""
    except CompilationUnavailable as error:
        config.give_up(str(error))
        return None, str(error)
    except ConcreteValueError:
        raise  # the program's own mistake, which evaluation would tell as well
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        warnings.warn(
            f"chainrule could not compile a graph of {len(graph)} nodes and evaluates it with "
            f"NumPy instead; please report this: {reason}",
            RuntimeWarning,
            stacklevel=2,
        )
        return None, reason
