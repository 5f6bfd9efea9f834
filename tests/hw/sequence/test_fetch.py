"""Descriptor fetch: chains of both kinds in order, ahead of use, and causes of an early end."""

import random

import pytest
from amaranth.hdl import signed
from amaranth.sim import Simulator

from systola.hw.bundle import Bundle
from systola.hw.component import ParameterError
from systola.hw.sequence.fetch import DescriptorFetch, FetchError

FIELDS = Bundle({"kind": 3, "rows": 16, "stride": signed(20), "mask": 70})


class DescriptorMemory:
    """Descriptors at random addresses, packed as the docstring states, and the bus responses to their addresses."""

    def __init__(self, p: DescriptorFetch.Parameters, chains, seed=1, errors=None):
        rng, self.p, self.errors, self.memory, self.starts = random.Random(seed), p, errors or {}, {}, []
        self.values = []
        slots = rng.sample(range(1, 200), sum(chains))
        for count in chains:
            chain = [slots.pop() for _ in range(count)]
            if not p.linked:
                first = 1000 * (1 + len(self.starts))
                chain = list(range(first, first + count))
            self.starts.append(chain[0] * p.pitch)
            for n, slot in enumerate(chain):
                value = {"kind": rng.getrandbits(3), "rows": rng.getrandbits(16), "mask": rng.getrandbits(70)}
                value["stride"] = rng.randrange(-1 << 19, 1 << 19)
                last = n == count - 1
                following = rng.getrandbits(20) if last else chain[n + 1]
                bits = last | (following * p.pitch % (1 << p.header) if p.linked else rng.getrandbits(20) << 1)
                offset = p.header
                for name, width in (("kind", 3), ("rows", 16), ("stride", 20), ("mask", 70)):
                    bits |= (value[name] & (1 << width) - 1) << offset
                    offset += width
                self.memory[slot * p.pitch] = bits | rng.getrandbits(7) << offset
                self.values.append({"fields": value, "last": int(last)})
        self.responses, self.addresses = [], []

    def react(self, name, fields):
        if name == "ar":
            p = self.p
            assert (fields["len"], 8 << fields["size"], fields["burst"]) == (p.beats - 1, p.data_width, 1)
            self.addresses.append(fields["addr"])
            for beat in range(p.beats):
                bits = self.memory[fields["addr"]] >> beat * p.data_width & (1 << p.data_width) - 1
                resp = self.errors.get((len(self.addresses) - 1, beat), 0)
                self.responses.append({"data": bits, "resp": resp, "last": beat == p.beats - 1})


@pytest.mark.parametrize("pause", [0.0, 0.5])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"linked": False},
        {"data_width": 32, "linked": True},
        {"data_width": 256},
        {"data_width": 32, "addr_width": 40},
    ],
    ids=str,
)
def test_chains(exchange, parameters, pause):
    fetch = DescriptorFetch(fields=FIELDS, **parameters)
    dram = DescriptorMemory(fetch.p, [1, 7, 4, 1, 9])
    inputs = {"start": [{"value": addr} for addr in dram.starts], "r": dram.responses}
    beats = exchange(fetch, inputs, {"ar": 22, "o": 22, "fault": 0}, pause=pause, react=dram.react)
    assert [fields for _, fields in beats["o"]] == dram.values
    if not pause:  # the stated latencies
        assert beats["ar"][0][0] == beats["start"][0][0] + 1
        assert beats["o"][0][0] == beats["r"][fetch.p.beats - 1][0] + 2


def test_the_next_descriptor_is_fetched_while_one_waits():
    fetch = DescriptorFetch(fields=FIELDS, data_width=256)
    dram = DescriptorMemory(fetch.p, [5])
    taken = []

    async def bench(ctx):
        ctx.set(fetch.start.payload, dram.starts[0])
        ctx.set(fetch.start.valid, 1)
        ctx.set(fetch.ar.ready, 1)
        pending = []
        for cycle in range(200):
            ctx.set(fetch.start.valid, cycle == 0)
            ctx.set(fetch.r.valid, bool(pending))
            if pending:
                ctx.set(fetch.r.payload.data, pending[0])
            ctx.set(fetch.o.ready, cycle % 30 == 29)
            assert ctx.get(fetch.busy) or cycle == 0 or len(taken) == 5
            if ctx.get(fetch.o.valid) and cycle % 30 == 29:
                taken.append(cycle)
                assert len(dram.addresses) == min(len(taken) + 1, 5)  # one ahead
            if ctx.get(fetch.ar.valid):
                dram.addresses.append(ctx.get(fetch.ar.payload.addr))
                pending.append(dram.memory[dram.addresses[-1]])
            elif pending and ctx.get(fetch.r.ready):
                pending.pop()
            await ctx.tick()
        assert not ctx.get(fetch.busy)

    _run(fetch, bench)
    assert taken == [29, 59, 89, 119, 149]


@pytest.mark.parametrize("code", [FetchError.SLVERR, FetchError.DECERR])
@pytest.mark.parametrize(("number", "beat"), [(0, 0), (2, 1), (4, 2)])
def test_a_bus_error_ends_the_chain(exchange, code, number, beat):
    fetch = DescriptorFetch(fields=FIELDS)
    other = FetchError.DECERR if code == FetchError.SLVERR else FetchError.SLVERR
    errors = {(number, beat): code, **({(number, beat + 1): other} if beat < 2 else {})}
    dram = DescriptorMemory(fetch.p, [5, 2], errors=errors)
    inputs = {"start": [{"value": addr} for addr in dram.starts], "r": dram.responses}
    beats = exchange(fetch, inputs, {"ar": None, "o": number + 2, "fault": 1}, react=dram.react)
    assert [fields for _, fields in beats["fault"]] == [{"code": code, "addr": dram.addresses[number]}]
    assert [fields for _, fields in beats["o"]] == dram.values[:number] + dram.values[5:]  # and the next chain runs


def test_a_start_that_is_not_aligned_is_a_fault(exchange):
    fetch = DescriptorFetch(fields=FIELDS)
    dram = DescriptorMemory(fetch.p, [3])
    inputs = {"start": [{"value": dram.starts[0] + 8}, {"value": dram.starts[0]}], "r": dram.responses}
    beats = exchange(fetch, inputs, {"ar": None, "o": 3, "fault": 1}, react=dram.react)
    assert [fields for _, fields in beats["fault"]] == [{"code": FetchError.ALIGNMENT, "addr": dram.starts[0] + 8}]


@pytest.mark.parametrize("at", range(0, 40, 3))
def test_stop_ends_the_chain_and_no_burst_remains_outstanding(at):
    fetch = DescriptorFetch(fields=FIELDS, data_width=64)
    dram = DescriptorMemory(fetch.p, [40])
    counts = {"requested": 0, "beats": 0, "given": 0}

    async def bench(ctx):
        pending = []
        for cycle in range(150):
            ctx.set(fetch.start.valid, cycle == 0)
            ctx.set(fetch.start.payload, dram.starts[0])
            ctx.set(fetch.stop, cycle >= at > 0)
            ctx.set(fetch.ar.ready, cycle % 3 == 0)
            ctx.set(fetch.o.ready, cycle % 4 == 0)
            ctx.set(fetch.r.valid, bool(pending))
            if pending:
                ctx.set(fetch.r.payload.data, pending[0])
            before = dict(counts)
            if ctx.get(fetch.o.valid) and cycle % 4 == 0:
                counts["given"] += 1
            if pending and ctx.get(fetch.r.ready):
                counts["beats"] += 1
                pending.pop(0)
            if ctx.get(fetch.ar.valid) and cycle % 3 == 0:
                bits = dram.memory[ctx.get(fetch.ar.payload.addr)]
                pending += [bits >> 64 * beat & (1 << 64) - 1 for beat in range(fetch.p.beats)]
                counts["requested"] += 1
            assert cycle < at + 30 or at == 0 or counts == before
            await ctx.tick()
        assert ctx.get(fetch.busy) == (at == 0)

    _run(fetch, bench)
    if at:
        assert counts["beats"] == counts["requested"] * fetch.p.beats
        assert counts["requested"] - 1 <= counts["given"] <= counts["requested"]


@pytest.mark.parametrize("bits", [4097 * 8, 260 * 8])
def test_a_descriptor_that_is_too_large(bits):
    with pytest.raises(ParameterError) as error:
        DescriptorFetch(fields=Bundle({"a": bits}), data_width=8)
    assert str(error.value) == f"fields of {bits} bits: a descriptor must be at most 4096 bytes and 256 beats."


def _run(component, bench):
    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
