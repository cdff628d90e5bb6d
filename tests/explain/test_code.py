"""The printed NumPy code computes what the engine does: value and gradient of many functions."""

import ast

import numpy as np
import pytest

import chainrule as cr
from chainrule.explain.code import numpy_code
from tests.conformance.cases import CASES
from tests.conformance.numeric import real_places
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
