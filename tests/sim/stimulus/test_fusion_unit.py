"""Random operands fit their modes, every mode comes up, and pairs are complete."""

import numpy as np

from systola.sim.golden.fusion_unit import MODES, Mode, unpack
from systola.sim.stimulus.fusion_unit import (
    array_cases,
    every_pair,
    product_case,
    random_cases,
    sampled,
    temporal_cases,
)


def test_every_pair_stands_at_every_place():
    mode = Mode(2, 4, True, False)
    case = every_pair(mode, np.random.default_rng(1))
    a, w = unpack(case.a, 8, 2, True), unpack(case.w, 8, 4, False)
    for place in range(mode.values):
        assert len(set(zip(a[:, place].tolist(), w[:, place].tolist(), strict=True))) == 4 * 16


def test_samples_hold_extremes():
    mode = Mode(8, 16, True, False)
    case = sampled(mode, np.random.default_rng(1), 200)
    assert {-128, 127} <= set(unpack(case.a, 1, 8, True).reshape(-1).tolist())
    assert {0, 65535} <= set(case.w.tolist())


def test_random_words():
    cases = random_cases({}, 40, 1)
    assert {mode for case in cases for mode in case.modes} == set(MODES)
    assert [case.idle_free for case in cases[::4]] == [True] * 10
    assert all(0 <= word < 1 << 32 for case in cases for word in (*case.a.tolist(), *case.w.tolist()))
    short = [w for case in cases for w, mode in zip(case.w.tolist(), case.modes, strict=True) if mode.w_bits == 8]
    assert any(word >> 16 for word in short)  # bits that nobody is to look at


def test_random_products():
    for case in temporal_cases({}, 8, 1):
        for a, w, mode in zip(case.a, case.w, case.modes, strict=True):
            for values, (low, high) in zip((a, w), mode.limits.values(), strict=True):
                assert low <= values.min() <= values.max() <= high


def test_random_tiles():
    parameters = {"rows": 3, "cols": 2, "buffer": 0}
    first, again = (array_cases(parameters, 20, 1) for _ in range(2))
    for case, same in zip(first, again, strict=True):
        assert case.modes == same.modes
        assert case.stall == 0
        for (a, w), mode in zip(case.tiles, case.modes, strict=True):
            assert a.shape[1] == w.shape[0] == 3 * mode.values
            assert w.shape[1] == 2


def test_products_are_cut_into_tiles_of_words():
    case = product_case(np.ones((4, 20), int), np.ones((20, 3), int), Mode(4, 4), 2, 2)
    assert [(a.shape, w.shape) for a, w in case.tiles] == [((4, 8), (8, 2))] * 6
