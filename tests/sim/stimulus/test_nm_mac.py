"""Random packets: legal groups ascend, some cases have illegal ones, values fit their formats."""

import numpy as np
import pytest

from systola.sim.golden.formats.sparse import illegal
from systola.sim.stimulus.nm_mac import random_cases


@pytest.mark.parametrize(("sparsity", "n", "m"), [("2:4", 2, 4), ("4:8", 4, 8), ("1:2", 1, 2)])
def test_packets(sparsity, n, m):
    parameters = {"sparsity": sparsity, "a_format": "int4", "w_format": "uint3"}
    cases, again = random_cases(parameters, 24, 1), random_cases(parameters, 24, 1)
    wrong = []
    for case, same in zip(cases, again, strict=True):
        for packet, other in zip(case.packets, same.packets, strict=True):
            a, kept, places = packet
            assert all(np.array_equal(x, y) for x, y in zip(packet, other, strict=True))
            assert (a.shape[1], kept.shape[1], places.shape[1]) == (m, n, n)
            assert len(a) == len(kept) == len(places)
            assert (a.min() >= -8, a.max() < 8, kept.min() >= 0, kept.max() < 8) == (True,) * 4
        wrong.append(sum(int(illegal(places, m).sum()) for _, _, places in case.packets))
    assert not any(number for k, number in enumerate(wrong) if k % 3 != 2)
    assert any(wrong) == (n > 1)  # with a power-of-two group every position is legal
    assert all(not case.gap and not case.stall for case in cases[::4])
    assert any(case.stall for case in cases)
