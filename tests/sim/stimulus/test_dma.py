"""Random descriptors: reproducible, of every kind, within their memories, and without races."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from systola.sim.golden import dma, dma_boxes
from systola.sim.golden.dma import Descriptor, DmaCode
from systola.sim.stimulus.dma import CHANNELS, PADDING_LIMIT, WORK, order, random_cases, work

PARAMETERS = {
    "data_width": 64,
    "addr_width": 32,
    "local_bytes": 8192,
    "dims": 4,
    "padding": True,
    "fill": True,
    "scatter": True,
}


def bytes_of(d, parameters):
    """The bytes of a descriptor in DRAM and in the local memory, by an independent definition."""
    if dma.check(d, parameters) != DmaCode.OK:
        return set(), set()
    bus, local = dma.addresses(d, parameters["addr_width"])
    bus = set() if d.fill and not d.store else set(bus[dma.inside(d)].tolist())
    local = set() if d.fill and d.store else set(local.ravel().tolist())
    return tuple({a + byte for a in side for byte in range(1 << d.size)} for side in (bus, local))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"data_width": 8},
        {"data_width": 512, "addr_width": 64},
        {"dims": 1, "addr_width": 16},
        {"dims": 2, "padding": False, "fill": False, "scatter": False},
        {"local_bytes": 512},
        {"data_width": 16, "dims": 2, "local_bytes": 4},
        {"data_width": 512, "dims": 1, "local_bytes": 128},
    ],
)
def test_cases_fit_and_have_no_races(options):
    parameters = PARAMETERS | options
    width = parameters["data_width"] // 8
    for case in random_cases(parameters, 12, 3):
        alone = len(case.descriptors) == 1
        assert alone or len(case.descriptors) == 12
        assert case.dram.shape == (1 << 16,)
        assert case.local.shape == (parameters["local_bytes"],)
        assert set(case.pauses) == set(CHANNELS)
        assert alone or sum(work(d, parameters) for d in case.descriptors) <= WORK + 12 * 8
        running = []
        for d in case.descriptors:
            if not d.wait:
                assert not [
                    other
                    for other in running
                    if other.store != d.store
                    and any(a & b for a, b in zip(bytes_of(other, parameters), bytes_of(d, parameters), strict=True))
                ]
            running = [*([] if d.wait else running), d]
            assert 0 <= d.bus_addr < 1 << parameters["addr_width"]
            assert 0 <= d.local_addr < parameters["local_bytes"]
            assert all(abs(stride) <= max(64, parameters["local_bytes"] // 2) for stride in d.local_stride)
            assert max(d.before + d.after) <= PADDING_LIMIT
            assert max(d.count) <= dma.COUNT_LIMIT
            assert all(n == 1 for n in d.count[parameters["dims"] :])
            assert all(n == 0 for n in (d.bus_stride + d.local_stride)[parameters["dims"] : 4])
            assert d.size < 8
            assert 0 <= d.value < 1 << parameters["data_width"]
        assert all(first % width == 0 and last % width == width - 1 for first, last, _ in case.faults)
        statuses = dma.run(case.descriptors, case.dram.copy(), case.local.copy(), parameters, case.faults).statuses
        assert case.faults or not {DmaCode.SLVERR, DmaCode.DECERR} & {status.code for status in statuses}


def test_cases_depend_on_the_seed():
    first, second, third = (random_cases(PARAMETERS, 8, seed) for seed in (7, 7, 8))
    for a, b in zip(first, second, strict=True):
        assert a.descriptors == b.descriptors
        assert (a.dram == b.dram).all()
        assert (a.local == b.local).all()
        assert (a.pauses, a.latency, a.faults, a.seed) == (b.pauses, b.latency, b.faults, b.seed)
    assert first[0].descriptors != third[0].descriptors
    assert first[0].idle_free  # full rate is always included
    assert first[4].idle_free
    assert not all(case.idle_free for case in first)
    assert first[3].faults


def test_every_kind_occurs():
    cases = random_cases(PARAMETERS, 60, 1)
    codes, seen = Counter(), Counter()
    for case in cases:
        statuses = dma.run(case.descriptors, case.dram.copy(), case.local.copy(), PARAMETERS, case.faults).statuses
        for d, status in zip(case.descriptors, statuses, strict=True):
            codes[status.code] += 1
            if status.code != DmaCode.OK:
                continue
            elements = int(np.prod(d.count))
            bus = dma.addresses(d)[0][dma.inside(d)]
            local = dma.addresses(d)[1]
            seen["store" if d.store else "load"] += 1
            seen[f"size {d.size}"] += 1
            seen[f"{sum(n > 1 for n in d.count)} dimensions"] += 1
            seen["fill store" if d.store else "fill load"] += d.fill
            seen["padding"] += d.padded
            seen["nothing inside"] += not bus.size
            seen["corner turn"] += dma.turns(d) and elements > 1
            seen["wait"] += d.wait
            seen["backwards"] += min(d.bus_stride) < 0 and min(d.local_stride) < 0
            seen["single byte"] += elements << d.size == 1
            seen["long"] += elements << d.size > 1000
            seen["unaligned"] += bool((bus % (1 << d.size)).any())
            seen["overlapping"] += np.unique(local).size < elements
            row = range(d.bus_addr, d.bus_addr + (d.count[0] << d.size))
            seen["row over a page"] += d.bus_stride[0] == 1 << d.size and row[0] // dma.PAGE != row[-1] // dma.PAGE
            seen["first byte of DRAM"] += bool(bus.size) and bus.min() == 0
            seen["last byte of DRAM"] += bool(bus.size) and bus.max() + (1 << d.size) == 1 << 16
            seen["last local byte"] += local.max() + (1 << d.size) == PARAMETERS["local_bytes"]
    assert set(codes) == set(DmaCode)
    assert min(codes.values()) >= 5
    assert codes[DmaCode.OK] > 0.7 * codes.total()
    assert set(seen) >= {"0 dimensions", "4 dimensions", "size 0", "size 3"}
    assert all(times >= 3 for times in seen.values()), seen
    assert seen["wait"] < 0.35 * codes.total()


def test_missing_options_have_no_fields():
    parameters = PARAMETERS | {"padding": False, "fill": False, "scatter": False}
    descriptors = [d for case in random_cases(parameters, 60, 1) for d in case.descriptors]
    codes = Counter(dma.check(d, parameters) for d in descriptors)
    assert not codes[DmaCode.UNSUPPORTED]
    assert not any(d.fill or d.padded for d in descriptors)
    assert not codes[DmaCode.ALIGNMENT]


def test_waits_are_set_where_a_load_and_a_store_overlap():
    load = dma_boxes.contiguous(100, 0, 50)
    options = {
        "reads loaded data": dma_boxes.contiguous(900, 49, 5, store=True),
        "writes to the source": dma_boxes.contiguous(149, 900, 5, store=True),
    }
    for store in options.values():
        for pair in ([load, store], [store, load]):
            assert [d.wait for d in order(pair, PARAMETERS)] == [False, True]
    apart = dma_boxes.contiguous(150, 50, 5, store=True)
    filled = replace(options["reads loaded data"], fill=True)
    refused = replace(options["reads loaded data"], count=(0,))
    for other in (apart, filled, refused, load, Descriptor()):
        assert not order([load, other], PARAMETERS)[1].wait
    both = [load, apart, options["reads loaded data"], load]
    assert [d.wait for d in order(both, PARAMETERS)] == [False, False, True, True]
    again = [load, replace(apart, wait=True), replace(options["writes to the source"], tag=3)]
    assert [d.wait for d in order(again, PARAMETERS)] == [False, True, False]  # stores among themselves are in order
