"""Random tiles for a processing element: shapes, ranges, tables and modes, depending only on the seed."""

import numpy as np
import pytest

from systola.sim.golden import operands
from systola.sim.golden.pe import lanes
from systola.sim.stimulus.pe import random_cases


@pytest.mark.parametrize("dataflow", ["ws", "os"])
@pytest.mark.parametrize(("a", "w"), [("int8", "uint4"), ("ant4", "codebook"), ("olive4", "flint4")])
def test_tiles_fit(dataflow, a, w):
    parameters = {"dataflow": dataflow, "a_format": a, "w_format": w, "acc_width": 20}
    cases, again = random_cases(parameters, 30, 1), random_cases(parameters, 30, 1)
    for case, same in zip(cases, again, strict=True):
        for tile, other in zip(case.tiles, same.tiles, strict=True):
            assert all(np.array_equal(x, y) for x, y in zip(tile, other, strict=True))
            assert tile[0].shape[1:] == (lanes(a),)
            assert tile[1].shape == ((1 if dataflow == "ws" else len(tile[0])), lanes(w))
            assert len(tile[2]) == (len(tile[0]) if dataflow == "ws" else 0)
            assert all(-(1 << 19) <= psum < 1 << 19 for psum in tile[2])
            for name, codes in ((a, tile[0]), (w, tile[1])):
                if not operands.is_integer(name):
                    assert codes.min() >= 0
                    assert codes.max() < 1 << operands.bits(name)
    assert all(not case.stall and not any(case.gaps.values()) for case in cases[::4])
    assert any(case.stall for case in cases)
    assert any(case.gaps["a"] for case in cases)
    if "codebook" in (a, w):
        assert any(case.tables for case in cases)
        assert any(np.ndim(user) and len(set(user.tolist())) > 1 for case in cases for user in case.users.values())
