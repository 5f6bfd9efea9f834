"""DMA engine at a banked scratchpad: loaded data is visible to other ports, and to the engine's own stores."""

import random

from amaranth.hdl import Module
from amaranth.sim import Simulator

from systola.hw.component import place
from systola.hw.dma.dma import Dma
from systola.hw.memory.scratchpad import Scratchpad
from systola.hw.stream.packet import join

PORTS = 6
"""The largest buffer of a scratchpad for a store that waits to read the data of a load: see docs/concepts/dma.md."""


def _both():
    """A module with the engine at ports 0 and 1 of a scratchpad."""
    m = Module()
    dma = place(m, None, "dma", Dma, dims=2, local_bytes=2048)
    pad = place(m, None, "pad", Scratchpad, ports=PORTS, banks=2, depth=256, counters=0)
    join(m, dma.local_write, pad.port0_req)
    join(m, dma.local_read, pad.port1_req)
    join(m, pad.port1_rsp, dma.local_found)
    return m, dma, pad


def test_loads_and_stores_through_a_shared_scratchpad():
    """Rows are loaded and stored again at once, while four other ports access both banks continuously."""
    m, dma, pad = _both()
    dram = random.Random(1).randbytes(4096)
    out = bytearray(4096)
    gaps = []

    async def descriptors(ctx):
        desc = dma.desc.payload
        for tag in range(8):
            for store in (0, 1):
                values = {
                    "store": store,
                    "wait": 1,
                    "tag": tag,
                    "bus_addr": 256 * tag + store * 2048,
                    "local_addr": 64 * tag + 3,
                    "count0": 37,
                    "bus_stride0": 1,
                    "local_stride0": 1,
                    "count1": 3,
                    "bus_stride1": 50,
                    "local_stride1": 37,
                }
                for name, value in values.items():
                    ctx.set(desc[name], value)
                ctx.set(dma.desc.valid, 1)
                await ctx.tick().until(dma.desc.ready)
        ctx.set(dma.desc.valid, 0)

    async def hammer(ctx):
        rng = random.Random(2)
        requests = [getattr(pad, f"port{n}_req") for n in range(2, PORTS)]
        for n, request in enumerate(requests):
            ctx.set(request.valid, 1)
            ctx.set(getattr(pad, f"port{n + 2}_rsp").ready, 1)
        while True:
            for request in requests:
                ctx.set(request.payload.addr, rng.randrange(256))
            await ctx.tick()

    async def reads(ctx):
        ar, r = dma.m_axi.ar, dma.m_axi.r
        ctx.set(ar.ready, 1)
        bursts = []
        while True:
            if ctx.get(ar.valid):
                bursts += [ctx.get(ar.payload.addr) + 8 * n for n in range(ctx.get(ar.payload.len) + 1)]
            ctx.set(r.valid, bool(bursts))
            if bursts:
                ctx.set(r.payload.data, int.from_bytes(dram[bursts[0] : bursts[0] + 8], "little"))
                if ctx.get(r.ready):
                    bursts.pop(0)
            await ctx.tick()

    async def writes(ctx):
        aw, w, b = dma.m_axi.aw, dma.m_axi.w, dma.m_axi.b
        ctx.set(aw.ready, 1)
        ctx.set(w.ready, 1)
        addresses, responses = [], 0
        while True:
            if ctx.get(aw.valid):
                addresses += [ctx.get(aw.payload.addr) + 8 * n for n in range(ctx.get(aw.payload.len) + 1)]
            ctx.set(b.valid, responses > 0)
            if responses and ctx.get(b.ready):
                responses -= 1
            if ctx.get(w.valid):
                at, data = addresses.pop(0), ctx.get(w.payload.data).to_bytes(8, "little")
                for lane in range(8):
                    if ctx.get(w.payload.strb) >> lane & 1:
                        out[at + lane] = data[lane]
                responses += ctx.get(w.payload.last)
            await ctx.tick()

    async def statuses(ctx):
        ctx.set(dma.status.ready, 1)
        seen = 0
        while seen < 16:
            _, _, valid, code = await ctx.tick().sample(dma.status.valid, dma.status.payload.code)
            assert not valid or code == 0
            seen += valid

    async def distances(ctx):
        last = None
        cycle = 0
        while True:
            if ctx.get(dma.local_read.valid) and last is not None:
                gaps.append(cycle - last)
                last = None
            if ctx.get(dma.local_write.valid) and ctx.get(dma.local_write.ready):
                last = cycle
            await ctx.tick()
            cycle += 1

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(statuses)
    for process in (descriptors, hammer, reads, writes, distances):
        simulator.add_testbench(process, background=process is not descriptors)
    simulator.run()
    for tag in range(8):
        for row in range(3):
            first = 256 * tag + 50 * row
            assert out[first + 2048 : first + 2048 + 37] == dram[first : first + 37]
    assert len(gaps) == 8
    assert min(gaps) >= PORTS - 1
