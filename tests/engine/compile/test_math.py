"""The compiled rule of every elementwise row: NumPy's results, exactly or within stated ulp."""

import functools
import re
from functools import partial

import numpy as np
import pytest
import scipy.special

from chainrule.engine import trace
from chainrule.engine.compile import llvm
from chainrule.engine.config import config
from chainrule.engine.types import TensorType
from tests.conformance.rows import ROWS

from .vectors import WIDTHS, Compiled

GAMMA = ("lgamma", "digamma", "polygamma")
RULES = {n: r for n, r in ROWS.items() if r.llvm and r.derivatives and n not in GAMMA}
REALS = (np.float32, np.float64)
WHOLE = tuple(np.dtype(f"{sign}{size}").type for sign in "iu" for size in (1, 2, 4, 8))

# The largest error allowed, in units in the last place of float32 and float64; others are exact.
ULPS = {
    "exp": (1, 1), "exp2": (1, 1), "expm1": (2, 2), "sigmoid": (2, 2.5),
    "log": (1, 1), "log2": (2, 2), "log10": (2, 2), "log1p": (2, 2), "softplus": (2.5, 2),
    "tanh": (2.5, 2.5), "sinh": (2, 2), "cosh": (2, 2),
    "arcsinh": (1, 2), "arccosh": (1, 2.5), "arctanh": (1, 2),
    "sin": (1.5, 1), "cos": (1.5, 1), "tan": (3, 3),
    "arcsin": (2.5, 2.5), "arccos": (2, 2), "arctan": (2.5, 2.5), "arctan2": (2.5, 2.5),
    "logaddexp": (2.5, 2), "cbrt": (1, 1), "hypot": (1, 1.5), "power": (1, 1),
    "erf": (1.5, 4), "erfcx": (1, 8), "erfinv": (3, 5),
}  # fmt: skip
# Where NumPy promises not which zero it is.
ANY_ZERO = {"maximum", "minimum", "chain_product"}
# References that are better than NumPy's rule: in higher precision, or SciPy's.
PRECISE = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
}
SCIPY = {
    "erf": scipy.special.erf,
    "erfcx": scipy.special.erfcx,
    "erfinv": lambda x: np.copysign(scipy.special.erfinv(x), x),
}


def reals(dtype, seed, count=3000):
    """Special values, numbers of all sizes by their bits, and ordinary ones."""
    rng = np.random.default_rng(seed)
    info = np.finfo(dtype)
    ends = [0, 0.5, 1, 1.5, 2, 2.5, 3, 1e4, info.max, info.tiny, info.smallest_subnormal]
    ends += [np.inf, 1 - info.epsneg, 1 + info.eps, 0.55, 88.8, 104.5, 709.5, 745.2]
    bits = rng.bytes(count * info.dtype.itemsize)
    parts = [ends, np.negative(ends), [np.nan], np.frombuffer(bits, dtype)]
    parts += [rng.normal(0, scale, count) for scale in (1e-6, 1, 20, 1e5)]
    return np.concatenate([np.asarray(part, dtype) for part in parts])


def wholes(dtype, seed, count=2000):
    rng = np.random.default_rng(seed)
    if dtype is np.bool_:
        return rng.integers(0, 2, count).astype(bool)
    info = np.iinfo(dtype)
    far = rng.integers(info.min, info.max, count, dtype, endpoint=True)
    ends = np.array([info.min, info.min + 1, info.max, 0, 1, 2, max(info.min, -1)], dtype)
    return np.concatenate([ends, far, rng.integers(0, 70, count).astype(dtype)])


def inputs_of(name, dtype):
    """Every special value meets every other; then random ones."""
    make = reals if dtype in REALS else wholes
    count = len(RULES[name].derivatives)
    first = make(dtype, 0)
    if count == 1:
        return [first]
    second = np.random.default_rng(2).permutation(make(dtype, 1))
    ends = first[:39]
    pairs = np.meshgrid(ends, ends)
    a, b = (np.concatenate([p.ravel(), x]) for p, x in zip(pairs, (first, second), strict=True))
    if name == "power" and dtype in WHOLE:
        b = np.abs(b) % dtype(20)  # negative powers of integers NumPy refuses
    return [a, b]


@functools.cache
def accepted(name, dtype):
    """The dtype of the row's result for inputs of a dtype; None if it takes none such."""
    row = RULES[name]
    count = len(row.derivatives)
    try:
        node = row(*[trace.placeholder(TensorType.of((2,), dtype))] * count)
        with np.errstate(all="ignore"):
            row.numpy(*[np.ones(2, dtype)] * count)
    except TypeError:
        return None
    return node.dtype if node.inputs[0].dtype == dtype else None


@functools.cache
def compiled(dtype, lanes, cpu="host", flags=""):
    rules = {
        name: (row.llvm, (dtype,) * len(row.derivatives), accepted(name, dtype))
        for name, row in RULES.items()
        if accepted(name, dtype) is not None
    }
    with config(cpu=cpu):
        return Compiled(rules, lanes, flags)


def names_of(dtype):
    return [name for name in RULES if accepted(name, dtype) is not None]


def cases(dtypes):
    return [pytest.param(n, d, id=f"{n}-{np.dtype(d).name}") for d in dtypes for n in names_of(d)]


def errors(found, wanted):
    """Distances in ulp of the wanted numbers' rounded values; 0 where both are NaN or infinite."""
    info = np.finfo(found.dtype)
    rounded = wanted.astype(found.dtype)
    unit = np.spacing(np.minimum(np.abs(rounded), info.max)).astype(wanted.dtype)
    distance = np.abs(found.astype(wanted.dtype) - wanted) / unit
    alike = (found == rounded) | (np.isnan(found) & np.isnan(rounded))
    distance[alike & ~np.isfinite(rounded)] = 0
    distance[np.isinf(found) & (np.abs(rounded) == info.max)] = 0.5
    distance[np.isnan(distance) & ~alike] = np.inf
    return np.nan_to_num(distance, nan=0, posinf=np.inf)


def expected(name, dtype, inputs):
    """What is right, more precisely than the dtype can say; and by how many ulp it may be wrong."""
    if name in SCIPY:
        return SCIPY[name](*[x.astype(np.float64) for x in inputs]), dtype is np.float64
    wider = np.float64 if dtype is np.float32 else np.longdouble
    rule = PRECISE.get(name, RULES[name].numpy)
    no_wider = np.finfo(wider).eps == np.finfo(dtype).eps
    return rule(*[x.astype(wider) for x in inputs]), no_wider


@np.errstate(all="ignore")
def check(name, dtype, found, inputs, slack=1.0):
    if dtype not in REALS or name not in ULPS:
        wanted, limit = RULES[name].numpy(*inputs), 0
        same = (found == wanted) | ((found != found) & (wanted != wanted))
        distance = np.where(same, 0, np.inf)
    else:
        wanted, doubt = expected(name, dtype, inputs)
        distance = errors(found, wanted)
        limit = ULPS[name][dtype is np.float64] * slack + doubt
    if name == "sigmoid" and dtype in REALS:  # 0 where e^-x overflows, as NumPy's rule
        distance[(found == 0) & (wanted < np.finfo(dtype).tiny)] = 0
    if name == "logaddexp" and dtype in REALS:  # near 0 the error is that of the larger input
        size = np.abs(wanted) / np.max(np.abs(inputs), axis=0)
        distance = np.where(size < 1, distance * size, distance)
    if found.dtype.kind == "f" and name not in ANY_ZERO:
        other_zero = (found == 0) & (wanted == 0) & (np.signbit(found) != np.signbit(wanted))
        distance = np.where(other_zero, np.inf, distance)
    worst = int(np.argmax(distance))
    assert distance[worst] <= limit, (
        f"{name}{tuple(x[worst] for x in inputs)}: {found[worst]!r}, not {wanted[worst]!r}, "
        f"{float(distance[worst])} ulp; {(distance > limit).sum()} wrong"
    )


@pytest.mark.parametrize(("name", "dtype"), cases(REALS))
def test_floating_point(name, dtype):
    inputs = inputs_of(name, dtype)
    found = compiled(dtype, 16 if dtype is np.float32 else 8)(name, *inputs)
    check(name, dtype, found, inputs)


@pytest.mark.parametrize(("name", "dtype"), cases((*WHOLE, np.bool_)))
def test_integers_and_truth_values(name, dtype):
    inputs = inputs_of(name, dtype)
    check(name, dtype, compiled(dtype, 16)(name, *inputs), inputs)


ALL = (*REALS, *WHOLE, np.bool_)


@pytest.mark.parametrize("source", ALL)
@np.errstate(all="ignore")
def test_conversions(source):
    x = (reals if source in REALS else wholes)(source, 0)
    x = x[np.isfinite(x) & (np.abs(x.astype(np.float64)) < 2**31)]  # what C leaves open aside
    rule = ROWS["convert"].llvm
    names = {f"to_{np.dtype(to).name}": to for to in ALL}
    code = Compiled({n: (partial(rule, dtype=to), (source,), to) for n, to in names.items()})
    for name, to in names.items():
        kept = x[x >= 0] if to is np.uint64 or to is np.uint32 else x
        np.testing.assert_array_equal(code(name, kept), kept.astype(to), name)


@pytest.mark.parametrize(("source", "to"), [
    (np.float32, np.uint32), (np.float64, np.int64), (np.uint32, np.float32),
    (np.int64, np.float64), (np.int32, np.uint32), (np.bool_, np.uint8), (np.uint8, np.bool_),
])  # fmt: skip
def test_bits_read_as_another_dtype(source, to):
    bits = np.random.default_rng(0).integers(0, 2 if np.bool_ in (source, to) else 255, 800)
    x = bits.astype(np.uint8).view(source)
    rule = partial(ROWS["bitcast"].llvm, dtype=to)
    found = Compiled({"f": (rule, (source,), to)})("f", x)
    assert found.tobytes() == x.tobytes()


@pytest.mark.parametrize("dtype", ALL)
def test_select(dtype):
    make = reals if dtype in REALS else wholes
    x, y = make(dtype, 0), make(dtype, 1)
    chosen = np.random.default_rng(0).random(len(x)) < 0.5
    code = Compiled({"f": (ROWS["select"].llvm, (np.bool_, dtype, dtype), dtype)})
    np.testing.assert_array_equal(code("f", chosen, x, y), np.where(chosen, x, y))


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("exponent", [0, 0.5, 1, 2, 3, 4, -0.5, -1, -2, 1.5, -1.5, 1 / 3, -7.3])
@np.errstate(all="ignore")
def test_powers_of_a_number(dtype, exponent):
    x = reals(dtype, 0)
    rule = partial(ROWS["constant_power"].llvm, exponent=exponent)
    found = Compiled({"f": (rule, (dtype,), dtype)})("f", x)
    wider = x.astype(np.float64 if dtype is np.float32 else np.longdouble)
    wanted = np.sqrt(wider) if exponent == 0.5 else np.power(wider, dtype(exponent))
    worst = errors(found, wanted).max()
    assert worst <= 2
    np.testing.assert_array_equal(np.signbit(found[found == 0]), np.signbit(wanted[found == 0]))


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("name", GAMMA)
@np.errstate(all="ignore")
def test_gamma_functions_are_those_of_their_numpy_rules(name, dtype):
    rng = np.random.default_rng(0)
    ends = [0, -0.0, 1, 2, -1, -2, 0.5, 10, 1e-30, 1e30, np.inf, -np.inf, np.nan]
    x = np.concatenate([ends, rng.uniform(-20, 30, 2000)]).astype(dtype)
    params = {"order": 2} if name == "polygamma" else {}
    found = Compiled({"f": (partial(ROWS[name].llvm, **params), (dtype,), dtype)}, 8)("f", x)
    tolerance = 1e-14 if dtype is np.float64 else 2e-7
    wanted = ROWS[name].numpy(x, **params)
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


def test_the_largest_angles():
    """By mpmath with 400 digits; the last is the number that comes nearest to a multiple of π/2."""
    x = np.array([1e22, 2.0**1023, np.finfo(np.float64).max, 6381956970095103 * 2.0**797])
    wanted = {
        "sin": [-0.8522008497671888, 0.563127779850884, 0.004961954789184062, 1.0],
        "cos": [0.523214785395139, -0.826369834614148, -0.9999876894265599, -4.687165924254628e-19],
    }
    code = Compiled({name: (ROWS[name].llvm, (np.float64,), np.float64) for name in wanted}, 4)
    for name, values in wanted.items():
        np.testing.assert_allclose(code(name, x), values, rtol=4e-16)


def test_negative_powers_of_integers_are_whole_parts():
    base = np.arange(-3, 4)
    code = Compiled({"f": (ROWS["power"].llvm, (np.int64,) * 2, np.int64)}, 8)
    np.testing.assert_array_equal(code("f", base, np.full(7, -1)), [0, 0, -1, 0, 1, 0, 0])
    np.testing.assert_array_equal(code("f", base, np.full(7, -2)), [0, 0, 1, 0, 1, 0, 0])


@pytest.mark.parametrize("lanes", WIDTHS[:-1])
def test_results_do_not_depend_on_the_number_of_lanes(lanes):
    for name in names_of(np.float32):
        inputs = [x[:1600] for x in inputs_of(name, np.float32)]
        found = compiled(np.float32, lanes)(name, *inputs)
        wanted = compiled(np.float32, 16)(name, *inputs)
        np.testing.assert_array_equal(found, wanted, name)


@pytest.mark.parametrize("dtype", REALS)
def test_no_library_is_called(dtype):
    lanes = 16 if dtype is np.float32 else 8
    with config(cpu="host"):
        assert calls(compiled(dtype, lanes).text) == []


def calls(text):
    """Names of functions outside of the module that its code calls."""
    called = re.findall(r"^\s+(?:call|callq|bl)\s+(\S+)$", llvm.assembly(text), re.MULTILINE)
    return [name for name in called if f"@{name.lstrip('_')}(" not in text]


@pytest.mark.parametrize("dtype", REALS)
def test_the_least_processor(dtype):
    code = compiled(dtype, 4, "baseline")
    with config(cpu="baseline"):
        assert calls(code.text) == []
    for name in names_of(dtype):
        inputs = inputs_of(name, dtype)
        # Without fused multiply-add polynomials round twice as often.
        check(name, dtype, code(name, *inputs), inputs, slack=2)


@pytest.mark.parametrize("dtype", REALS)
def test_fast_mode_is_as_precise(dtype):
    code = compiled(dtype, 8, flags="contract")
    for name in names_of(dtype):
        inputs = inputs_of(name, dtype)
        check(name, dtype, code(name, *inputs), inputs, slack=1.3)
