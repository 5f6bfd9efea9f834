"""Fixed-point functions against floating point; `tests/gen/importers` compares them bit by bit with the reference."""

import numpy as np
import pytest

from systola.sim.golden.gemmlowp import exponential, logistic, reciprocal, tanh

ONE = 2.0**31
BITS = 4
X = np.concatenate([np.linspace(-(2**31) + 1, 2**31 - 1, 4001), [0, 1, -1]]).astype(np.int64)
REAL = X / 2.0 ** (31 - BITS)


@pytest.mark.parametrize("bits", [3, 4, 5])
def test_exponential(bits):
    x = -np.abs(X)
    np.testing.assert_allclose(exponential(x, bits) / ONE, np.exp(x / 2.0 ** (31 - bits)), atol=3e-7)


def test_reciprocal():
    x = np.abs(X)
    np.testing.assert_allclose(reciprocal(x) / ONE, 1 / (1 + x / ONE), atol=2e-8)


def test_logistic_function():
    np.testing.assert_allclose(logistic(X, BITS) / ONE, 1 / (1 + np.exp(-REAL)), atol=3e-7)
    assert logistic(np.zeros(1, np.int64), BITS) == 1 << 30


def test_hyperbolic_tangent():
    np.testing.assert_allclose(tanh(X, BITS) / ONE, np.tanh(REAL), atol=6e-7)
    assert (tanh(-X, BITS) == -tanh(X, BITS)).all()
