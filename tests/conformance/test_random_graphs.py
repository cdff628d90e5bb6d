"""Random programs differentiate, batch and compile correctly."""

import numpy as np
from hypothesis import HealthCheck, given, settings

import chainrule as cr

from .numeric import close, slope
from .programs import programs
from .rows import draw

# Compiled at first sight, each example takes some hundred milliseconds.
EXAMPLES = 600 if cr.config.compile is not True else 40
fixed = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
STEP = 1e-4


def directions(inputs, seed):
    return [draw(x.shape, -1.0, 1.0, seed + i) for i, x in enumerate(inputs)]


def along(gradients, steps):
    return sum(float(np.sum(g * d)) for g, d in zip(gradients, steps, strict=True))


@fixed
@given(programs())
def test_gradient_agrees_with_finite_differences(program):
    xs, ds = program.inputs, directions(program.inputs, 5)
    gradients = cr.grad(program, (0, 1))(*xs)
    assert [g.shape for g in gradients] == [x.shape for x in xs]
    wanted = float(slope(program, xs, ds, STEP)[0])
    close(along(gradients, ds), wanted, rtol=1e-6, atol=1e-7)
    value, tangent = cr.jvp(program, xs, ds)
    close(value, program(*xs), rtol=1e-12, atol=1e-12)
    close(tangent, wanted, rtol=1e-6, atol=1e-7)


@settings(fixed, max_examples=EXAMPLES // 3)
@given(programs())
def test_second_order_agrees_with_finite_differences_of_the_gradient(program):
    xs, ds = program.inputs, directions(program.inputs, 6)
    gradient = cr.grad(program, (0, 1))
    found = cr.hvp(program, xs, ds)
    for h, wanted in zip(found, slope(gradient, xs, ds, STEP), strict=True):
        close(h, wanted, rtol=1e-5, atol=1e-6)


@settings(fixed, max_examples=EXAMPLES // 3)  # jit compiles each; tests/fuzz compares more
@given(programs())
def test_transformations_change_no_value(program):
    xs = program.inputs
    value, gradients = cr.value_and_grad(program, (0, 1))(*xs)
    close(value, program(*xs), rtol=1e-12, atol=1e-12)
    close(cr.jit(program)(*xs), value, rtol=1e-10, atol=1e-12)
    inside = cr.grad(cr.jit(program), (0, 1))(*xs)
    outside = cr.jit(cr.grad(program, (0, 1)))(*xs)
    for g, a, b in zip(gradients, inside, outside, strict=True):
        close(a, g, rtol=1e-10, atol=1e-12)
        close(b, g, rtol=1e-10, atol=1e-12)


@fixed
@given(programs())
def test_vmap_agrees_with_a_loop(program):
    x, y = program.inputs
    several = np.stack([x, 0.9 * x, x - 0.2])
    gradient = cr.grad(program, (0, 1))
    for function in (program, gradient):
        found = cr.tree.leaves(cr.vmap(function, (0, None))(several, y))
        loop = [cr.tree.leaves(function(row, y)) for row in several]
        for i, stack in enumerate(found):
            close(stack, np.stack([row[i] for row in loop]), rtol=1e-9, atol=1e-11)
