"""Any matrix product, cut into tiles and put together again."""

import numpy as np
import pytest

from systola.sim.golden.systolic import product
from systola.sim.workloads import gemm


@pytest.mark.parametrize("dataflow", ["ws", "os", "is"])
def test_tiles_make_up_the_product(dataflow):
    rng = np.random.default_rng(3)
    for _ in range(30):
        m, k, n, rows, cols = rng.integers(1, 20, 5)
        a, w = rng.integers(-128, 128, (m, k)), rng.integers(-128, 128, (k, n))
        results = [product(x, y) for x, y in gemm.tiles(a, w, rows, cols, dataflow)]
        assert (gemm.assemble(results, a, w, rows, cols, dataflow) == a @ w).all()
