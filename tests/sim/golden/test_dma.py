"""Golden DMA against an explicit loop over elements and against NumPy's views; its rejections one by one."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from systola.sim.golden import dma, dma_boxes
from systola.sim.golden.dma import Descriptor, DmaCode, DmaStatus

PARAMETERS = {
    "data_width": 64,
    "addr_width": 32,
    "local_bytes": 512,
    "dims": 4,
    "padding": True,
    "fill": True,
    "scatter": False,
}
WIDTH = 8


def memories(seed=1, dram=4096, local=512):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, dram, np.uint8), rng.integers(0, 256, local, np.uint8)


def literally(d, dram, local, parameters):
    """The specification as four loops, one byte per iteration."""
    width = parameters["data_width"] // 8
    value = d.value.to_bytes(width, "little")
    for i in product(*(range(n) for n in reversed(d.count))):
        i = i[::-1]
        bus = d.bus_addr + sum(a * b for a, b in zip(i, d.bus_stride, strict=True))
        at = d.local_addr + sum(a * b for a, b in zip(i, d.local_stride, strict=True))
        within = all(b <= k < n - a for k, b, n, a in zip(i, d.before, d.count, d.after, strict=True))
        for byte in range(1 << d.size):
            far, near = (bus + byte) % (1 << parameters["addr_width"]), at + byte
            if d.store:
                dram[far] = value[far % width] if d.fill else local[near]
            else:
                local[near] = dram[far] if within and not d.fill else value[near % width]


@st.composite
def boxes(draw):
    """Descriptors whose elements are within the memories above."""
    size = draw(st.integers(0, 3))
    count = draw(st.tuples(*[st.integers(1, 4)] * 4))
    bus_stride = draw(st.tuples(*[st.integers(-40, 40)] * 4))
    local_stride = draw(st.tuples(*[st.integers(-12, 12)] * 4))
    if draw(st.booleans()):
        bus_stride, local_stride = (1 << size, *bus_stride[1:]), (1 << size, *local_stride[1:])
    if draw(st.booleans()):  # dimension 1 continues dimension 0
        bus_stride = (bus_stride[0], bus_stride[0] * count[0], *bus_stride[2:])
        local_stride = (local_stride[0], local_stride[0] * count[0], *local_stride[2:])
    store, fill = draw(st.booleans()), draw(st.integers(0, 3)) == 0
    edges = [(0, 0)] * 4
    if not store and not fill and draw(st.booleans()):
        edges = [(b, draw(st.integers(0, n - b))) for n in count for b in (draw(st.integers(0, n)),)]
    before, after = zip(*edges, strict=True)
    value = draw(st.integers(0, (1 << 64) - 1))
    return Descriptor(store, 2000, 250, size, count, bus_stride, local_stride, fill, value, before, after)


@settings(max_examples=150, deadline=None)
@given(st.lists(boxes(), min_size=1, max_size=3))
def test_a_run_equals_the_loop_over_elements(descriptors):
    descriptors = [d for d in descriptors if dma.check(d, PARAMETERS) == DmaCode.OK]
    dram, local = memories()
    expected = dram.copy(), local.copy()
    for d in descriptors:
        literally(d, *expected, PARAMETERS)
    result = dma.run(descriptors, dram, local, PARAMETERS)
    assert result.statuses == [DmaStatus(0)] * len(descriptors)
    assert (dram == expected[0]).all()
    assert (local == expected[1]).all()
    assert not result.dram_uncertain.any()
    assert not result.local_uncertain.any()


def test_addresses_are_modulo_the_width_of_the_bus():
    dram, local = memories(dram=1 << 12)
    d = Descriptor(bus_addr=4090, count=(12,), bus_stride=(1,), local_stride=(1,))
    expected = np.concatenate([dram[4090:], dram[:6]])
    assert dma.run([d], dram, local, PARAMETERS | {"addr_width": 12}).statuses == [DmaStatus(0)]
    assert (local[:12] == expected).all()
    astride = Descriptor(bus_addr=4094, local_addr=40, size=2)
    assert dma.run([astride], dram, local, PARAMETERS | {"addr_width": 12}).statuses == [DmaStatus(0)]
    assert (local[40:44] == np.concatenate([dram[4094:], dram[:2]])).all()
    d = Descriptor(bus_addr=(1 << 64) - 8, size=2, count=(3,), bus_stride=(6,))
    assert dma.addresses(d, 64)[0].ravel().tolist() == [(1 << 64) - 8, (1 << 64) - 2, 4]


def test_shapes_have_the_innermost_dimension_last():
    d = Descriptor(count=(4, 3, 2), bus_stride=(1, 10, 100), local_stride=(2, -1), before=(1, 0, 1), after=(2,))
    bus, local = dma.addresses(d)
    assert bus.shape == local.shape == dma.inside(d).shape == (1, 2, 3, 4)
    assert bus[0, 1, 2, 3] == 123
    assert local[0, 1, 2, 3] == 4
    assert dma.inside(d)[0].astype(int).tolist() == [[[0, 0, 0, 0]] * 3, [[0, 1, 0, 0]] * 3]
    with pytest.raises(ValueError, match="at most 4"):
        Descriptor(count=(1, 1, 1, 1, 1))


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes(), min_size=1, max_size=3))
def test_targets_are_the_bytes_written_by_descriptors(descriptors):
    written = {True: set(), False: set()}
    for d in descriptors:
        if dma.check(d, PARAMETERS) != DmaCode.OK:
            continue
        first, strides = (d.bus_addr, d.bus_stride) if d.store else (d.local_addr, d.local_stride)
        for i in product(*(range(n) for n in d.count)):
            at = first + sum(a * b for a, b in zip(i, strides, strict=True))
            written[d.store] |= set(range(at, at + (1 << d.size)))
    dram, local = dma.targets(descriptors, PARAMETERS, 4096)
    assert (dram.dtype, local.dtype, dram.shape, local.shape) == (bool, bool, (4096,), (512,))
    assert set(np.flatnonzero(dram).tolist()) == written[True]
    assert set(np.flatnonzero(local).tolist()) == written[False]


def test_targets_are_within_the_memories():
    beyond = dma_boxes.contiguous(4090, 0, 20, store=True)
    around = Descriptor(store=True, bus_addr=(1 << 32) - 3, count=(5,), bus_stride=(1,), local_stride=(1,))
    refused = dma_boxes.contiguous(0, 510, 5)
    masks = dma.targets([beyond, around, refused], PARAMETERS, 4096)
    assert np.flatnonzero(masks[0]).tolist() == [0, 1, *range(4090, 4096)]
    assert not masks[1].any()


def test_filled_bytes_depend_on_the_target_address():
    dram, local = memories()
    pattern = {"fill": True, "value": 0x0706050403020100}
    load = Descriptor(local_addr=3, count=(20,), local_stride=(1,), **pattern)
    store = Descriptor(store=True, bus_addr=6, local_addr=9999, size=1, count=(5,), bus_stride=(3,), **pattern)
    dma.run([load, store], dram, local, PARAMETERS)
    assert local[3:23].tolist() == [a % 8 for a in range(3, 23)]
    assert dram[6:8].tolist() == [6, 7]
    assert dram[[9, 10, 12, 13, 18, 19]].tolist() == [1, 2, 4, 5, 2, 3]


# Rejections

BAD = {
    DmaCode.SIZE: {"size": 4},
    DmaCode.UNSUPPORTED: {"fill": True, "after": (3,)},
    DmaCode.ZERO_COUNT: {"count": (5, 0, 1, 1)},
    DmaCode.PADDING: {"before": (3,), "after": (3,)},
    DmaCode.LOCAL_RANGE: {"local_addr": 510},
    DmaCode.ALIGNMENT: {"bus_addr": 65},
}
LEGAL = Descriptor(bus_addr=64, local_addr=8, size=1, count=(5, 2), bus_stride=(2, 20), local_stride=(6, 40), tag=9)


@pytest.mark.parametrize("code", BAD)
def test_a_rejected_descriptor_changes_nothing(code):
    parameters = PARAMETERS | {"scatter": True}
    dram, local = memories()
    assert dma.check(LEGAL, parameters) == DmaCode.OK
    before = dram.copy(), local.copy()
    result = dma.run([replace(LEGAL, **BAD[code])], dram, local, parameters, [(0, 4095, DmaCode.SLVERR)])
    assert result.statuses == [DmaStatus(9, code, 0)]
    assert (dram == before[0]).all()
    assert (local == before[1]).all()
    assert not result.dram_uncertain.any()
    assert not result.local_uncertain.any()


@pytest.mark.parametrize(
    ("first", "second"), [(a, b) for a in BAD for b in BAD if list(BAD).index(a) < list(BAD).index(b)]
)
def test_the_first_reason_in_order_is_reported(first, second):
    both = replace(LEGAL, **BAD[second] | BAD[first])
    assert dma.check(both, PARAMETERS | {"scatter": True}) == first


@pytest.mark.parametrize(
    ("options", "change", "code"),
    [
        ({"fill": False}, {"fill": True}, DmaCode.UNSUPPORTED),
        ({"padding": False}, {"after": (0, 1)}, DmaCode.UNSUPPORTED),
        ({}, {"after": (0, 1)}, DmaCode.OK),
        ({}, {"after": (0, 1), "fill": True}, DmaCode.UNSUPPORTED),
        ({}, {"after": (0, 1), "store": True}, DmaCode.UNSUPPORTED),
        ({}, {"before": (2,), "after": (3,)}, DmaCode.OK),
        ({}, {"size": 3}, DmaCode.OK),
        ({"data_width": 32}, {"size": 3}, DmaCode.SIZE),
        ({}, {"local_addr": 512 - 66}, DmaCode.OK),
        ({}, {"local_addr": 512 - 65}, DmaCode.LOCAL_RANGE),
        ({}, {"local_stride": (-2, 1)}, DmaCode.OK),
        ({}, {"local_stride": (-3, 1)}, DmaCode.LOCAL_RANGE),
        ({}, {"local_stride": (-3, 1), "fill": True}, DmaCode.LOCAL_RANGE),
        ({}, {"local_stride": (-3, 1), "fill": True, "store": True}, DmaCode.OK),
        ({}, {"count": (65535,) * 4, "local_stride": (1 << 20,) * 4}, DmaCode.LOCAL_RANGE),
        ({"scatter": True}, {"local_stride": (6, 41)}, DmaCode.ALIGNMENT),
        ({"scatter": True}, {"bus_stride": (2, 21)}, DmaCode.ALIGNMENT),
        ({"scatter": True}, {"local_addr": 9}, DmaCode.ALIGNMENT),
        ({"scatter": True}, {"local_addr": 9, "store": True}, DmaCode.OK),
        ({"scatter": True}, {"local_addr": 9, "fill": True}, DmaCode.OK),
        ({"scatter": True}, {"local_addr": 9, "local_stride": (2, 11)}, DmaCode.OK),
        ({}, {"local_addr": 9}, DmaCode.OK),
    ],
)
def test_codes_at_their_limits(options, change, code):
    assert dma.check(replace(LEGAL, **change), PARAMETERS | options) == code


def test_a_missing_dimension_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="dimensions"):
        dma.check(LEGAL, PARAMETERS | {"dims": 1})


# Errors on the bus


def test_a_load_reports_the_first_bad_beat_and_its_target_is_uncertain():
    dram, local = memories()
    before = local.copy()
    faults = [(96, 103, DmaCode.SLVERR), (40, 47, DmaCode.DECERR)]
    upwards = dma_boxes.rows(30, 100, 2, 11, 60, 20, tag=1)  # reads 30..40 and 90..100
    beside = dma_boxes.rows(48, 200, 2, 48, 56, 50, tag=2)  # reads 48..95 and 104..151
    backwards = dma_boxes.rows(90, 300, 2, 11, -60, 20, tag=3)
    result = dma.run([upwards, beside, backwards], dram, local, PARAMETERS, faults)
    assert result.statuses == [DmaStatus(1, DmaCode.DECERR, 40), DmaStatus(2), DmaStatus(3, DmaCode.SLVERR, 96)]
    expected = np.zeros(512, bool)
    for start in (100, 120, 300, 320):
        expected[start : start + 11] = True
    assert (result.local_uncertain == expected).all()
    assert not result.dram_uncertain.any()
    before[200:248], before[250:298] = dram[48:96], dram[104:152]
    assert (local == before).all()


def test_an_address_that_is_not_read_cannot_fail():
    dram, local = memories()
    d = dma_boxes.image(64, 0, 2, 8, 1, halo=1, bus_row=24)  # reads 64..71 and 88..95
    faults = [(0, 63, DmaCode.SLVERR), (72, 87, DmaCode.SLVERR), (96, 4095, DmaCode.DECERR)]
    assert (
        dma.run([d, replace(d, before=(10,), after=())], dram, local, PARAMETERS, faults).statuses == [DmaStatus(0)] * 2
    )
    assert dma.run([replace(d, before=(), after=(), fill=True)], dram, local, PARAMETERS, faults).statuses == [
        DmaStatus(0)
    ]
    assert dma.run([replace(d, before=(), after=())], dram, local, PARAMETERS, faults).statuses[0].addr == 32


def test_beyond_the_memory_is_a_decode_error():
    dram, local = memories()
    statuses = dma.run(
        [dma_boxes.contiguous(4090, 0, 6), dma_boxes.contiguous(4090, 0, 7), Descriptor(store=True, bus_addr=1 << 31)],
        dram,
        local,
        PARAMETERS,
    ).statuses
    assert statuses[0] == DmaStatus(0)
    assert statuses[1] == DmaStatus(0, DmaCode.DECERR, 4096)
    assert (statuses[2].code, statuses[2].addr) == (DmaCode.DECERR, 1 << 31)


def test_a_store_reports_any_beat_of_the_run_up_to_the_bad_one():
    dram, local = memories(dram=16384)
    before = dram.copy()
    d = dma_boxes.rows(4005, 0, 3, 200, 1000, 200, store=True, tag=5)  # 4005..4204, 5005..5204, 6005..6204
    parameters = PARAMETERS | {"local_bytes": 600}
    local = np.resize(local, 600)

    def status(*faults):
        result = dma.run([d], dram, local, parameters, faults)
        expected = np.zeros(len(dram), bool)
        for row in range(3):
            expected[4005 + 1000 * row :][:200] = True
        assert (result.dram_uncertain == expected).all()
        assert not result.local_uncertain.any()
        assert (dram == before).all()
        (status,) = result.statuses
        return status

    one = status((5104, 5111, DmaCode.SLVERR))
    assert (one.tag, one.code, one.addr, one.addrs) == (5, DmaCode.SLVERR, 5104, range(5000, 5105, 8))
    assert one.allows(5, DmaCode.SLVERR, 5104)
    assert one.allows(5, DmaCode.SLVERR, 5000)
    assert not one.allows(5, DmaCode.SLVERR, 4992)
    assert not one.allows(5, DmaCode.SLVERR, 5112)
    assert not one.allows(5, DmaCode.SLVERR, 5004)
    assert not one.allows(5, DmaCode.DECERR, 5104)
    assert not one.allows(5, DmaCode.OK, 0)
    assert not one.allows(4, DmaCode.SLVERR, 5104)
    # No burst crosses a page; one burst can contain two errors; the next row is another burst.
    two = status(
        (4104, 4111, DmaCode.SLVERR), (4128, 4129, DmaCode.DECERR), (4000, 4001, 0), (5104, 5111, DmaCode.DECERR)
    )
    assert two.addrs == range(4096, 4105, 8)
    assert two.codes == {DmaCode.SLVERR, DmaCode.DECERR}
    assert status((4104, 4111, DmaCode.SLVERR), (5104, 5111, DmaCode.DECERR)).codes == {DmaCode.SLVERR}
    assert status((4080, 4087, DmaCode.SLVERR), (4096, 4103, DmaCode.DECERR)).codes == {DmaCode.SLVERR}


def test_uncertainty_is_tracked_per_byte():
    dram, local = memories()
    result = dma.run(
        [
            dma_boxes.contiguous(64, 0, 16),  # fails
            dma_boxes.contiguous(200, 4, 4),  # certain again
            dma_boxes.contiguous(300, 2, 6, store=True),  # two bytes of it uncertain
            replace(dma_boxes.contiguous(0, 12, 2), fill=True),
            replace(dma_boxes.contiguous(300, 20, 5), before=(1,)),
        ],
        dram,
        local,
        PARAMETERS,
        [(72, 79, DmaCode.SLVERR)],
    )
    assert np.flatnonzero(result.local_uncertain).tolist() == [0, 1, 2, 3, 8, 9, 10, 11, 14, 15, 21]
    assert np.flatnonzero(result.dram_uncertain).tolist() == [300, 301]
    assert [status.code for status in result.statuses] == [DmaCode.SLVERR] + [DmaCode.OK] * 4


# Fewer dimensions, and beats


@settings(max_examples=150, deadline=None)
@given(boxes())
def test_coalescing_moves_the_same_bytes(d):
    merged = dma_boxes.coalesce(d)
    assert merged.count[0] == 1 or len([n for n in merged.count if n > 1]) <= len([n for n in d.count if n > 1])
    first, second = memories(), memories()
    dma.run([d], *first, PARAMETERS)
    dma.run([merged], *second, PARAMETERS)
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    assert dma.beats(merged, WIDTH) <= dma.beats(d, WIDTH)
    if dma.check(d, PARAMETERS | {"scatter": True}) == DmaCode.OK:
        assert dma.check(merged, PARAMETERS | {"scatter": True}) == DmaCode.OK


@pytest.mark.parametrize(
    ("descriptor", "options", "expected"),
    [
        (dma_boxes.contiguous(0, 0, 64), {}, 8),
        (dma_boxes.contiguous(7, 0, 64), {}, 9),
        (dma_boxes.contiguous(7, 0, 1), {}, 1),
        (dma_boxes.contiguous(7, 0, 2), {}, 2),
        (dma_boxes.rows(4, 0, 3, 8, 20, 8), {}, 2 + 1 + 2),
        (dma_boxes.transpose(0, 0, 4, 16), {}, 64),
        (dma_boxes.transpose(0, 0, 4, 16), {"scatter": True}, 8),
        (dma_boxes.transpose(0, 0, 4, 16, before=(1,), after=(1,)), {"scatter": True}, 14 * 4),
        (dma_boxes.transpose(0, 0, 4, 16, before=(0, 1)), {"scatter": True}, 2 * 3),
        (replace(dma_boxes.contiguous(0, 0, 64), fill=True), {}, 0),
        (replace(dma_boxes.contiguous(1, 0, 64), fill=True, store=True), {}, 9),
        (dma_boxes.image(64, 0, 2, 8, 1, halo=1), {}, 2),
        (Descriptor(count=(4, 4), before=(2,), after=(2,), bus_stride=(1, 4), local_stride=(1, 4)), {}, 0),
    ],
)
def test_beats(descriptor, options, expected):
    assert dma.beats(descriptor, WIDTH, **options) == expected
