"""An exercise: its checks, hints, solution and typical mistakes, and the verdict on an answer."""

from __future__ import annotations

import ast
import inspect
import textwrap
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import limit
from .check import Wrong
from .texts import show, t


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer: the solution with a piece replaced, and what the check says to it."""

    old: str
    new: str
    says: str

    def apply(self, solution: str) -> str:
        """The source of the wrong answer."""
        if self.old not in solution:
            raise ValueError(f"{self.old!r} is not in the solution:\n{solution}")
        return solution.replace(self.old, self.new)


@dataclass(frozen=True)
class Exercise:
    """An exercise of a lesson.

    Attributes
    ----------
    name
        Of the function, class or value that the learner writes; the solution has the same name.
    check
        A generator: yields what must hold, then tries it (see ``chainrule.lessons.check``).
    hints
        Each a step further than the one before.
    mistakes
        At least three; the tests make sure that the check rejects them with what they say.
    """

    name: str
    check: Callable[[Any], Iterator[str]]
    hints: Sequence[str]
    mistakes: Sequence[Mistake]
    solution: str = ""


@dataclass
class Verdict:
    """What a check found."""

    exercise: Exercise
    done: list[str] = field(default_factory=list)  # what was found to hold
    failed: str = ""  # what does not hold
    message: str = ""
    wrong: Wrong | None = None
    is_open: bool = False

    @property
    def passed(self) -> bool:
        """Whether everything holds."""
        return not self.is_open and not self.message

    def __str__(self) -> str:
        """For the terminal."""
        if self.is_open:
            return f"○ {self.exercise.name}: {self.message}"
        head = f"{'✔' if self.passed else '✘'} {self.exercise.name}"
        lines = [head, *(f"  ✔ {each}" for each in self.done)]
        if self.failed:
            lines.append(f"  ✘ {self.failed}")
        return "\n".join([*lines, *textwrap.indent(self.message, "    ").splitlines()])

    def _repr_html_(self) -> str:
        from .card import card

        return card(self)


def judge(exercise: Exercise, answer: Any) -> Verdict:
    """Try an answer: what holds, and the first thing that does not.

    >>> from chainrule.lessons.check import agrees
    >>> from chainrule.lessons.cases import number
    >>> def check(square):
    ...     yield "It is the square."
    ...     agrees(square, lambda x: x * x, x=number())
    >>> print(judge(Exercise("square", check, [], []), lambda x: 2 * x))
    ✘ square
      ✘ It is the square.
        With x = 1 yours gives 2, but it must be 1.
    """
    verdict = Verdict(exercise)
    if is_open(answer):
        verdict.is_open = True
        verdict.message = t("open")
        return verdict
    if _asks_for_a_call(exercise.solution) and not callable(answer):
        verdict.message = t("not_callable", got=show(answer), name=exercise.name)
        return verdict
    claim = ""
    try:
        with limit.at_most(limit.SECONDS):
            for claim in exercise.check(answer):
                if verdict.failed:
                    verdict.done.append(verdict.failed)
                verdict.failed = claim
    except Wrong as wrong:
        verdict.message, verdict.wrong = str(wrong), wrong
        return verdict
    except (Exception, limit.TookTooLong) as error:
        verdict.message = _what_stopped(error, answer)
        return verdict
    verdict.done.append(verdict.failed)
    verdict.failed = ""
    return verdict


def is_open(answer: Any) -> bool:
    """Whether an answer still has a ``...`` of the learner's to replace.

    >>> is_open(...), is_open(0.1)
    (True, False)
    """
    if answer is ...:
        return True
    if not (inspect.isfunction(answer) or inspect.isclass(answer)):
        return False
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(answer)))
    except (OSError, TypeError, SyntaxError):
        return False
    return any(_is_dots(getattr(node, "value", None)) for node in ast.walk(tree))


def _asks_for_a_call(solution: str) -> bool:
    """Whether a solution is a function or a class, so that an answer must be one too."""
    return solution.lstrip().startswith(("def ", "class "))


def _is_dots(node: Any) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _what_stopped(error: BaseException, answer: Any) -> str:
    """The error, and the last line of the learner's own on the way to it."""
    message = t("raised", kind=type(error).__name__, message=error)
    if isinstance(error, limit.TookTooLong):
        message = t("endless", seconds=show(limit.SECONDS))
    if isinstance(error, TypeError | AttributeError) and "NoneType" in str(error):
        message = f"{message}\n{t('none_used')}"
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == file and frame.line]
    if not own:
        return message
    return f"{message}\n{t('raised_at', line=own[-1].lineno, source=own[-1].line)}"
