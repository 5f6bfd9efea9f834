"""Special DMA cases: the place of the DRAM, counts near the limit, single rows."""

from dataclasses import replace

import numpy as np
import pytest

from systola.hw.dma.dma import Dma
from systola.sim.golden import dma
from systola.sim.stimulus.dma_limits import beyond, lone, long, window
from systola.sim.stimulus.dma_placement import dram_bytes

PARAMETERS = [
    Dma(**more).p.model_dump()
    for more in ({}, {"local_bytes": 1 << 17, "fill": True}, {"dims": 2, "local_bytes": 4096})
]


@pytest.mark.parametrize("p", PARAMETERS)
def test_every_address_bit_above_the_dram_moves(p):
    rng, bits = np.random.default_rng(1), 0
    for number in range(200):
        base = window(p, rng, number)
        assert base % dram_bytes(p) == 0
        assert base + dram_bytes(p) <= 1 << p["addr_width"]
        bits |= base
    assert bits == (1 << p["addr_width"]) - dram_bytes(p)


@pytest.mark.parametrize("p", PARAMETERS)
def test_counts_near_the_limit_are_legal(p):
    rng = np.random.default_rng(1)
    for axis in range(p["dims"]):
        d = long(p, rng, axis)
        assert dma.check(d, p) == dma.DmaCode.OK
        assert d.count[axis] >= min(1 << 14, p["local_bytes"])
    assert max(max(long(each, rng, 0).count) for each in PARAMETERS) == dma.COUNT_LIMIT


@pytest.mark.parametrize("p", PARAMETERS)
def test_a_long_dimension_0_can_consist_of_elements(p):
    d = long(p, np.random.default_rng(1), 0, rows=False)
    assert dma.check(d, p) == dma.DmaCode.OK
    assert d.count[0] >= 1 << 14
    assert d.local_stride[0] == 0


@pytest.mark.parametrize("p", PARAMETERS)
def test_each_bit_of_a_count_can_leave_the_local_memory(p):
    for d in beyond(p):
        assert dma.check(d, p) == dma.DmaCode.LOCAL_RANGE
        axis = next(axis for axis, n in enumerate(d.count) if n > 1)
        shorter = (*d.count[:axis], d.count[axis] - 1, *d.count[axis + 1 :])
        assert dma.check(replace(d, count=shorter), p) == dma.DmaCode.OK
    assert len({d.count for d in beyond(p)}) == len(beyond(p))


@pytest.mark.parametrize("p", PARAMETERS)
def test_single_rows_are_legal(p):
    rng = np.random.default_rng(1)
    for number in range(20):
        d = lone(p, rng, number)
        assert dma.check(d, p) == dma.DmaCode.OK
        assert d.store == bool(number % 2)
        assert len([n for n in d.count if n > 1]) <= 1
