"""Loop, what fit runs on, against the same steps one by one."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.engine.compile.loop import Loop
from chainrule.engine.errors import ConcreteValueError, ShapeError, StructureError

XS = np.random.default_rng(0).normal(size=(7, 3))


def step(rate, carry, x):
    w = carry["w"] - rate * np.tanh(carry["w"] + x)
    return {"w": w, "turn": carry["turn"] + 1}, (w.sum(), x)


def start():
    return {"w": np.zeros(3), "turn": 0}


def test_advance_is_the_steps_one_by_one():
    loop, single = Loop(step, 0.1, start(), XS), Loop(step, 0.1, start(), XS)
    sums, rows = loop.advance(XS, 7)
    carry = start()
    for turn in range(7):
        carry, (expected, _) = step(0.1, carry, XS[turn])
        one, _ = single.advance(XS[turn:], 1)
        np.testing.assert_array_equal(one, sums[turn : turn + 1])
        np.testing.assert_allclose(sums[turn], expected, rtol=1e-13)
    np.testing.assert_array_equal(rows, XS)
    np.testing.assert_array_equal(loop.carry["w"], single.carry["w"])
    np.testing.assert_allclose(loop.carry["w"], carry["w"], rtol=1e-13)
    assert loop.carry["turn"] == single.carry["turn"] == 7


def test_constants_and_carry_can_be_replaced():
    loop = Loop(step, 0.1, start(), XS)
    loop.advance(XS, 5)
    loop.constants, loop.carry = 0.2, start()
    loop.advance(XS, 7)
    other = Loop(step, 0.2, start(), XS)
    other.advance(XS, 7)
    np.testing.assert_array_equal(loop.carry["w"], other.carry["w"])
    with pytest.raises(StructureError, match="the carry is"):
        loop.carry = {"w": np.zeros(3)}


def test_the_carry_is_the_loops_own():
    first = np.zeros(3)
    loop = Loop(lambda c, w, x: (w, None), (), first, XS)
    loop.carry[:] = 1
    first[:] = 2
    np.testing.assert_array_equal(loop.carry, np.zeros(3))


def test_the_carry_is_widened_to_what_the_step_returns():
    loop = Loop(lambda c, w, x: (w + x, w), (), np.float32(1), np.ones(2))
    np.testing.assert_array_equal(loop.advance(np.ones(2), 2), [1.0, 2.0])
    assert loop.carry.dtype == np.float64


def test_loops_can_share_a_carry():
    one, two = [Loop(step, rate, start(), XS) for rate in (0.1, 0.2)]
    two.buffers = one.buffers
    one.advance(XS, 3)
    two.advance(XS, 2)
    one.advance(XS, 1)
    assert one.carry["turn"] == two.carry["turn"] == 6


def test_buffers_are_arrays_of_their_own_in_rows():
    first = np.arange(6.0).reshape(2, 3)

    def turn(c, carry, x):
        return {"a": carry["b"], "b": carry["b"], "c": c.T * 1.0}, None

    loop = Loop(turn, np.ones((3, 2)), {"a": first, "b": first, "c": first}, XS)
    loop.advance(XS, 2)
    for number, buffer in enumerate(loop.buffers):
        assert buffer.flags.c_contiguous and buffer.flags.writeable
        assert not any(np.shares_memory(buffer, other) for other in loop.buffers[number + 1 :])


def test_captured_parameters_are_read_anew():
    scale = cr.tensor(2.0)
    loop = Loop(lambda c, w, x: (w, scale * x), (), 0.0, np.ones(2))
    np.testing.assert_array_equal(loop.advance(np.ones(2), 2), [2.0, 2.0])
    scale.data = np.array(3.0)
    np.testing.assert_array_equal(loop.advance(np.ones(2), 2), [3.0, 3.0])


def test_a_loop_inside_a_traced_function_says_that_it_cannot_be():
    def outer(scale):
        loop = Loop(lambda c, w, x: (w, scale * x), (), 0.0, np.ones(2))
        return loop.advance(np.ones(2), 2)

    with pytest.raises(ConcreteValueError, match="cannot be part of a traced function"):
        cr.jit(outer)(1.0)


def test_repeated_numbers_that_a_step_captures_are_part_of_its_graph():
    repeated, array = np.broadcast_to(0.5, (3,)), np.arange(3.0)
    loop = Loop(lambda c, w, x: (w, repeated * x + array), (), 0.0, XS)
    np.testing.assert_array_equal(loop.advance(XS, 7), 0.5 * XS + array)
    array += 1
    np.testing.assert_array_equal(loop.advance(XS, 7), 0.5 * XS + array)


def test_no_step_changes_nothing():
    loop = Loop(step, 0.1, start(), XS)
    sums, rows = loop.advance(XS, 0)
    assert sums.shape == (0,) and rows.shape == (0, 3) and loop.carry["turn"] == 0


def test_arrays_of_other_types_than_the_traced_ones_are_refused():
    loop = Loop(step, np.float64(0.1), start(), XS)
    for broken in (XS[:6], XS.astype(np.float32), XS[:, :2]):
        with pytest.raises(ShapeError, match="was traced with f64"):
            loop.advance(broken, 7)
    with pytest.raises(ShapeError, match=r"was traced with f64\[\]"):
        loop.constants = np.float32(0.1)
    with pytest.raises(ShapeError, match=r"f64\[3\], and is now given f64\[2\]"):
        loop.carry = {"w": np.zeros(2), "turn": 0}
    assert loop.carry["turn"] == 0
