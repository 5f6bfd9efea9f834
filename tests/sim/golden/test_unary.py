"""Functions of one int8 number against floating point, to one unit; `tests/gen/importers` has the exact comparison."""

import numpy as np
import pytest

from systola.sim.golden.unary import BYTES, hard_swish, leaky_relu, logistic, table, tanh


def near(got, real, scale, zero_point):
    assert got.dtype == np.int8
    assert np.abs(got - np.clip(np.rint(real / scale) + zero_point, -128, 127)).max() <= 1


@pytest.mark.parametrize(("scale", "zero_point"), [(0.05, -7), (0.4, 0), (0.0031, 127)])
def test_functions_of_fixed_output(scale, zero_point):
    real = scale * (BYTES.astype(float) - zero_point)
    near(table(logistic, scale, zero_point), 1 / (1 + np.exp(-real)), 1 / 256, -128)
    near(table(tanh, scale, zero_point), np.tanh(real), 1 / 128, 0)


@pytest.mark.parametrize("alpha", [0.3, -0.1, 0.0, 1.5])
def test_leaky_relu(alpha):
    real = 0.05 * (BYTES.astype(float) + 20)
    near(table(leaky_relu, 0.05, -20, 0.06, -40, alpha), np.where(real < 0, alpha * real, real), 0.06, -40)


@pytest.mark.parametrize(("scale", "zero_point", "out_scale"), [(0.06, 3, 0.05), (0.2, -128, 0.3), (0.01, 0, 0.01)])
def test_hard_swish(scale, zero_point, out_scale):
    real = scale * (BYTES.astype(float) - zero_point)
    near(table(hard_swish, scale, zero_point, out_scale, -100), real * np.clip(real + 3, 0, 6) / 6, out_scale, -100)


def test_an_output_scale_that_is_too_small():
    with pytest.raises(ValueError, match=r"the scale of a hard swish must be at least 0\.0078125"):
        table(hard_swish, 1.0, 0, 0.001, 0)


def test_a_table_is_indexed_by_the_unsigned_byte():
    assert table(lambda x: x)[[0, 127, 128, 255]].tolist() == [0, 127, -128, -1]
