"""The golden outer product is a product of matrices, for NumPy too."""

import numpy as np

from systola.sim.golden.cores.outer_product import legal, run


def test_a_product():
    rng = np.random.default_rng(1)
    a, w = rng.integers(-128, 128, (8, 32), dtype=np.int8), rng.integers(-128, 128, (32, 4), dtype=np.int8)
    memory = np.zeros(1024, np.uint8)
    memory[:256] = a.reshape(2, 4, 32).transpose(0, 2, 1).reshape(-1).view(np.uint8)
    memory[256:384] = w.reshape(-1).view(np.uint8)
    run(memory, 0, 256, 448, 2, 2)
    assert np.array_equal(memory[448:576].view("<i4").reshape(8, 4), a.astype(int) @ w)
    assert not memory[576:].any()


def test_what_is_legal():
    assert [legal({"depth": 64}, depth, rows) for depth, rows in ((0, 1), (1, 0), (1, 1), (4, 9), (5, 1))] == [
        False,
        False,
        True,
        True,
        False,
    ]
