"""Sine, cosine, tangent and their inverses in vectors; errors in ulp as in ``exponentials.py``."""

from __future__ import annotations

import math

from .angles import Angles
from .basics import INFINITY
from .instructions import Value

# sin r = r + r³ (c₀ + c₁ r² + ...) and cos r = 1 - r²/2 + r⁴ (c₀ + c₁ r² + ...) for |r| ≤ π/4.
_SIN = {
    "f32": (
        -0.1666666716337204,
        0.008333329111337662,
        -0.00019839327433146536,
        2.71823728326126e-06,
    ),
    "f64": (
        -0.16666666666666632,
        0.008333333333322316,
        -0.0001984126982972524,
        2.755731366206456e-06,
        -2.5050753264932058e-08,
        1.5896504936401828e-10,
    ),
}
_COS = {
    "f32": (
        0.04166664555668831,
        -0.001388736185617745,
        2.4437729734927416e-05,
    ),
    "f64": (
        0.0416666666666666,
        -0.001388888888887399,
        2.480158728939494e-05,
        -2.7557314326027723e-07,
        2.0875719557675866e-09,
        -1.1359448603698814e-11,
    ),
}

# arctan t = t + t³ (c₀ + c₁ t² + ...) for |t| ≤ √2 - 1.
_ARCTAN = {
    "f32": (
        -0.33333316445350647,
        0.19998489320278168,
        -0.1424383819103241,
        0.10595916211605072,
        -0.06083226203918457,
    ),
    "f64": (
        -0.333333333333332,
        0.19999999999954046,
        -0.1428571428024462,
        0.11111110785931598,
        -0.09090897830208418,
        0.0769206152107769,
        -0.0666311901253932,
        0.05847998588113088,
        -0.05039797520208994,
        0.03807706737930921,
        -0.017920871496361918,
    ),
}

# arcsin t = t + t³ (c₀ + c₁ t² + ...) for |t| ≤ 1/2.
_ARCSIN = {
    "f32": (
        0.16666659712791443,
        0.07500512152910233,
        0.044515468180179596,
        0.03181983157992363,
        0.014393751509487629,
        0.03757823258638382,
    ),
    "f64": (
        0.16666666666666763,
        0.07499999999970093,
        0.04464285717529025,
        0.03038194267509981,
        0.02237221591053855,
        0.01735159542298035,
        0.013981019399077902,
        0.01139728639854335,
        0.01078935650012363,
        0.003672057567887529,
        0.02179094515097061,
        -0.02111712614155917,
        0.03270240825681397,
    ),
}

# What is left of π/2 and π after rounding.
_HALF_PI_REST = {"f32": -4.3711390001862426e-08, "f64": 6.123233995736766e-17}


class Trigonometry(Angles):
    """Functions of angles, and angles of ratios."""

    def sin(self, x: Value) -> Value:
        """sin x for all x; 1.5 ulp."""
        quadrant, r, rest = self.reduce_angle(self.abs(x))
        y = self._sin_or_cos(quadrant, r, rest)
        negative = self.not_equal(quadrant & 2, 0) ^ (self.bits_of(x) < 0)
        return self._of_finite(x, self.select(negative, -y, y))

    def cos(self, x: Value) -> Value:
        """cos x = sin(x + π/2) for all x; 1.5 ulp."""
        quadrant, r, rest = self.reduce_angle(self.abs(x))
        y = self._sin_or_cos(quadrant + 1, r, rest)
        negative = self.not_equal((quadrant + 1) & 2, 0)
        return self._of_finite(x, self.select(negative, -y, y))

    def tan(self, x: Value) -> Value:
        """sin x / cos x for all x; 3 ulp."""
        quadrant, r, rest = self.reduce_angle(self.abs(x))
        sin, cos = self._sin_near_0(r, rest), self._cos_near_0(r, rest)
        odd = self.not_equal(quadrant & 1, 0)
        y = self.select(odd, -cos, sin) / self.select(odd, sin, cos)
        return self._of_finite(x, self.select(self.bits_of(x) < 0, -y, y))

    def arctan(self, x: Value) -> Value:
        """The angle in [-π/2, π/2] with this tangent; 2.3 ulp."""
        angle = self._arctan_ratio(self.abs(x), self.lift(1, x))
        return self.copysign(angle, x)

    def arctan2(self, y: Value, x: Value) -> Value:
        """The angle in [-π, π] of the point (x, y); 2.1 ulp."""
        top, bottom = self.abs(y), self.abs(x)
        both = self.equal(top, INFINITY) & self.equal(bottom, INFINITY)
        large = (top > 1e30) | (bottom > 1e30)  # so that the sum of the two is finite
        scale = self.select(large, self.lift(0.25, x), 1)
        top, bottom = self.select(both, 1, top * scale), self.select(both, 1, bottom * scale)
        angle = self._arctan_ratio(top, bottom)
        behind = self.bits_of(x) < 0
        angle = self.select(behind, math.pi - (angle - 2 * _HALF_PI_REST[x.kind]), angle)
        found = self.copysign(angle, y)
        return self.select(self.is_nan(x) | self.is_nan(y), x + y, found)

    def arcsin(self, x: Value) -> Value:
        """The angle in [-π/2, π/2] with this sine; 2.3 ulp. NaN for |x| > 1."""
        size = self.abs(x)
        near = size <= 0.5
        y = self._arcsin_near_0(self._half_angle_sine(size, near))
        # arcsin x = π/2 - 2 arcsin √((1 - x)/2)
        far = math.pi / 2 - (y + y - _HALF_PI_REST[x.kind])
        return self.copysign(self.select(near, y, far), x)

    def arccos(self, x: Value) -> Value:
        """The angle in [0, π] with this cosine; 1.2 ulp. NaN for |x| > 1."""
        size = self.abs(x)
        near = size <= 0.5
        rest = _HALF_PI_REST[x.kind]
        y = self._arcsin_near_0(self._half_angle_sine(size, near))
        y = self.copysign(y, x)
        middle = math.pi / 2 - (y - rest)
        end = self.select(x < 0, self.lift(math.pi, x), 0) + (
            y + y + self.select(x < 0, self.lift(2 * rest, x), 0)
        )
        return self.select(near, middle, end)

    def _half_angle_sine(self, size: Value, near: Value) -> Value:
        return self.select(near, size, self.sqrt((1 - size) * 0.5))

    def _arcsin_near_0(self, x: Value) -> Value:
        return self.odd_polynomial(x, _ARCSIN[x.kind])

    def _sin_or_cos(self, quadrant: Value, r: Value, rest: Value | None) -> Value:
        odd = self.not_equal(quadrant & 1, 0)
        return self.select(odd, self._cos_near_0(r, rest), self._sin_near_0(r, rest))

    def _sin_near_0(self, r: Value, rest: Value | None) -> Value:
        """sin(r + rest)."""
        square = r * r
        cubic = r * square * self.polynomial(square, _SIN[r.kind])
        if rest is not None:
            cubic = cubic + rest * self.fma(square, -0.5, 1)
        return r + cubic

    def _cos_near_0(self, r: Value, rest: Value | None) -> Value:
        """cos(r + rest)."""
        square = r * r
        half = 0.5 * square
        near = 1 - half
        fourth = square * square * self.polynomial(square, _COS[r.kind])
        if rest is not None:
            fourth = fourth - r * rest
        return near + ((1 - near) - half + fourth)

    def _arctan_ratio(self, a: Value, b: Value) -> Value:
        """arctan(a/b) for a, b ≥ 0: of a/b, (a - b)/(a + b) or -b/a, where 0, π/4 or π/2 away."""
        steep, middle = a > 2.414213562373095 * b, a > 0.41421356237309503 * b
        top = self.select(steep, -b, self.select(middle, a - b, a))
        bottom = self.select(steep, a, self.select(middle, a + b, b))
        t = top / self.select(self.equal(a, 0), 1, bottom)
        rest = _HALF_PI_REST[a.kind]
        away = self.select(
            steep, self.lift(math.pi / 2, a), self.select(middle, math.pi / 4, 0 * a)
        )
        little = self.select(steep, self.lift(rest, a), self.select(middle, rest / 2, 0 * a))
        return away + (self.odd_polynomial(t, _ARCTAN[a.kind]) + little)

    def _of_finite(self, x: Value, y: Value) -> Value:
        """y; NaN where x is infinite or NaN."""
        return self.select(self.abs(x) < INFINITY, y, x - x)
