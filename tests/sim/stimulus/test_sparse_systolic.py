"""Random sparse tiles: fit the engine, depend only on the seed, and include illegal metadata; whole products."""

import numpy as np
import pytest

from systola.sim.golden import sparse_systolic
from systola.sim.golden.formats import sparse
from systola.sim.network import prune
from systola.sim.stimulus import gemm
from systola.sim.stimulus import sparse_systolic as sparse_tiles

PARAMETERS = {"rows": 8, "cols": 5, "a_format": "int8", "w_format": "uint4", "buffer": "auto", "sparsity": "4:8"}


def test_shapes_fit_and_some_metadata_are_illegal():
    tiles = [tile for case in sparse_tiles.random_cases(PARAMETERS, 30, 1) for tile in case.tiles]
    for a, w in tiles:
        assert a.shape[1] == 16
        assert w.kept.shape == w.places.shape == (5, 2, 4)
    wrong = [sparse.illegal(w.places, 8).any() for _, w in tiles]
    assert any(wrong)
    assert not all(wrong)


def test_cases_depend_on_the_seed():
    first, second = (sparse_tiles.random_cases(PARAMETERS, 8, 7) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        for (x, v), (y, w) in zip(a.tiles, b.tiles, strict=True):
            assert (x == y).all()
            assert (v.kept == w.kept).all()
            assert (v.places == w.places).all()
    assert first[0].idle_free
    assert not all(case.idle_free for case in first)


@pytest.mark.parametrize("sparsity", ["2:4", "1:4", "4:8"])
def test_tiles_form_the_product(sparsity):
    n, m = sparse_tiles.pattern(sparsity)
    rng = np.random.default_rng(3)
    a = rng.integers(-128, 128, (6, 5 * m))
    w = prune.n_of_m(rng.integers(-128, 128, (5 * m, 7)), n, m, axis=0).astype(np.int64)
    tiles = sparse_tiles.tiles(a, w, 2 * n, 3, sparsity)
    results = [sparse_systolic.product(x, y.kept, y.places, m) for x, y in tiles]
    assert (gemm.assemble(results, a, w, 2 * m, 3) == a @ w).all()


def test_dense_weights_are_rejected():
    with pytest.raises(ValueError, match="2:4 stores 2"):
        sparse_tiles.tiles(np.ones((1, 4)), np.ones((4, 1)), 2, 1)
