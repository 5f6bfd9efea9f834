"""Golden adder tree against plain matrix products."""

import numpy as np

from systola.sim.golden import broadcast
from systola.sim.golden.integer import wrap


def test_product_is_a_matrix_product_that_wraps():
    rng = np.random.default_rng(1)
    for acc_width in (7, 32):
        for k in range(1, 20):
            a, w = rng.integers(-128, 128, (3, k)), rng.integers(-128, 128, (k, 4))
            assert (broadcast.product(a, w, acc_width) == wrap(a @ w, acc_width)).all()


def test_cycles():
    options = {"registers": 1, "buffered": True}
    assert broadcast.cycles(16, [64], **options) == 16 + 1 + 64 + 1 + 1 + 4 + 2
    assert broadcast.cycles(1, [3, 3], **options) == 1 + 1 + 6 + 1 + 1 + 0 + 2
