"""Random tiles: fit the memory, depend only on the seed, and include difficult ones."""

import numpy as np
import pytest

from systola.sim.golden.accumulator import AccumulatorMemory
from systola.sim.stimulus.accumulator import addresses, random_cases

PARAMETERS = {"cols": 3, "in_width": 12, "acc_width": 14, "depth": 16, "buffer": "auto"}


def test_tiles_fit():
    for case in random_cases(PARAMETERS, 40, 1):
        for tile in case.tiles:
            assert tile.data.shape == (len(tile.addr), 3)
            assert len(tile.accumulate) == len(tile.addr)
            assert len(tile.reads) > 0
            for each in (tile.addr, tile.reads):
                assert 0 <= each.min() <= each.max() < 16
            assert set(tile.accumulate.tolist()) <= {0, 1}


def test_cases_depend_on_the_seed():
    first, second = (random_cases(PARAMETERS, 8, 7) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        for s, t in zip(a.tiles, b.tiles, strict=True):
            for name in ("data", "addr", "accumulate", "reads"):
                assert (getattr(s, name) == getattr(t, name)).all()
    assert [case.idle_free for case in first[::4]] == [True, True]  # the cycle law is always included
    assert not all(case.idle_free for case in first)


def test_addresses_repeat_at_every_short_distance():
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(60):
        addr = addresses(rng, 64, 12)
        seen |= {d for d in range(1, 6) if (addr[d:] == addr[:-d]).all() and len(set(addr.tolist())) == d}
    assert seen == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("overflow", ["wrap", "saturate"])
def test_sums_overflow_in_both_directions(overflow):
    memory = AccumulatorMemory(3, 14, 16, overflow, True)
    sums = np.concatenate([memory.run(tile) for case in random_cases(PARAMETERS, 20, 1) for tile in case.tiles])
    exact = AccumulatorMemory(3, 60, 16, overflow, True)
    true = np.concatenate([exact.run(tile) for case in random_cases(PARAMETERS, 20, 1) for tile in case.tiles])
    assert (true > 2**13).any()
    assert (true < -(2**13)).any()
    assert (sums != true).any()
