"""Cases with every pair of codes, in either lane, with their modes and tables."""

import itertools

import numpy as np
import pytest

from systola.sim.stimulus.code_pairs import COLS, ROWS, every_pair


@pytest.mark.parametrize(("a", "w"), [("int4", "flint4"), ("pot4", "int4"), ("olive_int4", "int4")])
def test_every_pair_of_codes_occurs_in_each_lane(a, w):
    met = np.zeros((ROWS, COLS % 2 + 2, 16, 16), bool)
    for beats, weights in every_pair(a, w).tiles:
        for row, col in itertools.product(range(ROWS), range(COLS)):
            met[row, col % 2, beats[:, row], weights[row, col]] = True
    assert met.all()


def test_modes_and_tables():
    case = every_pair("ant4", "codebook")
    assert case.tables[0, "w"].shape == (COLS, 16)
    assert {mode for (_, name), mode in case.users.items() if name == "a"} == set(range(8))
    assert all(name == "a" for _, name in case.users)
