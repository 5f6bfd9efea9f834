"""Cases of a BitBrick: all of them in every set, in an order that depends on the seed."""

import numpy as np

from systola.sim.stimulus.bitbrick import CASES, random_cases


def test_every_case_occurs_once():
    first, again = random_cases({}, 3, 1), random_cases({}, 3, 1)
    for case, same in zip(first, again, strict=True):
        assert np.array_equal(case, same)
        assert len({tuple(row) for row in case.tolist()}) == CASES
    assert not np.array_equal(first[0], first[1])
