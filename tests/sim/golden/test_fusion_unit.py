"""Modes, words and sums of the golden Fusion Unit, against bricks and by hand."""

import numpy as np
import pytest

from systola.sim.golden.bitbrick import fused
from systola.sim.golden.fusion_unit import BRICKS, MODES, Mode, dot, dots, pack, unpack


def test_modes():
    assert len(MODES) == 15 * 4
    assert len({mode.code for mode in MODES}) == len(MODES)
    assert Mode(2, 16, False, True).code == 0b10_11_00
    assert Mode(8, 4, True, False).code == 0b01_01_10


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(map(str, mode)))
def test_bricks_are_never_idle_and_words_hold_the_values(mode):
    assert mode.values * (mode.a_bits // 2) * (mode.w_bits // 2) == BRICKS * mode.cycles
    assert mode.values * max(mode.a_bits, mode.w_bits) <= 32


def test_products_per_cycle():
    rates = {bits: Mode(bits, bits).values / Mode(bits, bits).cycles for bits in (2, 4, 8, 16)}
    assert rates == {2: 16, 4: 4, 8: 1, 16: 0.25}
    assert Mode(16, 8).cycles == Mode(8, 16).cycles == 2


def test_words():
    values = np.array([[1, -2, 3, -4]])
    assert pack(values, 4).tolist() == [0xC3E1]
    assert unpack(np.array([0xC3E1]), 4, 4, True).tolist() == values.tolist()
    assert unpack(np.array([0xC3E1]), 4, 4, False).tolist() == [[1, 14, 3, 12]]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(map(str, mode)))
def test_sums_equal_those_of_bricks(mode):
    rng = np.random.default_rng(mode.code)
    a, w = rng.integers(1 << 32, size=(2, 5))
    for x, y, result in zip(a.tolist(), w.tolist(), dot(a, w, mode), strict=True):
        total = 0
        for k in range(mode.values):
            x_code, y_code = (word >> k * bits & (1 << bits) - 1 for word, bits in ((x, mode.a_bits), (y, mode.w_bits)))
            total += fused(x_code, mode.a_bits, mode.a_signed, y_code, mode.w_bits, mode.w_signed)
        assert result == total


def test_each_pair_in_its_own_mode():
    modes = [Mode(8, 8), Mode(2, 2, False, False), Mode(8, 8)]
    assert dots(np.array([255, 255, 2]), np.array([2, 255, 3]), modes).tolist() == [-2, 36, 6]
