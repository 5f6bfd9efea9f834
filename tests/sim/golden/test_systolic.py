"""Golden model against plain matrix products, and its cycle law against the published one."""

import numpy as np
import pytest

from systola.sim.golden import systolic
from systola.sim.golden.integer import wrap


@pytest.mark.parametrize("acc_width", [8, 20, 32, 64])
def test_product_is_a_matrix_product_that_wraps(acc_width):
    rng = np.random.default_rng(acc_width)
    for _ in range(50):
        m, k, n = rng.integers(1, 12, 3)
        a, w = rng.integers(-128, 256, (m, k)), rng.integers(-128, 128, (k, n))
        assert (systolic.product(a, w, acc_width) == wrap(a @ w, acc_width)).all()


def test_sizes_must_agree():
    with pytest.raises(ValueError, match="common inner size"):
        systolic.product(np.zeros((2, 3)), np.zeros((2, 3)))


def test_beats_follow_the_contract():
    a, w = np.arange(6).reshape(2, 3), np.arange(12).reshape(3, 4)
    assert [x.tolist() for x in systolic.beats("ws", a, w)] == [a.tolist(), w.tolist()]
    assert [x.tolist() for x in systolic.beats("os", a, w)] == [a.T.tolist(), w.tolist()]
    assert [x.tolist() for x in systolic.beats("is", a, w)] == [a.T.tolist(), w.T.tolist()]


@pytest.mark.parametrize(("registers", "buffered"), [(0, False), (1, False), (2, True)])
def test_cycles_follow_the_law_of_systolic_arrays(registers, buffered):
    """M + K + N - 2 and the declared registers; T tiles of B rows: T max(B, K) + K + N - 2 and the first load."""
    declared = 2 + registers + 2 * buffered
    for rows, cols, length, tiles in ((4, 4, 9, 1), (8, 3, 2, 5), (5, 7, 6, 3)):
        options = {"registers": registers, "buffered": buffered}
        first = systolic.cycles("ws", rows, cols, [length], **options)
        assert first == rows + (length + rows + cols - 2 + declared) + 1
        many = systolic.cycles("ws", rows, cols, [length] * tiles, **options)
        assert many - first == (tiles - 1) * max(length, rows)
        one = systolic.cycles("os", rows, cols, [length], **options)
        assert one == (length + rows + cols - 2 + declared) + rows
        assert systolic.cycles("os", rows, cols, [length] * tiles, **options) - one == (tiles - 1) * max(length, rows)
