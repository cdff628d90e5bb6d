"""Generated points follow their formulas, and are the same for the same key."""

import numpy as np
import pytest

from chainrule import data, random

MAKERS = (data.noisy_line, data.parabola, data.two_clouds, data.signs)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_key_decides_everything(make):
    once, again, other = make(random.key(1)), make(random.key(1)), make(random.key(2))
    for a, b, c in zip(once, again, other, strict=True):
        assert a.dtype == np.float64
        np.testing.assert_array_equal(a, b)
        assert a.shape == c.shape
    assert not np.array_equal(once[0], other[0])


def test_many_points_of_a_line_have_its_slope():
    x, y = data.noisy_line(random.key(0), n=20_000)
    slope, intercept = np.polyfit(x, y, 1)
    assert slope == pytest.approx(2.5, abs=0.02)
    assert intercept == pytest.approx(1.0, abs=0.02)
    assert np.std(y - 2.5 * x - 1) == pytest.approx(0.5, abs=0.01)


def test_clouds_have_their_centres_and_half_the_points_each():
    x, y = data.two_clouds(random.key(0), n=20_000, distance=3.0)
    assert y.sum() == 10_000
    between = x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0)
    assert np.linalg.norm(between) == pytest.approx(3.0, abs=0.05)
    np.testing.assert_allclose(x[y == 0].std(axis=0), 1.0, atol=0.03)


def test_signs_are_signs():
    x, y = data.signs(random.key(0), n=500)
    np.testing.assert_array_equal(y, np.sign(x[:, 0]) == np.sign(x[:, 1]))
    assert np.abs(x).max() <= 1
