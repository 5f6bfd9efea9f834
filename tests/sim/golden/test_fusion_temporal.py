"""Beats of the temporal design: their products are the sums of shifted bricks."""

import numpy as np
import pytest

from systola.sim.golden.bitbrick import product as brick
from systola.sim.golden.fusion_temporal import beats, cycles, product
from systola.sim.golden.fusion_unit import BRICKS, Mode


@pytest.mark.parametrize("mode", [Mode(2, 2), Mode(4, 8, False, True), Mode(8, 2, True, False), Mode(16, 16)], ids=str)
def test_beats_add_up(mode):
    rng = np.random.default_rng(1)
    a, w = (rng.integers(low, high, (2, BRICKS), endpoint=True) for low, high in mode.limits.values())
    a_words, w_words = (words.reshape(2, -1) for words in beats(a, w, mode))
    assert a_words.shape == (2, cycles(mode))
    total = np.zeros((2, BRICKS), np.int64)
    for beat in range(cycles(mode)):
        j, i = divmod(beat, mode.a_bits // 2)
        a_signed = mode.a_signed and i == mode.a_bits // 2 - 1
        w_signed = mode.w_signed and j == mode.w_bits // 2 - 1
        for n, lane in np.ndindex(2, BRICKS):
            x, y = (int(words[n, beat]) >> 2 * lane & 3 for words in (a_words, w_words))
            total[n, lane] += brick(x, a_signed, y, w_signed) << 2 * (i + j)
    assert np.array_equal(total, product(a, w))


def test_as_many_products_per_cycle_as_a_fusion_unit():
    assert {bits: BRICKS / cycles(Mode(bits, bits)) for bits in (2, 4, 8, 16)} == {2: 16, 4: 4, 8: 1, 16: 0.25}
