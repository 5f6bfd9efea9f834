"""The golden product, for all pairs of operands."""

import numpy as np
import pytest
from systola_mitchell.golden import SIGNED, UNSIGNED

BY_HAND = [(0, 7, 0), (8, 5, 40), (3, 3, 8), (5, 6, 28), (7, 7, 48), (-3, 3, -8), (-128, -128, 16384)]
"""3 = 2^1 (1 + 1/2), so x + y = 1 and 3 x 3 is 2^3 (1/2 + 1/2) = 8."""


@pytest.mark.parametrize(("a", "b", "product"), BY_HAND)
def test_products_by_hand(a, b, product):
    assert SIGNED.product(np.array(a), np.array(b)) == product


@pytest.mark.parametrize("format", [SIGNED, UNSIGNED])
def test_all_pairs(format):
    values = format.decode(np.arange(256))
    assert sorted(values.tolist()) == list(range(-128, 128) if format is SIGNED else range(256))
    exact = np.multiply.outer(values, values)
    product = format.product(values[:, None], values)
    assert (product == product.T).all()
    assert (np.abs(product) <= np.abs(exact)).all()
    assert (9 * np.abs(product) >= 8 * np.abs(exact)).all()
    powers = np.isin(np.abs(values), [0, *(1 << np.arange(8))])
    assert (product[powers] == exact[powers]).all()
    # The same from real logarithms: the sum of their linear approximations, and back.
    log = _log(np.abs(values[:, None])) + _log(np.abs(values))
    back = 2.0 ** np.floor(log) * (1 + log % 1) * (exact != 0)
    assert (np.sign(exact) * back == product).all()


def _log(values):
    whole = np.floor(np.log2(np.maximum(values, 1)))
    return whole + values / 2**whole - 1
