"""What each primitive is tried on. Elementwise rows say it themselves; the others stand here."""

import numpy as np

from chainrule.engine import trace
from chainrule.engine.primitives import calls
from chainrule.engine.tree import LEAF, Structure

from .rows import ROWS, Case, draw

INTEGER_ROWS = {
    "bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift",
}  # fmt: skip
SHAPES = [(), (3,), (2, 3), (1,), (0,), (2, 0, 3)]


def elementwise_cases(row):
    """Cases of several shapes within the row's domain, in float64 (or int64 for bits)."""
    count = len(row.derivatives)
    for shape in SHAPES:
        label = "x".join(map(str, shape)) or "scalar"
        if row.name in INTEGER_ROWS:
            size = int(np.prod(shape))
            inputs = [(np.arange(size).reshape(shape) + 3 * i) % 7 for i in range(count)]
        elif row.name.startswith("logical"):
            inputs = [draw(shape, seed=i) > 0 for i in range(count)]
        else:
            inputs = [draw(shape, *row.domain, seed=i) for i in range(count)]
        yield Case(row.name, tuple(inputs), label=label)


def table():
    """All cases, elementwise rows first."""
    found = []
    for row in ROWS.values():
        if row.derivatives:
            found += elementwise_cases(row)
    found += [*dtype_rows(), *views(), *reductions(), *products(), *indexing(), *control()]
    return found + list(random_rows())


# -- rows with parameters ----------------------------------------------------------------------


def dtype_rows():
    x = draw((2, 3))
    for name, dtype in [
        ("f32", np.float32),
        ("f64", np.float64),
        ("i32", np.int32),
        ("bool", np.bool_),
    ]:
        smooth = dtype == np.float64
        yield Case("convert", (x,), {"dtype": np.dtype(dtype)}, f"to-{name}", smooth)
    yield Case("convert", (np.arange(3),), {"dtype": np.dtype(np.float32)}, "i64-to-f32")
    yield Case("convert", (np.zeros((0, 2)),), {"dtype": np.dtype(np.int64)}, "empty", smooth=False)
    yield Case("bitcast", (np.float32([1, -2, 3]),), {"dtype": np.dtype(np.uint32)}, smooth=False)
    for shape in [(), (4,), (0,), (2, 3)]:
        flags = draw(shape, seed=5) > 0
        yield Case("select", (flags, draw(shape), draw(shape, seed=1)), label=str(shape))
    for shape in [(), (4,), (2, 0)]:
        # The value does not depend on the parameter, so finite differences cannot see the slope.
        samples = draw(shape, 0.5, 3.0), draw(shape, 0.5, 3.0, seed=1)
        yield Case("gamma_sample", samples, label=str(shape), smooth=False)
        yield Case("stop_gradient", (draw(shape),), label=str(shape), smooth=False)
        for order in (2, 3):
            x = draw(shape, 0.3, 4.0)
            yield Case("polygamma", (x,), {"order": order}, f"{shape}-{order}")
        for exponent in (3.0, -1, 1.5, -0.5, 0, 1.0):
            x = draw(shape, 0.3, 2.0)
            yield Case("constant_power", (x,), {"exponent": exponent}, f"{shape}-{exponent}")


# -- views -------------------------------------------------------------------------------------


def views():
    x = draw((2, 3))
    yield Case("reshape", (x,), {"shape": (3, 2)}, "2x3")
    yield Case("reshape", (x,), {"shape": (6,)}, "flat")
    yield Case("reshape", (draw(()),), {"shape": (1, 1)}, "scalar")
    yield Case("reshape", (draw((1,)),), {"shape": ()}, "to-scalar")
    yield Case("reshape", (np.zeros((0, 2)),), {"shape": (3, 0)}, "empty")
    yield Case("transpose", (x,), {"axes": (1, 0)}, "2x3")
    yield Case("transpose", (draw((2, 3, 4)),), {"axes": (2, 0, 1)}, "2x3x4")
    yield Case("transpose", (draw(()),), {"axes": ()}, "scalar")
    yield Case("transpose", (np.zeros((2, 0)),), {"axes": (1, 0)}, "empty")
    yield Case("broadcast", (draw(()),), {"shape": (2, 3), "axes": ()}, "scalar")
    yield Case("broadcast", (draw((3,)),), {"shape": (2, 3), "axes": (1,)}, "row")
    yield Case("broadcast", (draw((2,)),), {"shape": (2, 3), "axes": (0,)}, "column")
    yield Case("broadcast", (draw((2, 1)),), {"shape": (4, 2, 3), "axes": (1, 2)}, "length-1")
    yield Case("broadcast", (draw((1,)),), {"shape": (0,), "axes": (0,)}, "to-empty")
    yield Case("broadcast", (x,), {"shape": (2, 3), "axes": (0, 1)}, "same")
    y = draw((5, 6))
    yield Case("slice", (y,), {"start": (1, 0), "stop": (4, 6), "step": (1, 2)}, "5x6")
    yield Case("slice", (y,), {"start": (0, 5), "stop": (5, 6), "step": (3, 1)}, "last")
    yield Case("slice", (y,), {"start": (2, 0), "stop": (2, 6), "step": (1, 1)}, "empty")
    yield Case("slice", (draw(()),), {"start": (), "stop": (), "step": ()}, "scalar")
    yield Case("pad", (x,), {"before": (1, 0), "after": (0, 2), "between": (0, 1)}, "2x3")
    yield Case("pad", (x,), {"before": (0, 0), "after": (0, 0), "between": (2, 0)}, "between")
    yield Case("pad", (draw((1,)),), {"before": (0,), "after": (3,), "between": (4,)}, "one")
    yield Case("pad", (np.zeros((0,)),), {"before": (1,), "after": (1,), "between": (2,)}, "empty")
    yield Case("flip", (x,), {"axes": (0, 1)}, "2x3")
    yield Case("flip", (x,), {"axes": (1,)}, "one-axis")
    yield Case("flip", (np.zeros((0, 2)),), {"axes": (0,)}, "empty")
    yield Case("concatenate", (x, draw((2, 1), seed=1)), {"axis": 1}, "columns")
    yield Case("concatenate", (x, draw((4, 3), seed=1), x), {"axis": 0}, "three")
    yield Case("concatenate", (x,), {"axis": 0}, "single")
    yield Case("concatenate", (np.zeros((0, 3)), x), {"axis": 0}, "empty")


# -- reductions --------------------------------------------------------------------------------

AXES = [
    ((2, 3), (0,)),
    ((2, 3), (1,)),
    ((2, 3), (0, 1)),
    ((2, 3), ()),
    ((), ()),
    ((2, 1, 3), (0, 2)),
]
EMPTY = [((0, 3), (0,)), ((0,), (0,)), ((2, 0), (0,))]


def reductions():
    for name in ("sum", "prod", "max", "min"):
        for shape, axes in AXES:
            yield Case(name, (draw(shape),), {"axes": axes}, f"{shape}{axes}")
    for name in ("sum", "prod"):
        for shape, axes in EMPTY:
            yield Case(name, (draw(shape),), {"axes": axes}, f"{shape}{axes}")
    for name in ("max", "min"):
        yield Case(name, (np.zeros((2, 0)),), {"axes": (0,)}, "empty")
    yield Case("prod", (np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 1.0]]),), {"axes": (1,)}, "zeros")
    for name in ("any", "all"):
        for shape, axes in AXES + EMPTY:
            yield Case(name, (draw(shape) > 0,), {"axes": axes}, f"{shape}{axes}")
    for name in ("argmax", "argmin"):
        for shape, axis in [((4,), 0), ((2, 3), 1), ((2, 3), 0), ((1,), 0), ((2, 0), 0)]:
            yield Case(name, (draw(shape),), {"axis": axis}, f"{shape}{axis}")
    for name in ("cumsum", "cumprod"):
        for shape, axis in [((4,), 0), ((2, 3), 1), ((2, 3), 0), ((1,), 0), ((0,), 0), ((2, 0), 0)]:
            yield Case(name, (draw(shape),), {"axis": axis}, f"{shape}{axis}")
    yield Case("cumprod", (np.array([2.0, 0.0, 3.0, 0.0, 1.5]),), {"axis": 0}, "zeros")


# -- products ----------------------------------------------------------------------------------


def products():
    for spec, *shapes in [
        ("ab,bc->ac", (2, 3), (3, 4)),
        ("ab,b->a", (2, 3), (3,)),
        ("a,a->", (3,), (3,)),
        ("a,b->ab", (2,), (3,)),
        ("sab,sbc->sac", (2, 2, 3), (2, 3, 1)),
        ("sab,bc->cas", (2, 2, 3), (3, 2)),
        ("abc,cb->a", (2, 3, 2), (2, 3)),
        (",a->a", (), (3,)),
        (",->", (), ()),
        ("ab,ab->ab", (2, 3), (2, 3)),
        ("ab->ba", (2, 3)),
        ("ab,bc,cd->ad", (2, 3), (3, 2), (2, 1)),
        ("ab,bc->ac", (0, 3), (3, 2)),
        ("ab,bc->ac", (2, 0), (0, 3)),
        ("ab,bc->ac", (1, 1), (1, 1)),
    ]:
        inputs = tuple(draw(shape, seed=i) for i, shape in enumerate(shapes))
        yield Case("einsum", inputs, {"spec": spec}, f"{spec}-{shapes}")


# -- indexing ----------------------------------------------------------------------------------


def indexing():
    x = draw((4, 3))
    rows, columns = np.array([0, 3, 3]), np.array([2, 0, 1])
    grid = np.array([[0, 1], [2, 2]])
    none = np.zeros(0, np.intp)
    for label, base, indices, axes in [
        ("rows", x, (rows,), (0,)),
        ("columns", x, (columns,), (1,)),
        ("points", x, (rows, columns), (0, 1)),
        ("grid", x, (grid,), (1,)),
        ("scalar-index", x, (np.array(2),), (0,)),
        ("outer-axes", draw((2, 3, 2)), (np.array([1, 0]), np.array([1, 1])), (0, 2)),
        ("nothing", x, (none,), (0,)),
    ]:
        shape = indices[0].shape + tuple(n for a, n in enumerate(base.shape) if a not in axes)
        updates = draw(shape, seed=9)
        yield Case("gather", (base, *indices), {"axes": axes}, label)
        yield Case("scatter_add", (base, updates, *indices), {"axes": axes}, label)
        # The order of two writes to one place is NumPy's: the last one counts.
        yield Case("scatter", (base, updates, *indices), {"axes": axes}, label)
    for shape, axis in [((5,), 0), ((2, 4), 1), ((3, 2), 0), ((1,), 0), ((0,), 0)]:
        yield Case("sort", (draw(shape),), {"axis": axis}, f"{shape}{axis}")
        yield Case("argsort", (draw(shape),), {"axis": axis}, f"{shape}{axis}")


# -- control -----------------------------------------------------------------------------------


def control():
    pair = (np.zeros(2), np.zeros(()))
    body = trace.trace(
        lambda c, h, s, x: (np.tanh(c * h + x), s * 0.5 + h.sum(), h * s), *pair[:1], *pair, 0.0
    )
    scan = {"body": body, "carries": 2, "constants": 1}
    c, h, s = draw((2,)), draw((2,), seed=1), draw(())
    for length in (3, 1, 0):
        for reverse in (False, True):
            params = {**scan, "length": length, "reverse": reverse, "history": False}
            yield Case("scan", (c, h, s, draw((length,))), params, f"{length}-{reverse}")
    params = {**scan, "length": 3, "reverse": False, "history": True}
    yield Case("scan", (c, h, s, draw((3,))), params, "history")
    x, y = draw((3,)), draw((3,), seed=1)
    branches = (
        trace.trace(lambda x, y: (x * y, np.sin(y)), x, y),
        trace.trace(lambda x, y: (np.exp(x), y * y * x), x, y),
    )
    for index in (0, 1):
        yield Case("cond", (np.array(index), x, y), {"branches": branches}, str(index))
    test = trace.trace(lambda n, v: n < 4, 0, x)
    step = trace.trace(lambda c, n, v: (n + 1, v * c), x, 0, x)
    params = {"test": test, "body": step, "constants": (0, 1)}
    yield Case("while_loop", (x, np.array(1), y), params, smooth=False)
    inner = trace.trace(lambda x, y: (np.tanh(x * y), x + y), x, y)
    yield Case("checkpoint", (x, y), {"body": inner})
    rule = calls.CustomRule(
        lambda x, y: ((np.tanh(x * y), x + y), (x, y)),
        _by_hand,
        Structure(tuple, None, (LEAF, LEAF)),
        Structure(tuple, None, (LEAF, LEAF)),
    )
    yield Case("custom_vjp", (x, y), {"body": inner, "rule": rule, "captured": 0, "sizes": ()})
    values = trace.trace(lambda x, y: (x * y, x + y), x, y)
    several = trace.apply(ROWS["checkpoint"], *values.inputs, body=values)
    assert (
        len(several) == 2
    )  # `pick` takes one of several results; `checkpoint` is tried through it.


def _by_hand(kept, cotangents):
    x, y = kept
    ct, ct_sum = cotangents
    slope = ct * (1 - np.tanh(x * y) ** 2)
    return slope * y + ct_sum, slope * x + ct_sum


# -- random bits -------------------------------------------------------------------------------


def random_rows():
    key = np.array([3, 17], np.uint32)
    for shape in [(), (3,), (2, 20), (0,)]:
        for width in (8, 16, 32, 64):
            params = {"shape": shape, "width": width}
            yield Case("random_bits", (key,), params, f"{shape}-{width}")
        numbers = np.arange(int(np.prod(shape)), dtype=np.uint32).reshape(shape)
        yield Case("derive_keys", (key, numbers), label=str(shape))
        # Its derivative is that of the sample's quantile: tests/random/test_gamma.py.
        pair = draw(shape, 0.5, 4.0), draw(shape, 1.0, 4.0, seed=1)
        yield Case("gamma_sample", pair, label=str(shape), smooth=False)


# Rows that cases of others try: every row with several results is read through `pick`.
TRIED_THROUGH_OTHERS = {"pick", "term"}  # term: the compiler's, in test_layout.py
CASES = table()
