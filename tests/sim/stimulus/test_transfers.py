"""Transfers: fit their memories, follow their names, and depend only on the seed."""

import numpy as np
import pytest

from systola.sim.golden import dma
from systola.sim.golden.dma import DmaCode
from systola.sim.stimulus import transfers
from systola.sim.stimulus.transfers import DRAM_BYTES, LOCAL_BYTES, TRANSFERS, cases

PARAMETERS = {
    "data_width": 64,
    "addr_width": 32,
    "local_bytes": LOCAL_BYTES,
    "dims": 4,
    "padding": False,
    "fill": False,
    "scatter": False,
}
BYTES = {"64 KiB": 1 << 16, "64 KiB in and 64 KiB out": 1 << 17, "256 rows": 256 * 64, "image": 224 * 224 * 3}


@pytest.mark.parametrize("name", TRANSFERS)
def test_transfers_fit_and_follow_their_names(name):
    size = BYTES[max((start for start in BYTES if name.startswith(start)), key=len)]
    moved = 0
    for d in TRANSFERS[name]:
        assert dma.check(d, PARAMETERS) == DmaCode.OK
        bus, local = dma.addresses(d)
        moved += bus.size << d.size
        assert bus.max() + (1 << d.size) <= DRAM_BYTES
        assert local.max() + (1 << d.size) <= LOCAL_BYTES
    assert moved == size
    ways = set(name.replace(",", "").split()) & {"in", "out"}
    assert {"out" if d.store else "in" for d in TRANSFERS[name]} == ways
    assert sum(dma.beats(d, 8) for d in TRANSFERS[name]) == size // 8  # no beat is spent on alignment


@pytest.mark.parametrize("way", ["in", "out"])
def test_one_descriptor_per_row_is_equivalent_to_one_for_all(way):
    memories = []
    for name in (f"256 rows of 64 B {way}", f"256 rows {way}, one descriptor per row"):
        (case,) = cases(1, [name])
        dma.run(case.descriptors, case.dram, case.local, PARAMETERS)
        memories.append((case.dram, case.local))
    for a, b in zip(*memories, strict=True):
        assert (a == b).all()
    assert len(TRANSFERS[f"256 rows {way}, one descriptor per row"]) == 256


def test_loads_and_stores_do_not_overlap():
    masks = [dma.targets([d], PARAMETERS, DRAM_BYTES) for d in TRANSFERS["64 KiB in and 64 KiB out"]]
    assert not masks[0][1][transfers.COPY :].any()  # stored data are not loaded
    assert not masks[1][0][: transfers.COPY].any()  # loaded data are not stored
    assert not any(d.wait for d in TRANSFERS["64 KiB in and 64 KiB out"])


@pytest.mark.parametrize("width", [2, 8, 64])
def test_elements_are_beats(width):
    d = transfers.run(False, 0, 0, 4096, width)
    assert (1 << d.size, d.count[0]) == (width, 4096 // width)
    assert dma.addresses(transfers.rows(True, 0, 0, width))[0].size == 256 * 64 // width


def test_cases():
    some = ["64 KiB in", "image 224 x 224 x 3 in"]
    first, second, other = cases(20, some, seed=3), cases(20, some, seed=3), cases(20, some, seed=4)
    assert [case.descriptors for case in first] == [TRANSFERS[name] for name in some]
    assert len(cases(1)) == len(TRANSFERS)
    for a, b, c in zip(first, second, other, strict=True):
        assert (a.latency, a.idle_free, a.faults) == (20, True, [])
        assert (a.dram.shape, a.local.shape) == ((DRAM_BYTES,), (LOCAL_BYTES,))
        assert (a.dram == b.dram).all()
        assert (a.local == b.local).all()
        assert np.mean(a.dram == c.dram) < 0.1
