"""What depends on the batch size in a function's graph."""

import numpy as np
import pytest

from chainrule.export.batch_size import Counting, Fixed, Quotient, Size, compare, trial_sizes
from chainrule.export.traced import traced

X = np.ones((5, 3))


def free(function, x=X):
    found = traced(function, [x])
    assert not found.fixed, found.fixed
    return found


def test_lengths_are_lines():
    found = free(lambda x: np.concatenate([x, x[1:]], axis=0).reshape(-1))
    shapes = [found.sizes.shape(node) for node in found.graph.nodes]
    assert [str(shape) for shape in shapes] == ["(n - 1, 3)", "(2 * n - 1, 3)", "(6 * n - 3,)"]


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (lambda n: n, (1, 0, 0, 1)),
        (lambda n: 1 / n, (0, 1, 1, 0)),
        (lambda n: 0.0123 / n, (0, 1, 1, 0)),
        (lambda n: n / (n - 1), (1, 0, 1, -1)),
        (lambda n: 3 * n / (3 * n - 1), (3, 0, 3, -1)),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_are_ratios(number, wanted, dtype):
    found = free(lambda x: x * dtype(number(len(x))), X.astype(dtype))
    (form,) = found.sizes.constants.values()
    assert isinstance(form, Quotient)
    for n in (2, 5, 1000):
        top = wanted[0] * n + wanted[1]
        bottom = wanted[2] * n + wanted[3]
        assert [getattr(part, "scale", 0) for part in (form.top, form.bottom)] == list(wanted[::2])
        np.testing.assert_allclose(form.factor * top / bottom, number(n), rtol=1e-6)


def test_counted_numbers():
    found = free(lambda x: x + np.arange(len(x))[:, None])
    forms = list(found.sizes.constants.values())
    assert any(isinstance(form, Counting) for form in forms)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: x * np.sqrt(len(x)), "depends on the size in a way of its own"),
        (lambda x: x[: len(x) // 2], "a length goes"),
        (lambda x: sum(row * row for row in x), "something else for each size"),
        (lambda x: x + np.random.default_rng(0).normal(size=x.shape), "array of constants"),
        (lambda x: x.reshape(5, -1) * 1.0, "reshape"),
    ],
)
def test_what_depends_on_it_in_another_way_is_said(function, reason):
    assert reason in traced(function, [X]).fixed


def test_the_sizes_that_are_tried_are_no_length_of_the_graph():
    assert trial_sizes([71, 3]) == [67, 73, 79, 83]
    with pytest.raises(Fixed):
        graphs = [traced(lambda x, n=n: x[: n % 7], [X], False).graph for n in (1, 2, 3, 4)]
        compare(graphs, trial_sizes([]))
    assert (Size.of(7, 1, 0), Size.of(20, 3, -1)) == (7, 20)
