"""Random operands: within their modes, in every mode, with all pairs."""

import numpy as np

from systola.sim.golden.fusion_unit import MODES, Mode, unpack
from systola.sim.stimulus.fusion_unit import every_pair, random_cases, sampled


def test_every_pair_occurs_at_every_place():
    mode = Mode(2, 4, True, False)
    case = every_pair(mode, np.random.default_rng(1))
    a, w = unpack(case.a, 8, 2, True), unpack(case.w, 8, 4, False)
    for place in range(mode.values):
        assert len(set(zip(a[:, place].tolist(), w[:, place].tolist(), strict=True))) == 4 * 16


def test_samples_contain_extremes():
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
    assert any(word >> 16 for word in short)  # bits that are not used
