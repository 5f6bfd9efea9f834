"""Golden model against dense products, its reports, and its cycle law next to the dense one."""

import numpy as np
import pytest

from systola.sim.golden import sparse_systolic, systolic
from systola.sim.golden.formats import sparse
from systola.sim.network import prune


@pytest.mark.parametrize(("n", "m"), [(2, 4), (1, 4), (4, 8), (1, 2)])
def test_the_product_equals_that_of_the_dense_weights(n, m):
    rng = np.random.default_rng(m)
    a = rng.integers(-128, 128, (5, 3 * m))
    w = prune.n_of_m(rng.integers(-128, 128, (3 * m, 4)), n, m, axis=0).astype(np.int64)
    kept, places = sparse.compress(w.T, n, m)
    assert (sparse_systolic.product(a, kept, places, m) == a @ w).all()
    assert (sparse_systolic.product(a, kept, places, m, 12) == systolic.product(a, w, 12)).all()


def test_a_group_with_illegal_positions_adds_nothing():
    a = np.array([[1, 2, 3, 4, 5, 6, 7, 8]])
    kept = np.array([[[1, 1], [1, 1]], [[1, 1], [1, 1]]])
    places = np.array([[[0, 1], [3, 3]], [[1, 0], [2, 3]]])
    assert sparse_systolic.product(a, kept, places, 4).tolist() == [[3, 15]]
    assert sparse_systolic.reports(places, 4) == [(0, 0b10), (1, 0b01)]


def test_sizes_must_agree():
    with pytest.raises(ValueError, match=r"a \(2, 7\) has not 4 columns for each of 2 groups"):
        sparse_systolic.product(np.zeros((2, 7)), np.zeros((3, 2, 2)), np.zeros((3, 2, 2)), 4)


def test_cycles_equal_those_of_a_dense_array_of_groups():
    """Plus one for the metadata's register, and one per level of the adder tree of a group."""
    for n, levels in ((1, 0), (2, 1), (4, 2)):
        for lengths in ([9], [2, 7, 1], [3] * 5):
            ours = sparse_systolic.cycles(4, 6, n, lengths, registers=2, buffered=True)
            assert ours == systolic.cycles("ws", 4, 6, lengths, registers=2, buffered=True) + 1 + levels
