"""A random program, written down as it is made: steps that each use some of the values so far."""

import numpy as np

from chainrule.engine.primitives import elementwise as ew
from chainrule.engine.primitives import logic as lg
from chainrule.engine.primitives import reductions as rd
from chainrule.engine.primitives import views as vw

from .inputs import MOST, pick

DEEPEST = 2  # loops in loops


class Builder:
    """Holds the values so far; the same generator state and types give the same program.

    ``smooth``: what has no derivative (while_loop) is left out.
    """

    def __init__(self, rng, pool, lengths, smooth=False, depth=0):
        self.rng, self.lengths, self.smooth, self.depth = rng, lengths, smooth, depth
        self.pool = list(pool)

    def chance(self, share):
        return self.rng.random() < share

    def take(self, fits=lambda x: True):
        """A value that fits, later ones likelier, the same one often; None if there is none."""
        found = [x for x in self.pool if fits(x)]
        if not found:
            return None
        back = min(int(self.rng.exponential(3.0)), len(found) - 1)
        return found[-1 - back]

    def take_float(self, fits=lambda x: True):
        return self.take(lambda x: x.type.is_float and fits(x))

    def run(self, steps, operations):
        """Add the results of so many operations to the pool."""
        shares = {op: op.share for op in operations if self._may_use(op)}
        for _ in range(steps):
            result = pick(self.rng, shares).function(self)
            for value in result if isinstance(result, tuple | list) else (result,):
                if value is not None and value.size <= MOST:
                    self.pool.append(value)

    def _may_use(self, op):
        if op.nests and self.depth >= DEEPEST:
            return False
        return not (self.smooth and op.rough)

    def inside(self, arguments, captured=2):
        """A builder for a function of these arguments, which captures some of the values here."""
        outer = [self.take() for _ in range(captured)]
        few = [x for x in outer if x.size <= 300]
        return Builder(self.rng, [*few, *arguments], self.lengths, self.smooth, self.depth + 1)

    def fit(self, value, kind):
        """A value brought to a type, whatever it was."""
        if value.dtype.kind == "f" and kind.dtype.kind in "iu":
            value = whole(value, kind.dtype)
        value = lg.astype(value, kind.dtype)
        if value.shape == kind.shape:
            return value
        if not broadcasts(value.shape, kind.shape):
            value = lg.astype(rd.sum(value, dtype=None if kind.is_float else np.int64), kind.dtype)
        return vw.broadcast_to(value, kind.shape)


def broadcasts(shape, target):
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


def whole(x, dtype):
    """A real number as an integer that the dtype holds: NumPy defines no other conversion."""
    low = 0 if np.dtype(dtype).kind == "u" else -100
    bounded = lg.minimum(lg.maximum(x, low), 100)
    safe = lg.where(lg.isnan(x), lg.zeros_like(x), bounded)
    return lg.astype(safe, dtype)


def within(x, low, high):
    """Values moved into an interval, smoothly."""
    return low + (high - low) * ew.sigmoid(x)
