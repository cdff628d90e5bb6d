"""The error function and its relatives in vectors; errors in ulp as in ``exponentials.py``.

In float64 by the formulas and coefficients of ``primitives/special.py``, where they are explained.
"""

from __future__ import annotations

import math

from ..primitives import special
from .basics import INFINITY, NAN
from .instructions import Value
from .powers import Powers

# erf x = x + x (c₀ + c₁ x² + ...) for |x| < 1.
_ERF_NEAR = (
    0.12837916612625122,
    -0.3761262595653534,
    0.1128358542919159,
    -0.026853812858462334,
    0.005188327748328447,
    -0.0008010196033865213,
    7.85386873758398e-05,
)
# ln(1 - erf x) = c₀ + c₁ x + ... for 1 ≤ x ≤ 4.
_LOG_OF_TAIL = (
    -0.00034152352600358427,
    -1.1270891427993774,
    -0.638144850730896,
    -0.10310674458742142,
    0.021838055923581123,
    -0.0029476557392627,
    0.0001863788638729602,
)


class Gaussian(Powers):
    """erf, its inverse, and its scaled complement."""

    def erf(self, x: Value) -> Value:
        """2/√π ∫₀ˣ e^-t² dt; 2 ulp, of float64 3 ulp."""
        return self._erf_single(x) if x.kind == "f32" else self._erf_double(x)

    def erfcx(self, x: Value) -> Value:
        """e^x² (1 - erf x): 4 ulp for x ≥ 0; below, x² ulp more."""
        if x.kind == "f32":
            return self.in_double(self.erfcx, x)
        positive = self._erfcx_positive(self.abs(x))
        return self.select(x < 0, 2 * self.exp(x * x) - positive, positive)

    def erfinv(self, y: Value) -> Value:
        """The x with erf x = y; 3 ulp, and for float32 2e-7 of x. NaN for |y| > 1."""
        if y.kind == "f32":
            return self.in_double(lambda y: self._beyond_one(self._erfinv_start(y), y), y)
        x = self.variable(self._erfinv_start(y))
        with self.loop(0, 2):
            x.set(self._halley(x.get(), y))
        return self._beyond_one(x.get(), y)

    def _erf_single(self, x: Value) -> Value:
        size = self.abs(x)
        near = self.fma(size, self.polynomial(size * size, _ERF_NEAR), size)
        size_here = self.select(size > 4, 4, size)
        far = 1 - self._exp_down(self.polynomial(size_here, _LOG_OF_TAIL))
        return self.copysign(self.select(size < 1, near, far), x)

    def _erf_double(self, x: Value) -> Value:
        size = self.abs(x)
        cut = self.select(size > 6, 6, size)
        far = 1 - self._exp_down(-cut * cut) * self._ratio(cut, "MIDDLE")
        near = self._erf_near(size)
        return self.copysign(self.select(size <= special.NEAR, near, far), x)

    def _erf_near(self, x: Value) -> Value:
        return x * self._ratio(x * x, "NEAR")

    def _ratio(self, x: Value, where: str) -> Value:
        """One of Cody's ratios of polynomials."""
        top, bottom = special.CODY[where]
        return self.polynomial(x, top[::-1]) / self.polynomial(x, bottom[::-1])

    def _erfcx_positive(self, x: Value) -> Value:
        near = self.exp(x * x) * (1 - self._erf_near(x))
        s = 1 / (x * x)
        far = (1 / math.sqrt(math.pi) - s * self._ratio(s, "FAR")) / x
        beyond = self.select(x <= 4, self._ratio(x, "MIDDLE"), far)
        return self.select(x <= special.NEAR, near, beyond)

    def _erfinv_start(self, y: Value) -> Value:
        """Giles' polynomials, and beyond float32's numbers the tail's first term."""
        w = -self.log((1 - y) * (1 + y))
        root = self.sqrt(w)
        central = self.polynomial(w - 2.5, special.CENTRAL[::-1])
        tail = self.polynomial(root - 3, special.TAIL[::-1])
        found = y * self.select(w < 5, central, tail)
        if y.kind == "f32":
            return found
        rest = 1 - self.abs(y)
        rough = self.sqrt(-self.log(rest * self.sqrt(math.pi * w)))
        return self.select(w < 16, found, self.copysign(rough, y))

    def _halley(self, x: Value, y: Value) -> Value:
        """A step towards erf x = y; near 1 the tail 1 - |y| says more than y itself."""
        size = self.abs(y)
        decay = self.exp(-x * x)
        tail = (1 - size) - decay * self._erfcx_positive(self.abs(x))
        tail = self.select(y < 0, -tail, tail)
        error = self.select(size < 0.5, self._erf_double(x) - y, tail)
        newton = error / (2 / math.sqrt(math.pi) * decay)
        return x - newton / (1 + x * newton)

    def _beyond_one(self, x: Value, y: Value) -> Value:
        size = self.abs(y)
        end = self.select(self.equal(size, 1), INFINITY, self.lift(NAN, y))
        return self.select(size < 1, x, self.copysign(end, y))
