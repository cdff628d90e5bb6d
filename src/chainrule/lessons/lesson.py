"""What a notebook holds of its lesson: it checks answers and keeps progress."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from .exercise import Verdict, judge
from .progress import Progress
from .shelf import entries, exercises
from .texts import t


class Lesson:
    """A lesson, by its name and the folder of the notebook.

    >>> lesson = Lesson("01_line", "lessons")
    >>> print(lesson.check("line", lambda w, b, x: w * x + b))
    ✔ line
      ✔ With w = 0 the line is flat: b everywhere.
      ✔ One step to the right is w upwards.
      ✔ It takes all of x at once.
    """

    def __init__(self, name: str, folder: str | Path | None = None) -> None:
        self.name = name
        self.exercises = exercises(name)
        self._progress = Progress(folder or Path.cwd())
        self._verdicts: dict[str, tuple[Any, Verdict]] = {}  # of the newest answers

    def check(self, name: str, answer: Any) -> Verdict:
        """Try an answer to the exercise of this name; show the verdict, keep that it is solved."""
        if name not in self.exercises:
            known = ", ".join(self.exercises)
            raise ValueError(f"lesson {self.name} has no exercise {name!r}; it has {known}")
        verdict = self._judged(name, answer)
        if verdict.passed:
            self._progress.add(self.name, name)
        return verdict

    def _judged(self, name: str, answer: Any) -> Verdict:
        """The verdict; an answer that has one already is not tried again."""
        newest, verdict = self._verdicts.get(name, (self, None))
        if verdict is None or newest is not answer:
            verdict = judge(self.exercises[name], answer)
            self._verdicts[name] = answer, verdict
        return verdict

    def progress(self, *answers: Any) -> Page:
        """How many exercises are solved now, and what comes next.

        The answers are named only so that marimo runs this again when one of them changes.
        """
        tried = zip(self.exercises, answers, strict=True)
        solved = sum(self._judged(name, answer).passed for name, answer in tried)
        key = "progress_all" if solved == len(answers) else "progress"
        lines = [t(key, solved=solved, total=len(answers))]
        later = [entry for entry in entries() if entry.name > self.name]
        if later:
            lines.append(t("next", title=later[0].title))
        return Page("".join(f"<p>{escape(line)}</p>" for line in lines))


class Page:
    """HTML that notebooks show as it is."""

    def __init__(self, html: str) -> None:
        self.html = html

    def _repr_html_(self) -> str:
        return self.html
