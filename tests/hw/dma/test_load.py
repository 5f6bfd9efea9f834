"""Loads: local memory as in the golden model, with legal bursts and at full rate."""

import numpy as np
import pytest

from systola.hw.bus.axi import BOUNDARY
from systola.hw.dma.load import Load
from systola.sim.golden import dma
from systola.sim.golden.dma import DmaCode
from systola.sim.golden.dma_boxes import contiguous, transpose
from systola.sim.stimulus.dma import random_cases

OPTIONS = {"padding": True, "fill": True, "scatter": True}
PARAMETERS = [
    OPTIONS | {"local_bytes": 2048, "dims": 3},
    {"data_width": 16, "dims": 2, "burst": 2, "outstanding": 2, "local_bytes": 600, "scatter": True},
    OPTIONS | {"data_width": 512, "burst": 64, "dims": 2, "local_bytes": 4096},
]


class LoadMemories:
    """DRAM at `ar` and `r`, and the local memory at `write`."""

    def __init__(self, p, dram, local, faults=()):
        self.p, self.dram, self.local = p, dram, local
        self.responses = np.zeros(len(dram) // p.bytes, np.uint8)
        for first, last, code in reversed(list(faults)):
            self.responses[first // p.bytes : last // p.bytes + 1] = code
        self.r = []

    def __call__(self, stream, fields):
        p = self.p
        if stream == "ar":
            beats = fields["len"] + 1
            assert (fields["size"], fields["burst"], fields["id"]) == (p.lanes, 1, 0)
            assert beats <= p.burst
            assert fields["addr"] % p.bytes == 0
            assert fields["addr"] // BOUNDARY == (fields["addr"] + beats * p.bytes - 1) // BOUNDARY
            for n in range(beats):
                at = fields["addr"] + n * p.bytes
                data = int.from_bytes(self.dram[at : at + p.bytes].tobytes(), "little")
                self.r.append({"data": data, "resp": self.responses[at // p.bytes], "last": n == beats - 1})
        elif stream == "write":
            assert fields["write"]
            for lane in range(p.bytes):
                if fields["strobe"] >> lane & 1:
                    self.local[fields["addr"] * p.bytes + lane] = fields["data"] >> (8 * lane) & 255


OUTPUTS = {"ar": None, "write": None}


@pytest.mark.parametrize("pause", [0.0, 0.4])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_loads(exchange, checked, parameters, pause):
    p = Load.Parameters.check(**parameters)
    for case in random_cases(dict(p), 9, 4, descriptors=8)[3::5]:  # both have faults
        loads = [d for d in case.descriptors if not d.store and dma.check(d, dict(p)) == DmaCode.OK]
        local = case.local.copy()
        expected = dma.run(loads, case.dram, local, dict(p), case.faults)
        world = LoadMemories(p, case.dram, case.local.copy(), case.faults)
        inputs = {"i": [checked(d, p) for d in loads], "r": world.r}
        beats = exchange(Load(**parameters), inputs, OUTPUTS | {"done": len(loads)}, pause=pause, react=world)
        assert ((world.local == local) | expected.local_uncertain).all()
        assert len(world.r) == sum(dma.beats(d, p.bytes, scatter=p.scatter) for d in loads)
        for status, (_, done) in zip(expected.statuses, beats["done"], strict=True):
            assert done["failed"] == (status.code != DmaCode.OK)
            if done["failed"]:
                assert (2 | done["decerr"], done["beat"] * p.bytes) == (status.code, status.addr)


def memories(seed=1):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, 8192, np.uint8), rng.integers(0, 256, 2048, np.uint8)


@pytest.mark.parametrize("d", [contiguous(72, 8, 800), contiguous(75, 13, 800)], ids=["aligned", "unaligned"])
def test_latency_and_one_beat_per_cycle(exchange, checked, d):
    load = Load(local_bytes=2048)
    world = LoadMemories(load.p, *memories())
    inputs = {"i": [checked(d, load.p)] * 2, "r": world.r}
    beats = exchange(load, inputs, OUTPUTS | {"done": 2}, react=world)
    assert beats["ar"][0][0] == 4
    reads, writes = ([cycle for cycle, _ in beats[name]] for name in ("r", "write"))
    assert writes[0] - reads[0] == 2
    assert writes[-1] - writes[0] == len(writes) - 1


def test_a_corner_turn_moves_one_element_per_cycle(exchange, checked):
    load = Load(local_bytes=2048, scatter=True)
    world = LoadMemories(load.p, *memories())
    d = transpose(64, 0, 6, 32, size=1)
    beats = exchange(load, {"i": [checked(d, load.p)], "r": world.r}, OUTPUTS | {"done": 1}, react=world)
    writes = [cycle for cycle, _ in beats["write"]]
    assert len(beats["ar"]) == 6
    assert writes[-1] - writes[0] == len(writes) - 1 == 6 * 32 - 1
    matrix = world.dram[64 : 64 + 6 * 64].view(np.uint16).reshape(6, 32)
    assert (world.local[: matrix.nbytes].view(np.uint16).reshape(32, 6) == matrix.T).all()


def test_the_number_of_requested_pieces_is_bounded(exchange, checked):
    """The bus returns nothing, so the pieces in flight are the most that the engine accepts."""
    load = Load(outstanding=4, dims=1, local_bytes=2048)
    d = dma.Descriptor(count=(50,), bus_stride=(100,), local_stride=(1,))
    sent = []
    exchange(
        load,
        {"i": [checked(d, load.p)], "r": []},
        {"ar": None, "write": 0},
        react=lambda name, fields: sent.append(name),
        extra=80,
    )
    assert 4 <= sent.count("ar") <= 4 + 1  # one is in the aligner


@pytest.mark.parametrize("cycle", range(2, 30, 5))
def test_one_cycle_of_reset_is_sufficient(exchange, checked, cycle):
    load = Load(local_bytes=2048)
    world = LoadMemories(load.p, *memories())
    box = checked(contiguous(75, 13, 90), load.p)
    exchange(load, {"i": [box], "r": world.r}, OUTPUTS | {"done": 1}, react=world, reset_at=cycle)
