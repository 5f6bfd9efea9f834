"""Golden model of `outer_product`: products equal to NumPy's, chains, and each cause of an end."""

import numpy as np
import pytest

from systola.sim.golden.cores.outer_product import BUS, DESCRIPTOR, OK, run

P = {"depth": 64}


def test_a_product():
    rng = np.random.default_rng(1)
    a, w = rng.integers(-128, 128, (8, 32), dtype=np.int8), rng.integers(-128, 128, (32, 4), dtype=np.int8)
    memory = np.zeros(1024, np.uint8)
    memory[:256] = a.reshape(2, 4, 32).transpose(0, 2, 1).reshape(-1).view(np.uint8)
    memory[256:384] = w.reshape(-1).view(np.uint8)
    memory[640:660] = np.array([2 | 2 << 16, 0, 256, 448, 0], "<u4").view(np.uint8)
    result = run(P, memory, 640)
    assert (result.error, result.at) == (OK, 0)
    assert np.array_equal(result.dram[448:576].view("<i4").reshape(8, 4), a.astype(int) @ w)
    changed = np.flatnonzero(result.dram != memory)
    assert changed.min() >= 448
    assert changed.max() < 576
    assert result.counters == {"columns": 64, "descriptors": 1}
    assert not result.uncertain.any()


def test_a_chain_is_executed_in_order(chain):
    """The second product reads the results of the first."""
    case = chain((1, 1, 0x1000, 0x2000, 0x3000), (1, 1, 0x3000, 0x2000, 0x3100))
    result = run(P, case.dram, case.entry)
    assert (result.error, result.at, result.counters["descriptors"]) == (OK, 1, 2)
    a = result.dram[0x3000:0x3040].view(np.int8).reshape(16, 4).T.astype(int)
    w = case.dram[0x2000:0x2040].view(np.int8).reshape(16, 4)
    assert np.array_equal(result.dram[0x3100:0x3140].view("<i4").reshape(4, 4), a @ w)


@pytest.mark.parametrize(
    ("descriptor", "following", "error"),
    [
        ((1, 1, 0x1000, 0x2000, 0x3000), 0, OK),
        ((4, 9, 0x1000, 0x2000, 0x3000), 0, OK),
        ((0, 1, 0x1000, 0x2000, 0x3000), 0, DESCRIPTOR),
        ((5, 1, 0x1000, 0x2000, 0x3000), 0, DESCRIPTOR),
        ((1, 0, 0x1000, 0x2000, 0x3000), 0, DESCRIPTOR),
        ((1, 1, 0x1004, 0x2000, 0x3000), 0, DESCRIPTOR),
        ((1, 1, 0x1000, 0x2020, 0x3000), 0, DESCRIPTOR),
        ((1, 1, 0x1000, 0x2000, 0x3001), 0, DESCRIPTOR),
        ((1, 1, 0x1000, 0x2000, 0x3000), 8, DESCRIPTOR),
    ],
)
def test_legal_descriptors(chain, descriptor, following, error):
    case = chain(descriptor, following=following)
    result = run(P, case.dram, case.entry)
    assert (result.error, result.at) == (error, 0)
    assert np.array_equal(result.dram, case.dram) == (error == DESCRIPTOR)


@pytest.mark.parametrize(
    ("fault", "at", "columns"),
    [
        ((0x4000, 0x4003, 2), 0, 0),  # the descriptor
        ((0x203C, 0x203F, 2), 0, 0),  # W
        ((0x1040, 0x1043, 2), 0, 16),  # the second block of A
        ((0x3000, 0x3003, 2), 0, 16),  # Y
        ((0x4040, 0x407F, 3), 1, 32),  # the second descriptor
    ],
)
def test_bus_errors(chain, fault, at, columns):
    case = chain((1, 2, 0x1000, 0x2000, 0x3000), (1, 1, 0x1000, 0x2000, 0x3100))
    result = run(P, case.dram, case.entry, faults=[fault])
    assert (result.error, result.at, result.counters["columns"]) == (BUS, at, columns)
    if fault[0] == 0x3000:  # the other words of the block are written
        assert np.array_equal(result.dram[0x3000:0x3004], case.dram[0x3000:0x3004])
        assert not np.array_equal(result.dram[0x3004:0x3040], case.dram[0x3004:0x3040])


def test_the_end_of_dram_is_a_bus_error(chain):
    case = chain((1, 1, 1 << 15, 0x2000, 0x3000))
    assert run(P, case.dram, case.entry).error == BUS


def test_an_endless_chain_ends_at_the_limit(chain):
    case = chain((1, 1, 0x1000, 0x2000, 0x3000), following=0x4000)
    result = run(P, case.dram, case.entry, limit=5)
    assert (result.error, result.at, result.counters["descriptors"]) == (None, 5, 5)
