"""Operations that hold graphs (loops, branches, calls, derivatives), and random numbers."""

import numpy as np

import chainrule as cr
from chainrule.engine.errors import DifferentiationError
from chainrule.engine.primitives import calls, control, scan
from chainrule.engine.primitives import elementwise as ew
from chainrule.engine.primitives import logic as lg
from chainrule.engine.primitives import reductions as rd
from chainrule.engine.primitives.random import derive_keys, random_bits

from .builder import whole
from .inputs import KEY, random_shape

SMALL = 500  # elements of what a loop carries


def small(x):
    return x.size <= SMALL


def inner_steps(b, operations, arguments, count=None):
    """Values of a few random steps over these arguments."""
    inside = b.inside(arguments)
    inside.run(b.rng.integers(1, 5) if count is None else count, operations)
    return inside


def bounded(b, value):
    return ew.tanh(value) if value.type.is_float and b.chance(0.6) else value


# -- loops -------------------------------------------------------------------------------------


def scanned(b):
    """A scan with one or two carries, over stacks and captured values."""
    carries = [b.take(small) for _ in range(b.rng.integers(1, 3))]
    if any(x is None for x in carries):
        return None
    leading = b.take(lambda x: x.ndim > 0 and x.shape[0] <= 17)
    length, xs = int(b.rng.integers(0, 6)), []
    if leading is not None and b.chance(0.7):
        length = leading.shape[0]
        xs = [leading, b.take(lambda x: x.ndim > 0 and x.shape[0] == length)]
    few = _operations(b)

    def step(carry, rows):
        inside = inner_steps(b, few, [*carry, *rows])
        new = [bounded(b, inside.fit(inside.take(), c.type)) for c in carry]
        return new, [inside.take() for _ in range(b.rng.integers(0, 3))]

    last, ys = scan.scan(step, carries, xs, length=length, reverse=b.chance(0.4))
    return [*last, *ys]


def repeated(b):
    """A while_loop that ends, by a count and sometimes by a value."""
    x = b.take(small)
    if x is None:
        return None
    few, turns, by_value = _operations(b), int(b.rng.integers(0, 6)), b.chance(0.4)

    def goes_on(state):
        i, value = state
        soon = lg.less(i, turns)
        return lg.logical_and(soon, rd.sum(lg.astype(value, np.float64)) < 10) if by_value else soon

    def step(state):
        i, value = state
        inside = inner_steps(b, few, [value, i])
        return i + 1, inside.fit(inside.take(), value.type)

    return control.while_loop(goes_on, step, (0, x))[1]


def descended(b):
    """Some steps of gradient descent, as one scan: a training run."""
    theta = b.take_float(lambda x: small(x) and x.size > 0)
    if theta is None:
        return None
    few = _operations(b)
    state = b.rng.bit_generator.state

    def loss(t):
        b.rng.bit_generator.state = state
        inside = inner_steps(b, few, [t])
        return real_sum(inside, [ew.tanh(inside.take_float()), t])

    def step(t, _):
        value, slope = cr.value_and_grad(loss)(t)
        return t - lg.astype(0.1 * ew.tanh(slope), t.dtype), value

    b.smooth, before = True, b.smooth
    try:
        last, losses = scan.scan(step, theta, None, length=int(b.rng.integers(1, 5)))
    except DifferentiationError:  # a captured value may hang on a row that has no derivative
        return None
    finally:
        b.smooth = before
    return [last, losses]


# -- branches and calls ------------------------------------------------------------------------


def branched(b):
    x, y = b.take(small), b.take(small)
    chooser = b.take(lambda c: c.shape == () and c.dtype.kind in "iub")
    if x is None or y is None:
        return None
    few, count = _operations(b), int(b.rng.integers(2, 4))

    def branch(p, q):
        inside = inner_steps(b, few, [p, q])
        return inside.fit(inside.take(), x.type), inside.fit(inside.take(), y.type)

    if chooser is None or chooser.dtype.kind == "b":
        chooser = rd.any(x > 1) if chooser is None else chooser
        return control.cond(chooser, branch, lambda p, q: branch(q, p), x, y)
    return control.switch(chooser, [branch] * count, x, y)


def checkpointed(b):
    few = _operations(b)
    operands = [b.take(), b.take()]

    def body(p, q):
        inside = inner_steps(b, few, [p, q])
        return [inside.take(), inside.take()]

    return calls.checkpoint(body)(*operands)


def mapped(b):
    """vmap inside of the program; what is captured is shared."""
    x = b.take(lambda x: x.ndim > 0 and 0 < x.shape[0] <= 17)
    if x is None:
        return None
    few = _operations(b)

    def body(row):
        inside = inner_steps(b, few, [row])
        return [inside.take(), inside.take()]

    return cr.vmap(body)(x)


@cr.custom_vjp
def by_hand(x, y):
    return ew.tanh(x * y), x + y


def _kept(x, y):
    t = ew.tanh(x * y)
    return (t, x + y), (x, y, t)


def _pulled(kept, cotangents):
    x, y, t = kept
    ct, ct_sum = cotangents
    slope = ct * (1 - ew.square(t))
    return slope * y + ct_sum, slope * x + ct_sum


by_hand.defvjp(_kept, _pulled)


def custom(b):
    x = b.take_float()
    return None if x is None else by_hand(x, b.take(lambda y: y.type is x.type))


def stopped(b):
    return calls.stop_gradient(b.take())


# -- random numbers ----------------------------------------------------------------------------


def _key(b):
    known = b.take(lambda x: x.type is KEY)
    if known is None or b.chance(0.3):
        known = derive_keys(np.array([1, 2], np.uint32), _number(b))
    return known


def _number(b):
    """An integer scalar as a key is derived with."""
    x = b.take(lambda x: x.dtype.kind in "iu" and x.shape == ())
    if x is None:
        x = rd.sum(whole(lg.astype(b.take(), np.float64), np.uint32))  # exact in any order
    return lg.astype(x, np.uint32)


def random_numbers(b):
    key = _key(b)
    shape = random_shape(b.rng, b.lengths, 2000)
    dtype = b.rng.choice([np.float32, np.float64])
    choice = b.rng.integers(0, 7)
    if choice == 0:
        return random_bits(key, shape=shape, width=int(b.rng.choice([8, 16, 32, 64])))
    if choice == 1:
        return cr.random.split(key, int(b.rng.integers(1, 4)))
    if choice == 2:
        return cr.random.uniform(key, shape, dtype)
    if choice == 3:
        return cr.random.normal(key, shape, dtype)
    if choice == 4:
        return cr.random.bernoulli(key, 0.3, shape)
    if choice == 5:
        return cr.random.randint(key, shape, -5, 20)
    return cr.random.fold_in(key, _number(b))


def permuted(b):
    x = b.take(lambda x: x.ndim > 0 and x.shape[0] > 0)
    return None if x is None else cr.random.permutation(_key(b), x)


# -- one number --------------------------------------------------------------------------------


def real_sum(b, values):
    """Real values weighed into one number, for a derivative."""
    total = 0.0
    for value in values:
        if value.type.is_float:
            weights = b.rng.choice([0.5, 1.0, -0.75], value.shape[-1:])
            total = total + rd.sum(value * weights.astype(value.dtype))
    return total


def _operations(b):
    from .generate import OPERATIONS

    return OPERATIONS
