"""Random bfloat16 tiles: fit the engine, depend only on the seed, and are difficult."""

import numpy as np

from systola.sim.golden.formats import bfloat16
from systola.sim.stimulus.bfloat16_systolic import KINDS, draw, random_cases, vanishing

PARAMETERS = {"rows": 3, "cols": 5, "buffer": "auto"}


def test_shapes_fit_and_depend_only_on_the_seed():
    first, second = (random_cases(PARAMETERS, 8, 7) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        for (x, w), (y, v) in zip(a.tiles, b.tiles, strict=True):
            assert x.shape[1] == 3
            assert w.shape == (3, 5)
            assert (x == y).all()
            assert (w == v).all()
    assert first[0].idle_free
    assert not all(case.idle_free for case in first)


def test_every_kind_produces_codes():
    for kind in KINDS:
        codes = draw(np.random.default_rng(1), (40, 40), kind)
        assert 0 <= codes.min() <= codes.max() < 1 << 16


def test_properties_of_the_kinds():
    rng = np.random.default_rng(2)
    tiny = bfloat16.product(*draw(rng, (2, 2000), "tiny"))
    assert 0.2 < ((tiny & 0x7FFFFFFF) < bfloat16.SMALLEST_NORMAL).mean() < 1
    a, w = draw(rng, (50, 8), "cancelling"), draw(rng, (8, 50), "cancelling")
    assert (bfloat16.matmul(a, w) == 0).mean() > 0.01
    corners = draw(rng, (1000,), "corners")
    assert np.isnan(bfloat16.decode(corners)).any()
    assert np.isinf(bfloat16.decode(corners)).any()


def test_large_products_vanish_again():
    """The sum of two rows of W is 2^4 to 2^23 times that of three, which is near 1."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        a, w = vanishing(rng, 3, 3, 4)
        two, three = (abs(bfloat16.decode(a[:, :rows]) @ bfloat16.decode(w[:rows])).mean() for rows in (2, 3))
        assert three < 8
        assert two / three > 2
    assert [codes.shape for codes in vanishing(rng, 2, 1, 1)] == [(2, 1), (1, 1)]
