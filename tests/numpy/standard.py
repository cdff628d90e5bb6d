"""What the array API standard's functions are tried on: dtypes, shapes, arguments.

``CASES`` is a list of (name, positional arguments, keyword arguments); arrays are NumPy's.
"""

import numpy as np

FLOATS = ["float32", "float64"]
SIGNED = ["int8", "int16", "int32", "int64"]
UNSIGNED = ["uint8", "uint16", "uint32", "uint64"]
INTEGERS = SIGNED + UNSIGNED
NUMERIC = FLOATS + INTEGERS
ALL = [*NUMERIC, "bool"]
SHAPES = [(), (5,), (0,), (3, 4), (2, 0, 3), (2, 3, 4)]
PAIRS = [((), ()), ((5,), (5,)), ((3, 1), (4,)), ((0,), (1,)), ((2, 3, 4), (3, 1)), ((6,), ())]
SPECIAL = [np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0]

UNARY = {
    "numeric": "abs ceil floor isfinite isinf isnan positive round sign square trunc",
    "float": "acos acosh asin asinh atan atanh cos cosh exp expm1 log log10 log1p log2 reciprocal "
    "signbit sin sinh sqrt tan tanh negative",
    "integer": "bitwise_invert",
    "bool": "logical_not",
}
BINARY = {
    "numeric": "add equal floor_divide greater greater_equal less less_equal maximum minimum "
    "multiply not_equal pow remainder subtract",
    "float": "atan2 copysign divide hypot logaddexp nextafter",
    "integer": "bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor",
    "bool": "logical_and logical_or logical_xor",
}
KINDS = {"numeric": NUMERIC, "float": FLOATS, "integer": INTEGERS, "bool": ["bool"]}
REDUCTIONS = {
    "float": "mean std var",
    "numeric": "sum prod max min argmax argmin all any count_nonzero",
    "bool": "all any count_nonzero",
}
rng = np.random.default_rng(3)


def make(dtype, shape, special=False, low=-3, high=4):
    """An array of this dtype; ``special`` puts NaN, Inf and signed zeros among the floats."""
    size = int(np.prod(shape))
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype in FLOATS:
        numbers = 3 * rng.normal(size=size)
        if special and size >= 4:
            numbers[:4] = rng.permutation(SPECIAL)[:4]
        return np.asarray(numbers.astype(dtype).reshape(shape))
    lowest = 0 if dtype in UNSIGNED else low
    return np.asarray(rng.integers(lowest, high, shape).astype(dtype))


def meet(first, second):
    """Whether the standard promotes these dtypes together."""
    kinds = {"float" if d in FLOATS else "bool" if d == "bool" else "int" for d in (first, second)}
    unsigned64 = "uint64" in (first, second) and (first in SIGNED or second in SIGNED)
    return len(kinds) == 1 and not unsigned64


def elementwise():
    for kind, names in UNARY.items():
        for name in names.split():
            for dtype in KINDS[kind]:
                for shape in SHAPES:
                    yield name, (make(dtype, shape, special=True),), {}
    for kind, names in BINARY.items():
        for name in names.split():
            yield from binary(name, KINDS[kind])


def binary(name, dtypes):
    positive = name in ("pow", "floor_divide", "remainder") or "shift" in name
    for first in dtypes:
        low = 1 if positive and first not in FLOATS else -3
        for second in [d for d in dtypes if meet(first, d)]:
            lowest = 1 if positive and second not in FLOATS else -3
            for left, right in PAIRS:
                a = make(first, left, True, low)
                b = make(second, right, True, lowest)
                if positive and b.dtype.kind == "u":
                    b = np.maximum(b, np.ones((), second))
                yield name, (a, np.asarray(b)), {}
        number = True if first == "bool" else 2 if first in INTEGERS else 1.5
        yield name, (make(first, (2, 3), True, low), number), {}


def reductions():
    for kind, names in REDUCTIONS.items():
        for name in names.split():
            for dtype in KINDS[kind]:
                for shape in SHAPES:
                    axes = [None, *range(-len(shape), len(shape))]
                    if len(shape) > 1 and not name.startswith("arg"):
                        axes += [(0, -1), ()]
                    for axis in axes:
                        options = {"axis": axis, "keepdims": axis != 0}
                        yield name, (make(dtype, shape),), options
    for shape in SHAPES:
        for correction in (0.0, 1.0, 1.5):
            yield "var", (make("float64", shape),), {"correction": correction}
            yield (
                "std",
                (make("float32", shape),),
                {"correction": correction, "axis": 0 if shape else None},
            )
        for dtype in (*FLOATS, "int64", "uint8"):
            yield "sum", (make("int8", shape),), {"dtype": dtype}
            yield "prod", (make("uint8", shape),), {"dtype": dtype}
    for name in ("cumulative_sum", "cumulative_prod"):
        for dtype in NUMERIC:
            for shape in SHAPES[1:]:
                for axis in range(-len(shape), len(shape)):
                    for first in (False, True):
                        yield name, (make(dtype, shape),), {"axis": axis, "include_initial": first}


def moving():
    for dtype in ALL:
        for shape in SHAPES:
            x = make(dtype, shape)
            yield from whole(x, dtype)
            for axis in range(-len(shape), len(shape)):
                yield from along(x, axis)


def whole(x, dtype):
    shape, ndim = x.shape, x.ndim
    yield "flip", (x,), {}
    yield "roll", (x, -3), {}
    yield "repeat", (x, 2), {}
    yield "stack", ([x, x],), {"axis": -1}
    yield "stack", ([x, x],), {"axis": ndim}
    yield "expand_dims", (x,), {"axis": ndim}
    yield "expand_dims", (x,), {"axis": -ndim - 1}
    yield "squeeze", (x.reshape((1, *shape, 1)),), {"axis": (0, -1)}
    yield "permute_dims", (x, tuple(range(ndim))[::-1]), {}
    yield "reshape", (x, (x.size, 1)), {}
    yield "broadcast_to", (x, (2, *shape)), {}
    yield "broadcast_arrays", (x, x.reshape((1, *shape))), {}
    for repetitions in ((2,), (2, 1, 2, 1), ()):
        yield "tile", (x, repetitions), {}
    for name in ("zeros_like", "ones_like"):
        yield name, (x,), {}
    yield "full_like", (x, 1), {}
    yield "where", (make("bool", shape), x, make(dtype, shape)), {}
    if ndim:
        yield "nonzero", (x,), {}
        yield "concat", ([x, x],), {"axis": None}
    for name in ("unique_all", "unique_counts", "unique_inverse", "unique_values"):
        yield name, (x,), {}
    if ndim > 1:
        yield "matrix_transpose", (x,), {}
        yield "roll", (x, (1, 2)), {"axis": (0, 1)}
        for k in (-1, 0, 2):
            yield "tril", (x,), {"k": k}
            yield "triu", (x,), {"k": k}
    if dtype != "bool":
        number = 1.5 if dtype in FLOATS else 2
        yield "clip", (x, 1, number), {}
        yield "clip", (x,), {"max": number}
        yield "clip", (x, make(dtype, ())), {}


def along(x, axis):
    yield "flip", (x,), {"axis": axis}
    yield "roll", (x, 2), {"axis": axis}
    yield "expand_dims", (x,), {"axis": axis}
    yield "moveaxis", (x, axis, 0), {}
    yield "unstack", (x,), {"axis": axis}
    yield "repeat", (x, 2), {"axis": axis}
    yield "concat", ([x, x, x],), {"axis": axis}
    yield "stack", ([x, x],), {"axis": axis}
    if x.dtype != bool:
        yield "diff", (x,), {"axis": axis}
        yield "diff", (x,), {"axis": axis, "prepend": x}
        for descending in (False, True):
            yield "sort", (x,), {"axis": axis, "descending": descending}
            yield "argsort", (x,), {"axis": axis, "descending": descending}
    if x.shape[axis]:
        yield "take", (x, np.array([0, -1, 0])), {"axis": axis}
        shape = list(x.shape)
        shape[axis] = 2
        places = rng.integers(0, x.shape[axis], shape)
        yield "take_along_axis", (x, places), {"axis": axis}


def products():
    shapes = [((3,), (3,)), ((2, 3), (3, 4)), ((3,), (3, 2)), ((2, 3), (3,)), ((0, 3), (3, 2))]
    shapes += [((5, 1, 2, 3), (2, 3, 4)), ((2, 0), (0, 2))]
    for first in NUMERIC:
        for second in [d for d in NUMERIC if meet(first, d)]:
            for left, right in shapes:
                yield "matmul", (make(first, left), make(second, right)), {}
            vectors = make(first, (4, 1, 3)), make(second, (2, 3))
            yield "vecdot", vectors, {}
            yield "vecdot", (make(first, (2, 3)), make(second, (2, 3))), {"axis": -2}
            yield (
                "tensordot",
                (make(first, (2, 3, 4)), make(second, (4, 3))),
                {"axes": ((1, 2), (1, 0))},
            )
            yield "tensordot", (make(first, (2, 3)), make(second, (4,))), {"axes": 0}
            line = np.sort(make(first, (6,)))
            for side in ("left", "right"):
                yield "searchsorted", (line, make(second, (2, 3))), {"side": side}
    for dtype in ALL:
        yield "meshgrid", (make(dtype, (3,)), make(dtype, (2,)), make(dtype, (4,))), {}
        yield "meshgrid", (make(dtype, (3,)), make(dtype, (2,))), {"indexing": "ij"}


CASES = {
    "elementwise": elementwise,
    "reductions": reductions,
    "moving": moving,
    "products": products,
}
