"""Math: instructions with the functions of mathematics, each for vectors of any length.

One subject a file: ``basics`` (rounding, choices), ``exponentials``, ``logarithms``. No library is
called: each function is a polynomial or a ratio of two, without branches, so that all lanes go the
same way and a number's result does not depend on its neighbours or on the length of the vector.
"""

from __future__ import annotations

from .gaussian import Gaussian
from .trigonometry import Trigonometry


class Math(Gaussian, Trigonometry):
    """What the rules of elementwise rows are written with."""
