"""Math: instructions with the functions of mathematics, each for vectors of any length.

One subject a file: ``basics`` (rounding, choices), ``division``, ``exponentials``, ``logarithms``,
``powers``, ``angles`` and ``trigonometry``, ``gaussian``. No library is called: a function is a
polynomial or a ratio of two, all lanes going the same way, so that a number's result depends
neither on its neighbours nor on the length of the vector.
"""

from __future__ import annotations

from ..config import config
from .gaussian import Gaussian
from .machine import this_machine
from .trigonometry import Trigonometry


class Math(Gaussian, Trigonometry):
    """What the rules of elementwise rows are written with."""

    def __init__(self, flags: str = "") -> None:
        super().__init__(flags)
        machine = this_machine(config.cpu)
        is_x86 = machine.triple.startswith("x86_64")
        self.baseline = is_x86 and "+sse4.1" not in machine.features
