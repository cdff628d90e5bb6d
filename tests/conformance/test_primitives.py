"""Every primitive: its type rule, its derivatives to second order, and its batching.

The tests are generated from the rows, so that declaring a primitive tests it.
"""

import itertools

import numpy as np
import pytest

import chainrule as cr
from chainrule.engine.types import TensorType, type_of

from .cases import CASES, TRIED_THROUGH_OTHERS
from .numeric import arrays_of, close, inner, real_places, slope
from .rows import LEAVES, ROWS, draw

SMOOTH = [case for case in CASES if case.smooth and real_places(case.inputs)]
DIFFERENTIABLE = [case for case in SMOOTH if case.row.vjp is not None or case.row.flat]


def test_every_primitive_has_cases():
    tried = {case.name for case in CASES} | TRIED_THROUGH_OTHERS | LEAVES
    assert set(ROWS) - tried == set()


def as_types(kind):
    return list(kind) if isinstance(kind, tuple) else [kind]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_type_rule_says_what_numpy_returns(case):
    said = case.row.infer(*map(type_of, case.inputs), **case.params)
    assert as_types(said) == [type_of(x) for x in arrays_of(case(*case.inputs))]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_traced_and_jitted_values_are_numpys(case):
    wanted = arrays_of(case(*case.inputs))
    for x, y in zip(arrays_of(cr.trace(case, *case.inputs)(*case.inputs)), wanted, strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y)
    for x, y in zip(arrays_of(cr.jit(case)(*case.inputs)), wanted, strict=True):
        assert x.dtype == y.dtype
        if x.dtype.kind == "f":  # compiled: equal up to rounding
            np.testing.assert_allclose(x, y, rtol=1e-13 if x.dtype == np.float64 else 1e-6)
        else:
            np.testing.assert_array_equal(x, y)


class Real:
    """A case as a function of its floating-point inputs, with its floating-point results."""

    def __init__(self, case):
        self.case, self.places = case, real_places(case.inputs)
        self.xs = [np.asarray(case.inputs[i]) for i in self.places]
        self.outputs = real_places(arrays_of(case(*case.inputs)))
        self.ys = [x for x in arrays_of(self(*self.xs))]

    def __call__(self, *xs):
        inputs = list(self.case.inputs)
        for place, x in zip(self.places, xs, strict=True):
            inputs[place] = x
        results = cr.tree.leaves(self.case(*inputs))
        return [results[i] for i in self.outputs]

    def directions(self, seed):
        return [draw(x.shape, seed=seed + i) for i, x in enumerate(self.xs)]

    def cotangents(self, seed):
        return [draw(y.shape, seed=seed + i) for i, y in enumerate(self.ys)]

    def pulled(self, cotangents):
        """Gradient of the sum of cotangents times results."""

        def gradient(*xs):
            _, pull = cr.vjp(self, *xs)
            return list(pull(cotangents))

        return gradient


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
def test_vjp_agrees_with_finite_differences(case):
    fn = Real(case)
    us, vs = fn.cotangents(10), fn.directions(20)
    pulled = fn.pulled(us)(*fn.xs)
    for i, (x, g) in enumerate(zip(fn.xs, pulled, strict=True)):
        assert (g.shape, g.dtype) == (x.shape, x.dtype)
        only = [v if j == i else None for j, v in enumerate(vs)]
        close(inner([g], [vs[i]]), inner(us, slope(fn, fn.xs, only)), what=f"input {i}")


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
def test_jvp_agrees_with_finite_differences(case):
    fn = Real(case)
    vs = fn.directions(30)
    values, found = cr.jvp(fn, fn.xs, vs)
    for y, value, t, wanted in zip(fn.ys, values, found, slope(fn, fn.xs, vs), strict=True):
        np.testing.assert_allclose(value, y, rtol=1e-13)  # compiled: equal up to rounding
        assert (t.shape, t.dtype) == (y.shape, y.dtype)
        close(t, wanted)


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
def test_second_order_agrees_with_finite_differences_of_the_gradient(case):
    fn = Real(case)
    gradient = fn.pulled(fn.cotangents(40))
    vs, ws = fn.directions(50), fn.directions(60)

    def slope_along_w(*xs):
        gs = gradient(*xs)
        return sum([(g * w).sum() for g, w in zip(gs, ws, strict=True)], 0.0 * xs[0].sum())

    reverse = cr.grad(slope_along_w, tuple(range(len(fn.xs))))(*fn.xs)
    _, forward = cr.jvp(gradient, fn.xs, vs)
    wanted = slope(gradient, fn.xs, vs)
    for i, (f, w) in enumerate(zip(forward, wanted, strict=True)):
        close(f, w, rtol=2e-6, atol=1e-7, what=f"forward over reverse, input {i}")
    close(inner(reverse, vs), inner(wanted, ws), rtol=2e-6, atol=1e-7, what="reverse over reverse")


# -- vmap --------------------------------------------------------------------------------------

STACKS = [
    (case, flags)
    for case in CASES
    for flags in itertools.product([True, False], repeat=len(case.inputs))
    if True in flags and len(case.inputs) <= 4
]


def stack_up(case, flags):
    """Three variants of the inputs: stacked where the flag says so, else the first one for all."""
    variants = [case.variant(k) for k in range(3)]
    rows = [[v[i] if f else variants[0][i] for i, f in enumerate(flags)] for v in variants]
    stacks = [
        np.stack([v[i] for v in variants]) if f else variants[0][i] for i, f in enumerate(flags)
    ]
    return rows, stacks, tuple(0 if f else None for f in flags)


def name_stack(value):
    return "".join("s" if f else "-" for f in value) if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize(("case", "flags"), STACKS, ids=name_stack)
def test_vmap_agrees_with_a_loop(case, flags):
    rows, stacks, axes = stack_up(case, flags)
    found = arrays_of(cr.vmap(case, axes)(*stacks))
    wanted = [arrays_of(case(*row)) for row in rows]
    for i, stack in enumerate(found):
        loop = np.stack([w[i] for w in wanted])
        assert (stack.shape, stack.dtype) == (loop.shape, loop.dtype)
        close(stack, loop, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
def test_vmap_of_the_gradient_agrees_with_a_loop(case):
    fn = Real(case)
    gradient = fn.pulled(fn.cotangents(70))
    rows = [[case.variant(k)[i] for i in fn.places] for k in range(3)]
    stacks = [np.stack(column) for column in zip(*rows, strict=True)]
    found = cr.vmap(gradient)(*stacks)
    for i, stack in enumerate(found):
        close(stack, np.stack([gradient(*row)[i] for row in rows]), rtol=1e-10, atol=1e-12)


# -- shapes that broadcast, and dtypes ---------------------------------------------------------

BINARY = [r for r in ROWS.values() if len(r.derivatives) == 2]
ELEMENTWISE = [r for r in ROWS.values() if r.derivatives]
MEETINGS = [((3, 1), (1, 4)), ((), (2, 3)), ((1,), (0,)), ((2, 1, 3), (4, 1)), ((1, 1), ())]


@pytest.mark.parametrize("row", BINARY, ids=lambda row: row.name)
@pytest.mark.parametrize("shapes", MEETINGS, ids=str)
def test_elementwise_rows_broadcast_as_numpy_does(row, shapes):
    a, b = (draw(shape, *row.domain, seed=i) for i, shape in enumerate(shapes))
    if _wants_integers(row):
        a, b = a.astype(np.int64) % 5, b.astype(np.int64) % 5
    wanted = row.numpy(a, b)
    found = cr.jit(row)(a, b)
    assert type_of(found) == type_of(wanted)
    np.testing.assert_allclose(found, wanted, rtol=1e-13)
    if row.vjp is None:
        return
    weights = draw(wanted.shape, seed=7)
    gradients = cr.grad(lambda a, b: (row(a, b) * weights).sum(), (0, 1))(a, b)
    for i, (x, g) in enumerate(zip((a, b), gradients, strict=True)):
        v = draw(x.shape, seed=8)
        assert g.shape == x.shape
        only = [v if j == i else None for j in range(2)]
        close(inner([g], [v]), inner([weights], slope(row.numpy, [a, b], only)))


def _wants_integers(row):
    try:
        row.numpy(*[np.array([1.5])] * len(row.derivatives))
    except TypeError:
        return True
    return False


# NumPy rounds truth values to half precision; we keep them.
ODD = {("rint", ("bool",))}
DTYPES = ["float64", "float32", "int64", "int32", "uint8", "bool"]


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_elementwise_rows_have_numpys_dtypes(row):
    compared = 0
    for dtypes in itertools.product(DTYPES, repeat=len(row.derivatives)):
        if (row.name, dtypes) in ODD:
            continue
        xs = [np.ones(2, dtype) for dtype in dtypes]
        try:
            with np.errstate(all="ignore"):
                wanted = type_of(row.numpy(*xs))
        except TypeError:
            with pytest.raises(TypeError):
                cr.jit(row)(*xs)
            continue
        compared += 1
        (output,) = cr.trace(row, *xs).outputs
        assert output.type == wanted, dtypes
        with np.errstate(all="ignore"):
            assert type_of(cr.jit(row)(*xs)) == wanted, dtypes
    assert compared


FUNCTIONS = {
    "sum": np.sum,
    "sum of an axis": lambda x: np.sum(x, axis=0),
    "prod": np.prod,
    "mean": np.mean,
    "max": lambda x: np.max(x, axis=1),
    "min": np.min,
    "argmax": lambda x: np.argmax(x, axis=0),
    "any": np.any,
    "all": lambda x: np.all(x, axis=1),
    "cumsum": lambda x: np.cumsum(x, axis=0),
    "cumprod": np.cumprod,
    "matmul": lambda x: x @ x,
    "matmul with f32": lambda x: x @ np.ones((2, 2), np.float32),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x),
    "concatenate with i32": lambda x: np.concatenate([x, np.ones((1, 2), np.int32)]),
    "where with a number": lambda x: np.where(x > 0, x, 2),
    "sort": np.sort,
    "argsort": np.argsort,
    "take": lambda x: np.take(x, [1, 0], axis=1),
    "index": lambda x: x[np.array([1, 0]), 0],
    "times a number": lambda x: x * 2,
    "times a real number": lambda x: x * 2.5,
    "plus f32": lambda x: x + np.float32(1.5),
    "quotient": lambda x: x / 2,
    "flip": np.flip,
    "pad": lambda x: np.pad(x, 1),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_numpys_values_and_dtypes(name, dtype):
    x = (np.arange(4).reshape(2, 2) + 1).astype(dtype)
    wanted = FUNCTIONS[name](x)
    found = cr.jit(FUNCTIONS[name])(x)
    assert type_of(found) == type_of(wanted)
    close(found, wanted, rtol=1e-6, atol=0)


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_rules_keep_single_precision(case):
    inputs = [
        np.asarray(x, np.float32) if np.asarray(x).dtype == np.float64 else x for x in case.inputs
    ]
    if case.row.family == "control" or case.name in ("convert", "bitcast"):
        pytest.skip("its graphs or its params fix the dtype")
    said = case.row.infer(*map(type_of, inputs), **case.params)
    assert said == type_of(case(*inputs))
    if case.row.vjp is None or not said.is_float:
        return
    fn = Real(type(case)(case.name, tuple(inputs), case.params))
    pulled = fn.pulled([np.ones(y.shape, y.dtype) for y in fn.ys])(*fn.xs)
    kinds = [type_of(g) for g in pulled]
    assert kinds == [TensorType.of(x.shape, np.float32) for x in fn.xs]


def test_gamma_sample_moves_with_its_parameter_as_the_quantile_does():
    quantile = pytest.importorskip("scipy.special").gammaincinv
    a, u = draw((5,), 0.3, 20.0), draw((5,), 0.05, 0.95, seed=1)
    sample = quantile(a, u)
    found = cr.grad(lambda a: ROWS["gamma_sample"](sample, a).sum())(a)
    (wanted,) = slope(lambda a: quantile(a, u), [a], [np.ones(5)])
    close(found, wanted, rtol=1e-6)
