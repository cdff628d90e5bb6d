"""Operations on each element alone: every elementwise row of the package, by itself."""

import functools

import numpy as np

from chainrule.engine.errors import DtypeError
from chainrule.engine.primitives import elementwise as ew
from chainrule.engine.primitives import logic as lg
from chainrule.engine.trace import apply
from chainrule.engine.types import TensorType
from tests.conformance.rows import ROWS

from .builder import broadcasts, whole, within
from .inputs import DTYPES, FLOATS, pick

COMMON = ("add", "subtract", "multiply", "divide", "tanh", "exp", "log", "maximum", "relu", "less")
SHARES = {row: 1 + 4 * (row.name in COMMON) for row in ROWS.values() if row.derivatives}
NUMBERS = (0, 1, 2, -1, 0.5, 1.0, 3.0, -0.25)


@functools.cache
def defined(row, *dtypes):
    """Whether NumPy's rule knows these dtypes, and gives the one that the row's type rule says."""
    said = row.infer(*[TensorType.of((2,), dtype) for dtype in dtypes])
    try:
        with np.errstate(all="ignore"):
            found = row.numpy(*[np.ones(2, dtype) for dtype in dtypes])
    except TypeError:
        return False
    return found.dtype == said.dtype


def any_row(b):
    """One of the rows that work at each place."""
    row = pick(b.rng, SHARES)
    operands = _operands(b, row)
    if row.name == "power" and operands[-1].dtype.kind in "iub":
        operands[-1] = lg.bitwise_and(operands[-1], 7)  # no integer has a negative power
    try:
        result = row(*operands)
    except DtypeError:
        return None
    known = defined(row, *[x.dtype for x in result.inputs])
    return result if known else None


def _operands(b, row):
    first = b.take()
    operands = [first]
    for _ in row.derivatives[1:]:
        met = b.take(lambda x: _meets(x, first))
        operands.append(met)
    operands = [_into_domain(b, row, x) for x in operands]
    if len(operands) > 1 and b.chance(0.15) and row.name != "power":
        number = NUMBERS[b.rng.integers(len(NUMBERS))]
        operands[-1] = abs(number) if first.dtype.kind == "u" else number
    if len(operands) > 1 and b.chance(0.2):
        operands.reverse()
    return operands


def _meets(x, first):
    shapes = x.shape, first.shape
    largest = max(shapes, key=lambda shape: (len(shape), np.prod(shape)))
    return broadcasts(x.shape, largest) and broadcasts(first.shape, largest)


def _into_domain(b, row, x):
    """Mostly where the row is smooth, or at least finite; else wherever the value is."""
    if not x.type.is_float or (row.finite and row.domain == (-2.0, 2.0)) or b.chance(0.3):
        return x
    return within(x, *row.domain)


def convert(b):
    x, dtype = b.take(), np.dtype(pick(b.rng, DTYPES))
    if x.type.is_float and dtype.kind in "iu":
        return whole(x, dtype)
    return apply(lg.convert, x, dtype=dtype)


def bitcast(b):
    x = b.take(lambda x: x.dtype.kind != "b")
    if x is None:
        return None
    alike = [d for d in DTYPES if d != "bool" and np.dtype(d).itemsize == x.dtype.itemsize]
    return apply(lg.bitcast, x, dtype=np.dtype(b.rng.choice(alike)))


def select(b):
    x = b.take()
    y = b.take(lambda y: _meets(y, x) and y.dtype == x.dtype)
    condition = b.take(lambda c: _meets(c, x) and broadcasts(c.shape, x.shape))
    return lg.where(condition, x, y)


def constant_power(b):
    x = b.take_float()
    exponent = b.rng.choice([3.0, -1, 1.5, -0.5, 0, 1.0, 2.5, 4, -2]).item()
    if x is not None:
        x = x if exponent in (3.0, 4) or b.chance(0.2) else within(x, 0.3, 2.0)
        return apply(ew.constant_power, x, exponent=exponent)
    return None


def polygamma(b):
    x = b.take_float(lambda x: x.size < 500)
    if x is None:
        return None
    return apply(ROWS["polygamma"], within(x, 0.3, 4.0), order=int(b.rng.integers(1, 4)))


def gamma_sample(b):
    x = b.take_float()
    if x is None:
        return None
    return apply(ROWS["gamma_sample"], within(x, 0.5, 3.0), within(-x, 0.5, 3.0))


def chain(b):
    """A formula of several steps, as users write them: the last layer of something."""
    x = b.take_float()
    if x is None:
        return None
    y = x
    for _ in range(b.rng.integers(2, 6)):
        y = _link(b, x, y)
    return y


def _link(b, x, y):
    kind = b.rng.integers(0, 7)
    if kind == 0:
        return ew.tanh(y)
    if kind == 1:
        return y * x
    if kind == 2:
        return 0.5 * y + x
    if kind == 3:
        return lg.maximum(y, 0.1)
    if kind == 4:
        return ew.exp(-ew.square(y))
    if kind == 5:
        return ew.sigmoid(y) - y
    return y / (1.0 + ew.square(x))


def float_again(b):
    """Something real again, in the dtype of a network."""
    x = b.take(lambda x: not x.type.is_float)
    return None if x is None else lg.astype(x, b.rng.choice(FLOATS[:2]))
