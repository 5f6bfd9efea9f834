"""Stores: DRAM as in the golden model, with legal bursts and at full rate."""

from collections import deque

import numpy as np
import pytest

from systola.hw.bus.axi import BOUNDARY
from systola.hw.dma.store import Store, StoreReader
from systola.sim.golden import dma
from systola.sim.golden.dma import DmaCode
from systola.sim.golden.dma_boxes import contiguous
from systola.sim.stimulus.dma import random_cases

PARAMETERS = [
    {"fill": True, "local_bytes": 2048, "dims": 3},
    {"data_width": 16, "dims": 2, "burst": 2, "outstanding": 2, "local_bytes": 600},
    {"data_width": 512, "burst": 64, "fill": True, "dims": 2, "local_bytes": 4096},
]


class StoreMemories:
    """DRAM at `aw`, `w` and `b`, and the local memory at `read` and `found`."""

    def __init__(self, p, dram, local, faults=()):
        self.p, self.dram, self.local = p, dram, local
        self.responses = np.zeros(len(dram) // p.bytes, np.uint8)
        for first, last, code in reversed(list(faults)):
            self.responses[first // p.bytes : last // p.bytes + 1] = code
        self.found, self.b = [], []
        self.bursts, self.data = deque(), deque()
        self.open = self.beats = 0

    def __call__(self, stream, fields):
        p = self.p
        if stream == "read":
            assert not fields["write"]
            at = fields["addr"] * p.bytes
            self.found.append({"data": int.from_bytes(self.local[at : at + p.bytes].tobytes(), "little")})
        elif stream == "aw":
            beats = fields["len"] + 1
            assert (fields["size"], fields["burst"], fields["id"]) == (p.lanes, 1, 0)
            assert beats <= p.burst
            assert fields["addr"] % p.bytes == 0
            assert fields["addr"] // BOUNDARY == (fields["addr"] + beats * p.bytes - 1) // BOUNDARY
            self.bursts.append((fields["addr"], beats))
            self.open += 1
            assert self.open <= p.outstanding
        elif stream == "w":
            self.data.append(fields)
            self.beats += 1
        elif stream == "b":
            self.open -= 1
        if self.bursts and len(self.data) >= self.bursts[0][1]:
            self.finish(*self.bursts.popleft())

    def finish(self, addr, beats):
        resp = 0
        for n in range(beats):
            word, at = self.data.popleft(), addr + n * self.p.bytes
            assert word["last"] == (n == beats - 1)
            resp = resp or int(self.responses[at // self.p.bytes])
            for lane in range(self.p.bytes):
                if word["strb"] >> lane & 1:
                    self.dram[at + lane] = word["data"] >> (8 * lane) & 255
        self.b.append({"resp": resp})


OUTPUTS = {"aw": None, "w": None, "read": None}


@pytest.mark.parametrize("pause", [0.0, 0.4])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_stores(exchange, checked, parameters, pause):
    p = Store.Parameters.check(**parameters)
    for case in random_cases(dict(p), 9, 6, descriptors=8)[3::5]:  # both have faults
        stores = [d for d in case.descriptors if d.store and dma.check(d, dict(p)) == DmaCode.OK]
        dram = case.dram.copy()
        expected = dma.run(stores, dram, case.local, dict(p), case.faults)
        world = StoreMemories(p, case.dram.copy(), case.local, case.faults)
        inputs = {"i": [checked(d, p) for d in stores], "found": world.found, "b": world.b}
        beats = exchange(Store(**parameters), inputs, OUTPUTS | {"done": len(stores)}, pause=pause, react=world)
        assert ((world.dram == dram) | expected.dram_uncertain).all()
        assert not world.data
        assert world.beats == sum(dma.beats(d, p.bytes) for d in stores)
        for status, (_, done) in zip(expected.statuses, beats["done"], strict=True):
            code = 2 | done["decerr"] if done["failed"] else 0
            assert status.allows(status.tag, code, done["beat"] * p.bytes if code else 0)


def memories(seed=1):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, 8192, np.uint8), rng.integers(0, 256, 2048, np.uint8)


def world_and_inputs(p, boxes, checked):
    world = StoreMemories(p, *memories())
    return world, {"i": [checked(d, p) for d in boxes], "found": world.found, "b": world.b}


@pytest.mark.parametrize("d", [contiguous(72, 8, 800, store=True), contiguous(75, 13, 800, store=True)], ids=["a", "u"])
def test_latency_and_one_beat_per_cycle(exchange, checked, d):
    store = Store(local_bytes=2048)
    world, inputs = world_and_inputs(store.p, [d] * 2, checked)
    beats = exchange(store, inputs, OUTPUTS | {"done": 2}, react=world)
    assert beats["aw"][0][0] == 5
    cycles = [cycle for cycle, _ in beats["w"]]
    lost = 1 if d.local_addr % 8 > d.bus_addr % 8 else 0  # between two rows of different alignment
    assert cycles[-1] - cycles[0] == len(cycles) - 1 + lost


def test_an_address_does_not_wait_for_data(exchange, checked):
    store = Store(local_bytes=2048)
    sent = []
    box = checked(contiguous(0, 0, 800, store=True), store.p)
    outputs = {"aw": 1, "w": 0, "read": None, "done": 0}
    exchange(store, {"i": [box], "found": [], "b": []}, outputs, react=lambda name, _: sent.append(name))
    assert sent.count("aw") == 1


@pytest.mark.parametrize("pause", [0.0, 0.5])
def test_reader(exchange, pause):
    reader = StoreReader(local_bytes=2048)
    runs = [{"addr": addr, "bytes": count} for addr in (0, 5, 1000) for count in (1, 8, 4, 17, 100)]
    requested = [n for run in runs for n in range(run["addr"] // 8, (run["addr"] + run["bytes"] - 1) // 8 + 1)]
    beats = exchange(reader, {"i": runs}, {"o": len(requested)}, pause=pause)
    assert [fields["addr"] for _, fields in beats["o"]] == requested
    if not pause:
        assert beats["o"][0][0] == beats["i"][0][0] + 1
        assert beats["o"][-1][0] - beats["o"][0][0] == len(requested) - 1


@pytest.mark.parametrize("cycle", range(2, 30, 5))
def test_one_cycle_of_reset_is_sufficient(exchange, checked, cycle):
    store = Store(local_bytes=2048)
    world, inputs = world_and_inputs(store.p, [contiguous(75, 13, 90, store=True)], checked)
    exchange(store, inputs, OUTPUTS | {"done": 1}, react=world, reset_at=cycle)
