"""Errors name what was wrong, with which shapes, where, and what to do."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.engine import errors
from chainrule.lax import cond, scan, while_loop

A, B = np.ones((2, 3)), np.ones((4, 5))

# function, argument, error, and what its message must say
TABLE = {
    "broadcast": (lambda x: np.sum(x + B), A, ValueError, [r"\(2, 3\)", r"\(4, 5\)", r"x \+ B"]),
    "column": (lambda x: np.sum(x + np.ones(2)), A, ValueError, [r"reshape\(-1, 1\)"]),
    "transposed": (lambda x: np.sum(x + A.T), A, ValueError, [r"\.T"]),
    "matmul": (lambda x: np.sum(x @ B), A, ValueError, [r"\(2, 3\) @ \(4, 5\)", "x @ B"]),
    "matmul.T": (lambda x: np.sum(x @ A), A, ValueError, [r"A\.T"]),
    "reshape": (lambda x: np.sum(x.reshape(4, 2)), A, ValueError, ["6 elements", r"\(4, 2\)"]),
    "index": (lambda x: x[2, 0], A, IndexError, ["index 2", r"\(2, 3\)"]),
    "axis": (lambda x: np.sum(np.sum(x, axis=2)), A, ValueError, ["axis 2"]),
    "not scalar": (lambda x: x * 2, A, TypeError, [r"shape \(2, 3\)", "mean or", "jacobian"]),
    "not array": (lambda x: (np.sum(x), "aux"), A, TypeError, ["tuple", "has_aux=True"]),
    "integers": (lambda x: np.sum(x), np.arange(3), TypeError, ["int64", r"astype\(float\)"]),
    "argmax": (lambda x: np.argmax(x), A, TypeError, ["real number", "i64"]),
    "while": (
        lambda x: while_loop(lambda v: v < 10, lambda v: v * 2, x),
        1.0, TypeError, ["while_loop has no derivative", "scan"],
    ),
    "carry": (
        lambda x: scan(lambda c, _: (np.stack([c, c]), None), x, None, 3)[0],
        1.0, TypeError, ["carry", "shapes"],
    ),
    "branches": (
        lambda x: cond(x > 0, lambda v: v, lambda v: (v, v), x),
        1.0, TypeError, ["branches", "structure"],
    ),
    "scan lengths": (
        lambda x: scan(lambda c, t: (c, t[0]), x, [np.ones(2), np.ones(3)])[0],
        1.0, ValueError, ["number of steps", r"\(2,\)", r"\(3,\)"],
    ),
    "setitem": (
        lambda x: x.__setitem__(0, 1.0), A, TypeError, [r"x\.at\[index\]\.set\(value\)"],
    ),
    "array": (lambda x: np.asarray(x).sum(), A, TypeError, ["cut the derivative", "np.stack"]),
    "out=": (lambda x: np.add(x, 1.0, out=np.ones((2, 3))), A, TypeError, ["out=", "written"]),
    "PyTorch's name": (lambda x: x.view(-1), A, AttributeError, ["'view'", "reshape", "axis="]),
    "no rule": (lambda x: np.sum(np.partition(x, 1)), A, TypeError, ["no rule", "partition"]),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_messages_teach(name):
    fn, x, kind, wanted = TABLE[name]
    with pytest.raises(kind) as caught:
        cr.grad(fn)(x)
    for pattern in wanted:
        assert caught.match(pattern)


def test_shape_errors_name_the_users_file_and_line():
    def loss(x):
        return np.sum(x @ B)

    line = loss.__code__.co_firstlineno + 1
    with pytest.raises(errors.ShapeError, match=rf"test_errors\.py:{line}: return np\.sum"):
        cr.grad(loss)(A)


def test_argnums_out_of_range():
    with pytest.raises(TypeError, match="argument 2 of a call with 1"):
        cr.grad(lambda x: x, argnums=2)(1.0)


def test_vmap_axes():
    with pytest.raises(ValueError, match=r"in_axes=None for what all share"):
        cr.vmap(lambda a, b: a + b)(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="names 1 arguments, the call has 2"):
        cr.vmap(lambda a, b: a + b, in_axes=(0,))(np.ones(3), np.ones(3))
    with pytest.raises(TypeError, match="vmap"):
        cr.vmap(lambda a: a if a > 0 else -a)(np.ones(3))


def test_custom_vjp_without_its_rule():
    square = cr.custom_vjp(lambda x: x * x)
    with pytest.raises(TypeError, match="defvjp"):
        square(2.0)


def test_custom_vjp_with_a_wrong_count():
    square = cr.custom_vjp(lambda x: x * x)
    square.defvjp(lambda x: (x * x, x), lambda kept, ct: ct)
    with pytest.raises(TypeError, match="tuple of 1 cotangents"):
        cr.grad(square)(2.0)


def test_all_errors_have_one_base():
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, Exception)]
    assert all(issubclass(kind, errors.ChainruleError) for kind in kinds)


# -- where a NaN comes from --------------------------------------------------------------------


def logarithm(x):
    shifted = x - 1.0
    return np.sum(np.log(shifted))


def test_debug_nans_names_the_operation_and_the_line():
    line = logarithm.__code__.co_firstlineno + 2
    x = np.array([2.0, 1.0])
    for run in (cr.grad(logarithm), cr.jit(logarithm), cr.value_and_grad(cr.jit(logarithm))):
        with cr.debug_nans(), pytest.raises(FloatingPointError) as caught:
            run(x)
        assert caught.match("log made 1 value") and caught.match(rf"test_errors\.py:{line}:")
        assert caught.match("from 0 to 1")
    assert cr.grad(logarithm)(x)[1] == np.inf


def test_debug_nans_finds_what_only_the_derivative_makes():
    with cr.debug_nans(), pytest.raises(FloatingPointError, match=r"np\.sqrt\(x\)"):
        cr.grad(lambda x: np.sqrt(x))(0.0)


def test_debug_nans_looks_into_scans():
    def fn(x):
        return scan(lambda c, t: (np.log(c) + t, None), x, np.zeros(3))[0]

    with cr.debug_nans(), pytest.raises(FloatingPointError, match=r"np\.log"):
        cr.jit(fn)(1.0)


def test_debug_nans_lets_good_programs_run():
    with cr.debug_nans():
        assert cr.grad(logarithm)(np.array([2.0, 3.0]))[0] == 1.0


@pytest.mark.parametrize("x", [1j, np.array([1j, 2.0])])
def test_complex_numbers_are_refused_and_not_handed_back(x):
    with pytest.raises(errors.DtypeError, match="dtype complex128"):
        cr.grad(lambda x: np.sum(abs(x)))(x)


def test_a_step_of_scan_that_returns_one_thing():
    with pytest.raises(errors.StructureError, match=r"returns two things: \(carry, y\)"):
        scan(lambda carry, x: carry + x, 0.0, np.ones(3))
