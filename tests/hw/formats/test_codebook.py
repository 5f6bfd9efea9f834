"""Decoder of codebooks: a value written to an entry is read by its code."""

import numpy as np
from amaranth.sim import Simulator

from systola.hw.formats.codebook import CodebookDecoder
from systola.sim.golden import operands


def test_every_entry():
    dut = CodebookDecoder()
    table = np.random.default_rng(0).integers(-(1 << 15), 1 << 15, (1, operands.ENTRIES))
    seen = []

    async def bench(ctx):
        ctx.set(dut.write, 1)
        for place, (part,) in enumerate(operands.table_beats(table).tolist()):
            ctx.set(dut.place, place)
            ctx.set(dut.codes, [part])
            await ctx.tick()
        ctx.set(dut.write, 0)
        for code in range(16):
            ctx.set(dut.codes, [code])
            await ctx.delay(1e-7)
            seen.append(ctx.get(dut.operands[0]))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert seen == table[0].tolist()
    assert len(set(seen)) > 10
