"""Random placement: descriptors that fit into both memories, at either end and across pages, or None."""

import numpy as np
import pytest

from systola.sim.golden.dma import PAGE, Descriptor, addresses
from systola.sim.stimulus.dma_placement import dram_bytes, placed, random_counts, random_size, random_strides, replaced

PARAMETERS = {"data_width": 64, "addr_width": 32, "local_bytes": 1024, "dims": 3, "scatter": False}


@pytest.mark.parametrize("options", [{}, {"addr_width": 12, "local_bytes": 64}, {"data_width": 8, "dims": 1}])
def test_placed_descriptors_fit(options):
    p, rng, seen = PARAMETERS | options, np.random.default_rng(1), []
    for _ in range(400):
        size = random_size(p, rng)
        count = random_counts(p, rng, most=30, first=9)
        assert len(count) == p["dims"]
        assert 1 << size <= p["data_width"] // 8
        assert np.prod(count) <= 30
        strides = [random_strides(rng, count, size, dense=1, aligned=False) for _ in range(2)]
        d = placed(Descriptor(False, 0, 0, size, count, *strides), p, rng)
        if d is None:
            continue
        bus, local = addresses(d, p["addr_width"])
        assert local.min() >= 0
        assert local.max() + (1 << size) <= p["local_bytes"]
        assert bus.max() + (1 << size) <= dram_bytes(p)
        seen.append((bus.min() == 0, bus.max() + (1 << size) == dram_bytes(p), bus.min() // PAGE != bus.max() // PAGE))
    assert len(seen) > 80
    first, last, across = (sum(each) for each in zip(*seen, strict=True))
    assert first
    assert last
    assert across or dram_bytes(p) == PAGE


def test_a_box_larger_than_the_local_memory_has_no_address():
    d = Descriptor(count=(1025,), bus_stride=(1,), local_stride=(1,))
    assert placed(d, PARAMETERS, np.random.default_rng(1)) is None


def test_replaced():
    assert replaced((1, 2, 3), 1, 9) == (1, 9, 3)
