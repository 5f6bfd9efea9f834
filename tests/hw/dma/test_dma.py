"""DMA engine: every option against the golden model, exact cycles, errors, rejections, resets."""

from dataclasses import replace

import numpy as np
import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.dma.dma import Dma
from systola.sim.golden.dma import Descriptor
from systola.sim.golden.dma_boxes import contiguous, transpose
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus import transfers
from systola.sim.stimulus.dma import DmaCase, random_cases

SMALL = {"dims": 2, "padding": True, "fill": True, "scatter": True, "local_bytes": 4096}


@pytest.mark.parametrize(
    "parameters",
    [
        SMALL,  # with two dimensions its build is short, and shared with the tests below
        pytest.param({"padding": True, "fill": True, "scatter": True, "local_bytes": 8192}, marks=pytest.mark.slow),
        pytest.param({"local_bytes": 5000, "queue": 3}, marks=pytest.mark.slow),
        pytest.param(
            {"data_width": 32, "dims": 3, "burst": 16, "outstanding": 4, "scatter": True, "local_bytes": 2400},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"data_width": 128, "dims": 2, "addr_width": 40, "outstanding": 2, "burst": 4, "fill": True},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"data_width": 16, "dims": 1, "burst": 1, "padding": True, "local_bytes": 2048}, marks=pytest.mark.slow
        ),
    ],
    ids=lambda p: "-".join(f"{name}={value}" for name, value in p.items()),
)
def test_transfers_match_the_golden_model(check, parameters):
    check("dma", cases=16, **parameters)


@pytest.fixture(scope="module")
def small():
    return generate("dma", Dma(**SMALL))


@pytest.fixture(scope="module")
def large():
    return generate("dma", Dma(local_bytes=transfers.LOCAL_BYTES))


def images(design, seed=3, dram=1 << 14):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, dram, np.uint8), rng.integers(0, 256, design.parameters["local_bytes"], np.uint8)


def run(design, cases):
    outcome, _ = simulate(design, cases)
    assert outcome.mismatches == 0, outcome.examples
    return outcome


@pytest.mark.parametrize(
    "latency", [2, pytest.param(20, marks=pytest.mark.slow), pytest.param(100, marks=pytest.mark.slow)]
)
def test_long_transfers_and_short_rows_leave_no_beat_unused(large, latency):
    names = [name for name in transfers.TRANSFERS if "image" not in name and name != "64 KiB out"]
    outcome = run(large, transfers.cases(latency, names))
    for name, spans, cycles in zip(names, outcome.spans, outcome.case_cycles, strict=True):
        for channel in "rw":
            if channel in spans:
                beats, first, last = spans[channel]
                assert beats == last - first + 1, f"{name}: the bus waited"
                overhead = 2 * large.latency + 10 * ("and" in name)  # descriptor, pipeline, status
                assert cycles <= beats + latency + overhead


@pytest.mark.slow
def test_one_descriptor_loads_an_image(large):
    outcome = run(large, transfers.cases(20, ["image 224 x 224 x 3 in"]))
    assert outcome.case_cycles[0] <= 1.02 * 224 * 224 * 3 / 8


def test_latency_equals_the_stated_one(small):
    outcome = run(small, [DmaCase([contiguous(0, 0, 64)], *images(small), latency=2)])
    assert outcome.spans[0]["ar"][1] == small.latency == small.parameters["dims"] + 8


def test_a_corner_turn_keeps_long_bursts(small):
    turn = transpose(0, 0, 32, 48)
    fast = run(small, [DmaCase([turn], *images(small), latency=20)])
    slow = run(generate("dma", Dma(dims=2, local_bytes=4096)), [DmaCase([turn], *images(small), latency=20)])
    assert fast.spans[0]["ar"][0] == 32
    assert slow.spans[0]["ar"][0] == 32 * 48
    assert fast.case_cycles[0] <= 32 * 48 + 60


@pytest.mark.parametrize("code", [2, 3])
@pytest.mark.parametrize("store", [False, True])
def test_an_error_at_any_beat_is_reported_with_its_address_and_the_next_descriptor_runs(small, store, code):
    first = Descriptor(store, 4000, 64, 0, (200,), (1,), (1,), tag=7)
    second = Descriptor(not store, 8192, 1024, 0, (64,), (1,), (1,), tag=8)
    cases = [
        DmaCase([first, second, replace(first, bus_addr=12000)], *images(small), faults=[(at, at, code)], latency=3)
        for at in range(4000, 4200, 8)
    ]
    assert run(small, cases).cases == 25


def test_rejected_descriptors_never_reach_the_bus(small):
    good = Descriptor(False, 0, 0, 0, (8,), (1,), (1,))
    refused = [
        replace(good, count=(0,)),
        replace(good, count=(8, 0)),
        replace(good, local_addr=4089),
        replace(good, local_addr=6, local_stride=(-1,)),
        replace(good, count=(65535, 65535), local_stride=(1, 4095)),
        replace(good, size=4),
        replace(good, store=True, before=(1,)),
        replace(good, fill=True, after=(1,)),
        replace(good, before=(5,), after=(4,)),
        replace(good, size=1, local_stride=(4,), bus_stride=(2,), bus_addr=1),
    ]
    outcome = run(small, [DmaCase(refused, *images(small))])
    assert outcome.spans == [{}]


@pytest.mark.parametrize("seed", [1, 2])
def test_reset_at_any_time_leaves_a_legal_bus(small, seed):
    cases = []
    for number, case in enumerate(random_cases(small.parameters, 12, seed)):
        cases.append(replace(case, reset_after=1 + 23 * number, faults=[]))
        cases.append(replace(case, pauses={}, faults=[]))
    assert run(small, cases).checked


@pytest.mark.slow
def test_ten_thousand_random_descriptors():
    total = 0
    for seed, parameters in enumerate(
        (
            {"padding": True, "fill": True, "scatter": True},
            {"padding": True, "fill": True, "scatter": True, "data_width": 32, "burst": 16, "outstanding": 4},
            {"data_width": 128, "addr_width": 48, "dims": 3, "padding": True, "queue": 8},
        )
    ):
        design = generate("dma", Dma(**parameters))
        cases = find("dma").cases(design.parameters, 360, 100 + seed)
        run(design, cases)
        total += sum(len(case.descriptors) for case in cases)
    assert total >= 10_000


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"data_width": 48}, "data_width=48: data_width must be a power of two."),
        ({"burst": 24}, "burst=24: burst must be a power of two."),
        ({"data_width": 256}, "burst=256: burst must be at most 128 with data_width=256."),
        (
            {"local_bytes": 100},
            "local_bytes=100: local_bytes must be a multiple of 8, 16 at least, with data_width=64.",
        ),
        ({"dims": 5}, "dims=5: dims must be an integer from 1 to 4."),
    ],
)
def test_illegal_parameters(parameters, sentence):
    with pytest.raises(ParameterError) as error:
        Dma(**parameters)
    assert str(error.value) == sentence
