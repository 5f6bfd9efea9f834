"""Words of a tile, and the cycle count of the publication, by hand."""

import numpy as np

from systola.sim.golden.fusion_array import authors_cycles, words
from systola.sim.golden.fusion_unit import MODES, Mode, dot


def test_words_of_a_tile_reproduce_its_product():
    rng = np.random.default_rng(1)
    for mode in MODES:
        (low_a, high_a), (low_w, high_w) = mode.limits["a"], mode.limits["w"]
        a = rng.integers(low_a, high_a, (3, 2 * mode.values), endpoint=True)
        w = rng.integers(low_w, high_w, (2 * mode.values, 5), endpoint=True)
        a_words, w_words = words(a, w, mode)
        assert a_words.shape == (3, 2)
        assert w_words.shape == (2, 5)
        y = sum(dot(a_words[:, row, None], w_words[None, row], mode) for row in range(2))
        assert np.array_equal(y, a @ w)


def test_published_cycles():
    # SVHN's seventh layer, 1024 x 1024 at two bits, sixteen images: 2048 cycles in the publication's results.
    assert authors_cycles(Mode(2, 2), 16, 32, ic=1024, oc=1024, batch=16) == 2048
    assert authors_cycles(Mode(8, 8), 16, 32, ic=1024, oc=1024, batch=16) == 16 * 2048
    assert authors_cycles(Mode(4, 2), 16, 32, ic=130, oc=33, kernel=9, outputs=49) == 2 * 49 * 9 * 2
