"""Golden model against float32 sums in the order of k, and its cycle law next to that of integers."""

import numpy as np
import pytest

from systola.sim.golden import bfloat16_systolic, systolic
from systola.sim.golden.formats import bfloat16


def test_product_is_a_sum_in_float32():
    rng = np.random.default_rng(4)
    a, w = bfloat16.encode(rng.normal(size=(6, 9))), bfloat16.encode(rng.normal(size=(9, 5)))
    y = np.zeros((6, 5), np.float32)
    for k in range(9):
        y += bfloat16.decode(a)[:, k, None] * bfloat16.decode(w)[None, k]
    assert (bfloat16_systolic.product(a, w) == bfloat16.words(y)).all()


@pytest.mark.parametrize(("subnormals", "multiply"), [("keep", 6), ("flush", 3)])
def test_tiles_follow_each_other_as_those_of_integers(subnormals, multiply):
    """Only the path down is longer: ADD cycles per row, and a product takes longer."""
    for rows, cols, lengths in ((4, 6, [9]), (5, 2, [1, 7, 3]), (3, 3, [2] * 4)):
        ours = bfloat16_systolic.cycles(rows, cols, lengths, subnormals=subnormals, buffered=True)
        integers = systolic.cycles("ws", rows, cols, lengths, registers=0, buffered=True)
        assert ours - integers == (bfloat16_systolic.ADD - 1) * rows + multiply
