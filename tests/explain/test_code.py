"""The printed NumPy code computes what the engine does: value and gradient of many functions."""

import ast
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import chainrule as cr
from chainrule.engine.primitives.families import elementwise
from chainrule.explain.code import numpy_code
from tests.conformance.cases import CASES
from tests.conformance.numeric import real_places
from tests.conformance.programs import programs
from tests.conformance.rows import draw
from tests.explain.functions import FUNCTIONS

DIFFERENTIABLE = [
    case
    for case in CASES
    if real_places(case.inputs) and (case.row.vjp or case.row.flat) and case.name != "while_loop"
]


def leaves(tree):
    return [np.asarray(leaf) for leaf in cr.tree.leaves(tree)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_code_equals_grad(name):
    function, args = FUNCTIONS[name]
    value, gradient = cr.value_and_grad(function)(*args)
    steps = cr.backprop(function)(*args)
    code = steps.code()
    assert "chainrule" not in "".join(
        node.value.id
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    )
    with np.errstate(all="ignore"):
        found = code.run()
    wanted = [value, *leaves(gradient)]
    close = (
        dict(rtol=1e-5, atol=1e-6)
        if wanted[0].dtype == np.float32
        else dict(rtol=1e-10, atol=1e-12)
    )
    for a, b, c in zip(found, wanted, [steps.value, *leaves(steps.gradient)], strict=False):
        np.testing.assert_allclose(a, b, **close)
        np.testing.assert_allclose(c, b, **close)
        assert np.shape(a) == np.shape(b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
    assert len(found) >= len(wanted)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_forward_code_equals_the_function(name):
    function, args = FUNCTIONS[name]
    with np.errstate(all="ignore"):
        found = numpy_code(function, *args).run()
    with cr.no_grad(), np.errstate(all="ignore"):
        np.testing.assert_allclose(found, function(*args), rtol=1e-6)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_primitive_as_code(case):
    """The code of each primitive gives its values; with its derivative, those of the engine."""
    code = numpy_code(case, *case.inputs)
    with np.errstate(all="ignore"):
        found = code.run()
    for a, b in zip(leaves(found), leaves(case(*case.inputs)), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a, b, rtol=1e-14, atol=1e-300)


def weighted_sum(case):
    """A case as a scalar function of its real inputs, which are 64 bits wide."""
    places = real_places(case.inputs)

    def total(xs):
        inputs = list(case.inputs)
        for place, x in zip(places, xs, strict=True):
            inputs[place] = x
        results = [y for y in cr.tree.leaves(case(*inputs)) if y.dtype.kind == "f"]
        return sum(((y * draw(y.shape, seed=7)).sum() for y in results), 0.0 * xs[0].sum())

    return total, [np.asarray(case.inputs[place], np.float64) for place in places]


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
def test_every_derivative_as_code(case):
    total, xs = weighted_sum(case)
    code = cr.backprop(total)(xs).code()
    with np.errstate(all="ignore"):
        _, *found = code.run()
    for a, b in zip(found, cr.grad(total)(xs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@settings(
    max_examples=60, derandomize=True, database=None, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(programs())
def test_random_programs(program):
    steps = cr.backprop(program, (0, 1))(*program.inputs)
    with np.errstate(all="ignore"):
        value, *found = steps.code().run()
    np.testing.assert_allclose(value, program(*program.inputs), rtol=1e-9, atol=1e-12)
    for a, b in zip(found, cr.grad(program, (0, 1))(*program.inputs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)


def _cube(x):
    return _power(x, POWER)


def _power(x, n):
    return x**n


POWER = 3
cube = elementwise("cube", numpy=_cube, derivative=lambda y, x: 3 * x * x)
nameless = elementwise("nameless", numpy=lambda x: x + 1, derivative=lambda y, x: 1)


def test_a_primitive_of_ones_own_brings_its_source():
    code = cr.backprop(lambda x: cube(x) * 2.0)(1.5).code()
    assert "POWER = 3" in code
    assert "def _power(x, n):" in code
    value, gradient = code.run()
    assert (value, gradient) == (6.75, 13.5)


def test_a_primitive_without_source_is_named():
    with pytest.raises(NotImplementedError, match="'nameless' cannot be written"):
        numpy_code(lambda x: nameless(x), 1.0)
    assert float(cr.backprop(lambda x: nameless(x) * 2.0)(1.5).gradient) == 2.0


def test_arguments_of_the_code():
    """Large arrays from outside are arguments, small ones and numbers stand in the text."""
    large, small = np.arange(40.0) ** 2, np.array([1.5, 2.5])
    code = numpy_code(lambda x: (x * large).sum() + x * small * 3.0, 2.0)
    assert list(code.arguments) == ["x0", "array1"]
    assert "np.array([1.5, 2.5])" in code
    np.testing.assert_allclose(code.run(), 2 * large.sum() + 6 * small)
    np.testing.assert_allclose(code.run(x0=np.float64(1.0)), large.sum() + 3 * small)


def test_code_of_a_graph():
    graph = cr.trace(lambda x, y: (x @ y, np.exp(x)), np.ones((2, 3)), np.ones(3))
    x, y = np.ones((2, 3)), np.arange(3.0)
    product, powers = numpy_code(graph, name="both").function()(x, y)
    np.testing.assert_array_equal(product, x @ y)
    np.testing.assert_array_equal(powers, np.exp(x))


def test_a_script_is_a_program_of_its_own(tmp_path):
    w = np.float32([0.5, -1.25])
    code = cr.backprop(lambda w: np.sum(np.tanh(w) ** 2))(w).code()
    path = tmp_path / "script.py"
    path.write_text(code.script())
    command = [sys.executable, "-I", "-W", "error", str(path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.strip() == str(code.run())


def test_dtypes_are_kept():
    for dtype in (np.float16, np.float32, np.float64):
        x = np.array([0.5, 2.0], dtype)
        steps = cr.backprop(lambda x: np.mean(np.where(x > 1, x**3, 0.1) / 7.0))(x)
        for found in steps.code().run():
            assert found.dtype == dtype


def test_lines_are_short():
    for function, args in FUNCTIONS.values():
        code = cr.backprop(function)(*args).code()
        assert max(map(len, code.splitlines())) <= 110
