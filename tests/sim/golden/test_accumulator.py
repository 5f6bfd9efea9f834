"""Golden model of the accumulator against sums by hand, and its cycle law against small drawings."""

import numpy as np
import pytest

from systola.sim.golden.accumulator import AccumulatorMemory, AccumulatorTile, cycles


def _tile(*rows, reads):
    data, addr, accumulate = (np.array(column) for column in zip(*rows, strict=True))
    return AccumulatorTile(data[:, None], addr, accumulate, np.array(reads))


@pytest.mark.parametrize(("overflow", "expected"), [("wrap", [-56, 5, 0]), ("saturate", [127, 5, 0])])
def test_rows_add_or_overwrite(overflow, expected):
    memory = AccumulatorMemory(1, 8, 4, overflow, True)
    tile = _tile((100, 1, 1), (100, 1, 1), (7, 2, 1), (5, 2, 0), reads=[1, 2, 0])
    assert memory.run(tile)[:, 0].tolist() == expected


def test_every_addition_is_clamped_separately():
    memory = AccumulatorMemory(1, 8, 4, "saturate", True)
    assert memory.run(_tile((100, 1, 1), (100, 1, 1), (-100, 1, 1), reads=[1])).item() == 27
    assert memory.run(_tile((-100, 1, 1), (-100, 1, 1), (100, 1, 1), reads=[1])).item() == -28


def test_halves_alternate_and_keep_their_sums():
    one = _tile((1, 0, 1), reads=[0])
    for double_buffer, expected in ((True, [1, 1, 2, 2]), (False, [1, 2, 3, 4])):
        memory = AccumulatorMemory(1, 8, 4, "wrap", double_buffer)
        assert [memory.run(one).item() for _ in range(4)] == expected


@pytest.mark.parametrize("overflow", ["wrap", "saturate"])
def test_64_bits(overflow):
    memory = AccumulatorMemory(1, 64, 2, overflow, False)
    top = 2**63 - 1
    expected = top if overflow == "saturate" else -2
    assert memory.run(_tile((top, 1, 1), (top, 1, 1), reads=[1])).item() == expected


def test_cycles():
    """Two rows, read in three cycles; the last row is read four cycles later, a half is filled one cycle after that."""
    assert cycles([(2, 3)], 2) == ([0, 1], [5, 6, 7])
    assert cycles([(2, 3), (2, 1)], 1) == ([0, 1, 8, 9], [5, 6, 7, 13])
    assert cycles([(2, 3), (2, 1), (1, 1)], 2) == ([0, 1, 2, 3, 8], [5, 6, 7, 8, 12])
    rows, _ = cycles([(10, 7)] * 5, 2)
    assert rows == list(range(50))


@pytest.mark.parametrize("reads", [1, 9, 17, 18, 20, 23, 24, 31])
def test_tiles_follow_each_other_at_the_stated_interval(reads):
    rows, _ = cycles([(20, reads)] * 40, 2)
    assert (rows[30 * 20] - rows[10 * 20]) / 20 == max(20, reads, (20 + reads + 3) / 2)
    rows, _ = cycles([(20, reads)] * 4, 1)
    assert rows[3 * 20] - rows[2 * 20] == 20 + reads + 3
