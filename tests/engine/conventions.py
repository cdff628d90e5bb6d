"""The rows of docs/conventions.md, read as data."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PAGE = Path(__file__).parents[2] / "docs" / "conventions.md"


@dataclass(frozen=True)
class Row:
    """A function of x, where it is looked at, and what the page says of it."""

    expression: str
    at: str
    value: str
    derivative: str
    jax: str
    torch: str

    def __str__(self):
        return f"{self.expression} at {self.at}"

    def function(self, **names):
        return eval(f"lambda x: {self.expression}", {**names, **NUMBERS})

    @property
    def point(self):
        return number(self.at)

    def derivative_of(self, peer):
        """What the page says of a peer's derivative."""
        said = getattr(self, peer)
        return number(self.derivative if said == "same" else said)


NUMBERS = {"inf": math.inf, "nan": math.nan}


def number(text):
    """A cell of the table as an array."""
    return np.array(eval(text, dict(NUMBERS)), float)


def rows():
    """All rows of all tables of the page."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 7 and cells[0].startswith("`"):
            expression, at, value, derivative, why, jax, torch = [c.strip("`") for c in cells]
            assert why
            found.append(Row(expression, at, value, derivative, jax, torch))
    return found
