"""The array API standard 2024.12, against its strict implementation, on arrays and under trace."""

import inspect
from inspect import Parameter

import array_api_strict as strict
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import chainrule as cr
import chainrule.numpy as xp
from chainrule.engine import trace
from chainrule.engine.errors import ConcreteValueError
from tests.numpy.standard import CASES, NUMERIC

strict.set_array_api_strict_flags(api_version="2024.12")
SHAPE_FROM_VALUES = {"nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values"}
UNSUPPORTED = {"complex64", "complex128", "fft", "Device", "ArrayAPIStrictFlags", "__version__"}
NAMES = [n for n in strict.__all__ if n not in UNSUPPORTED and "strict_flags" not in n]


def to_strict(value):
    if isinstance(value, list):
        return [to_strict(item) for item in value]
    return strict.asarray(value) if isinstance(value, np.ndarray) else value


def from_strict(value):
    if isinstance(value, tuple | list):
        return [from_strict(item) for item in value]
    return np.from_dlpack(value)


def expected_of(name, args, kwargs):
    given_dtype = {"dtype": getattr(strict, kwargs["dtype"])} if "dtype" in kwargs else {}
    named = {key: to_strict(value) for key, value in kwargs.items()} | given_dtype
    return from_strict(getattr(strict, name)(*map(to_strict, args), **named))


def same(actual, expected):
    if isinstance(expected, list):
        assert len(actual) == len(expected)
        for a, e in zip(actual, expected, strict=True):
            same(a, e)
        return
    actual = np.asarray(actual)
    assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype)
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(actual, expected)
        return
    eps = np.finfo(expected.dtype).eps
    np.testing.assert_allclose(actual, expected, rtol=32 * eps, atol=32 * eps)
    signed = ~np.isnan(expected) & (expected == 0) & (actual == 0)
    np.testing.assert_array_equal(np.signbit(actual[signed]), np.signbit(expected[signed]))


def is_data(value):
    return isinstance(value, np.ndarray) or (isinstance(value, list) and bool(value))


def with_tensors(name, args, kwargs, how):
    """The call with every array argument a tensor: of a jit, or one whose value is known."""
    places = [i for i, value in enumerate(args) if is_data(value)]

    def function(*arrays):
        filled = list(args)
        for place, value in zip(places, arrays, strict=True):
            filled[place] = value
        return getattr(xp, name)(*filled, **kwargs)

    if how == "jit":
        return cr.jit(function)(*[args[i] for i in places])

    found = function(*[with_known_value(args[i]) for i in places])
    parts = found if isinstance(found, tuple | list) else [found]
    values = [p.numpy() if isinstance(p, cr.Tensor) else p for p in parts]
    return values if isinstance(found, tuple | list) else values[0]


def with_known_value(value):
    """A tensor like those that ``grad`` of concrete arguments hands to the function."""
    if isinstance(value, list):
        return [with_known_value(item) for item in value]
    return trace.placeholder(trace.abstract(value), value)


@pytest.mark.parametrize("group", CASES)
@pytest.mark.parametrize("how", ["arrays", "jit", "known values"])
@pytest.mark.filterwarnings("ignore:Mean of empty:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:Degrees of freedom:RuntimeWarning")
def test_values_and_dtypes_are_the_standards(group, how):
    tried = 0
    with np.errstate(all="ignore"):
        for name, args, kwargs in CASES[group]():
            if how == "jit" and name in SHAPE_FROM_VALUES:
                continue
            try:
                expected = expected_of(name, args, kwargs)
            except ValueError:  # an extreme of nothing, for instance: ours must refuse it too
                with pytest.raises((ValueError, TypeError)):
                    getattr(xp, name)(*args, **kwargs)
                continue
            try:
                if how == "arrays":
                    actual = getattr(xp, name)(*args, **kwargs)
                else:
                    actual = with_tensors(name, args, kwargs, how)
                same(actual, expected)
            except Exception as error:
                raise AssertionError(f"{name}{args}, {kwargs}") from error
            tried += 1
    assert tried > 300


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there_with_the_standards_arguments(name):
    assert hasattr(xp, name)
    theirs, ours = getattr(strict, name), getattr(xp, name)
    if not inspect.isfunction(theirs):
        return
    wanted = inspect.signature(theirs).parameters.values()
    offered = inspect.signature(ours).parameters
    positional = [p for p in wanted if p.kind != Parameter.KEYWORD_ONLY]
    for theirs_one, ours_one in zip(positional, offered.values(), strict=False):
        if theirs_one.kind == Parameter.POSITIONAL_OR_KEYWORD:
            assert (ours_one.name, ours_one.kind) == (theirs_one.name, theirs_one.kind)
    assert {p.name for p in wanted if p.kind == Parameter.KEYWORD_ONLY} <= set(offered)


@pytest.mark.parametrize("name", sorted(SHAPE_FROM_VALUES))
def test_shapes_from_values_are_a_teaching_error_under_jit(name):
    with pytest.raises(ConcreteValueError, match="value"):
        cr.jit(lambda x: getattr(xp, name)(x))(np.arange(3.0))


def test_arrays_and_tensors_carry_the_standards_methods():
    methods = {
        name
        for name, value in vars(type(strict.ones(1))).items()
        if callable(value) and name.startswith("__") and not hasattr(object, name)
    }
    methods -= {"__buffer__", "__annotations__"}
    tensors = []
    cr.jit(lambda x: tensors.append(x) or x)(np.ones((2, 2)))
    for x in (xp.ones((2, 2)), tensors[0]):
        missing = [name for name in methods if not hasattr(x, name)]
        assert missing == []
        assert x.__array_namespace__(api_version="2024.12") is xp
        assert (x.device, x.ndim, x.size, x.shape) == ("cpu", 2, 4, (2, 2))
        assert x.to_device("cpu").mT.shape == x.T.shape


def test_dlpack_takes_known_values_only():
    box = []
    cr.grad(lambda x: (box.append(np.from_dlpack(x * 2)), x.sum())[1])(np.ones(3))
    np.testing.assert_array_equal(box[0], [2.0, 2.0, 2.0])
    with pytest.raises(ConcreteValueError):
        cr.jit(lambda x: xp.from_dlpack(x))(np.ones(3))


def test_in_place_operators_give_the_name_a_new_tensor():
    def function(x):
        kept = x
        x += 1
        x *= x
        return x - kept

    np.testing.assert_array_equal(cr.jit(function)(np.array([1.0, 2.0])), [3.0, 7.0])


@pytest.mark.parametrize("dtype", NUMERIC)
def test_what_one_can_ask_about_dtypes(dtype):
    kind = getattr(xp, dtype)
    x = xp.ones(3, dtype=kind)
    info = xp.__array_namespace_info__()
    assert info.dtypes()[dtype] == x.dtype == xp.result_type(x) == xp.result_type(kind, 1)
    assert xp.isdtype(x.dtype, ("integral", "real floating"))
    limits = xp.finfo(x) if xp.isdtype(kind, "real floating") else xp.iinfo(x)
    assert limits.bits == 8 * x.dtype.itemsize
    assert limits.dtype == x.dtype
    assert xp.astype(x, xp.float32).dtype == xp.float32
    tensor_dtype = cr.jit(lambda t: xp.zeros(1, dtype=xp.result_type(t, xp.int8)))(x).dtype
    assert tensor_dtype == np.result_type(x, np.int8)


@settings(max_examples=60, deadline=None)
@given(
    x=hnp.arrays(
        "float64", hnp.array_shapes(min_dims=0, max_dims=3, min_side=0), elements=st.floats(-9, 9)
    ),
    data=st.data(),
)
def test_indexing_is_numpys(x, data):
    index = data.draw(hnp.basic_indices(x.shape, allow_newaxis=True))
    same(cr.jit(lambda t: t[index])(x), np.asarray(x[index]))
    mask = data.draw(hnp.arrays(bool, x.shape))
    box = []
    cr.vjp(lambda t: (box.append(t[mask].numpy()), t * 1.0)[1], x)
    same(box[0], x[mask])


def test_where_things_are_made():
    assert xp.asarray([1, 2]).dtype == np.int64
    assert xp.full(2, True).dtype == np.bool_
    assert xp.asarray(3.0).shape == ()
    x = xp.arange(3)
    assert xp.asarray(x) is x
    assert not np.shares_memory(xp.asarray(x, copy=True), x)
    with pytest.raises(ValueError):
        xp.asarray(x, dtype=xp.float32, copy=False)
    with pytest.raises(ValueError, match="one device"):
        xp.zeros(2, device="gpu")
    np.testing.assert_array_equal(xp.eye(2, 3, k=1), np.eye(2, 3, k=1))
    np.testing.assert_array_equal(xp.linspace(0, 1, 5), np.linspace(0, 1, 5))
    np.testing.assert_array_equal(xp.arange(5, 0, -2), np.arange(5, 0, -2))
    ends = cr.grad(lambda a, b: (xp.linspace(a, b, 3) * np.array([1.0, 2.0, 3.0])).sum(), (0, 1))(
        0.0, 1.0
    )
    np.testing.assert_allclose(ends, [2.0, 4.0])
