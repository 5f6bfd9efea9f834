"""Random products fit their modes."""

from systola.sim.stimulus.fusion_temporal import random_cases


def test_random_products():
    for case in random_cases({}, 8, 1):
        for a, w, mode in zip(case.a, case.w, case.modes, strict=True):
            for values, (low, high) in zip((a, w), mode.limits.values(), strict=True):
                assert low <= values.min() <= values.max() <= high
