"""The golden N:M multiply-accumulate against dense products and numbers by hand."""

import numpy as np
import pytest

from systola.sim.golden import nm_mac
from systola.sim.golden.formats.sparse import compress


@pytest.mark.parametrize("sparsity", ["2:4", "1:4", "4:8", "1:2"])
def test_it_equals_the_dense_product(sparsity):
    n, m = nm_mac.pattern(sparsity)
    rng = np.random.default_rng(n)
    dense = rng.integers(-8, 8, (6, m))
    for row in dense:
        row[rng.permutation(m)[n:]] = 0
    kept, places = compress(dense.reshape(-1), n, m)
    a = rng.integers(-128, 128, (6, m))
    assert nm_mac.dot(a, kept, places, 32) == (int((a * dense).sum()), 0)


def test_illegal_groups_add_nothing_and_sums_wrap():
    a, kept = np.full((3, 4), 100), np.ones((3, 2), int)
    places = np.array([[0, 1], [2, 2], [3, 0]])
    assert nm_mac.dot(a, kept, places, 16) == (200, 2)
    assert nm_mac.dot(a, kept, places, 8) == (-56, 2)


def test_metadata_is_packed_from_the_low_end():
    assert nm_mac.meta(np.array([[0, 1], [2, 3], [0, 3]]), 4).tolist() == [0b0100, 0b1110, 0b1100]
    assert nm_mac.meta(np.array([[0, 1, 2, 7]]), 8).tolist() == [0b111_010_001_000]


def test_latency():
    assert nm_mac.latency(2, operand_register=True, product_register=True) == 7
    assert nm_mac.latency(1, operand_register=False, product_register=False) == 4
