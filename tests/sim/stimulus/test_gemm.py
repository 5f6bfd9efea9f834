"""Matrix products of any size, split into tiles and joined again."""

import numpy as np
import pytest

from systola.sim.golden.systolic import product
from systola.sim.stimulus import gemm


@pytest.mark.parametrize("dataflow", ["ws", "os", "is"])
def test_tiles_form_the_product(dataflow):
    rng = np.random.default_rng(3)
    for _ in range(30):
        m, k, n, rows, cols = rng.integers(1, 20, 5)
        a, w = rng.integers(-128, 128, (m, k)), rng.integers(-128, 128, (k, n))
        results = [product(x, y) for x, y in gemm.tiles(a, w, rows, cols, dataflow)]
        assert (gemm.assemble(results, a, w, rows, cols, dataflow) == a @ w).all()


def test_split_halves_form_the_product():
    a, w = np.arange(-128, 128).reshape(64, 4), np.arange(-128, 128, 16).reshape(4, 4)
    codes, weights, types = gemm.halves(a, w)
    low = np.array([4, 5])  # of ANT's types
    values = np.where(np.arange(16) % 2, (codes ^ 8) - 8 << 4, codes)
    others = np.where((types == low[1])[:, None], (weights ^ 8) - 8 << 4, weights)
    assert set(types.tolist()) == set(low.tolist())
    assert (values @ others == a @ w).all()
