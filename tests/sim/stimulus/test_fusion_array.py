"""Random tiles fit their modes; products are split into tiles."""

import numpy as np

from systola.sim.golden.fusion_unit import Mode
from systola.sim.stimulus.fusion_array import product_case, random_cases


def test_random_tiles():
    parameters = {"rows": 3, "cols": 2, "buffer": 0}
    first, again = (random_cases(parameters, 20, 1) for _ in range(2))
    for case, same in zip(first, again, strict=True):
        assert case.modes == same.modes
        assert case.stall == 0
        for (a, w), mode in zip(case.tiles, case.modes, strict=True):
            assert a.shape[1] == w.shape[0] == 3 * mode.values
            assert w.shape[1] == 2


def test_products_are_split_into_tiles_of_words():
    case = product_case(np.ones((4, 20), int), np.ones((20, 3), int), Mode(4, 4), 2, 2)
    assert [(a.shape, w.shape) for a, w in case.tiles] == [((4, 8), (8, 2))] * 6
