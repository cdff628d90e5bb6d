"""The derivative of a gamma sample by its parameter: NaN, and at once, where there is none."""

import numpy as np
import pytest

from chainrule.scipy.gamma_rows import gamma_slope


@pytest.mark.parametrize("a", [-1.5, -1.0, 0.0, np.nan])
def test_no_sample_belongs_to_a_parameter_that_is_not_positive(a):
    assert np.isnan(gamma_slope.numpy(np.array([0.5, -2.0, 3.0]), np.full(3, a))).all()


def test_samples_are_positive():
    found = gamma_slope.numpy(np.array([-1.0, 1.0]), np.array([1.0, 1.0]))
    assert np.isnan(found[0])
    assert found[1] > 0
