"""Psums and all other signals move one row in equal times; a reset discards everything in flight."""

import re

from amaranth.sim import Simulator

from systola.gen.verilog.verilog import generate
from systola.hw.array.bfloat16_stationary import STEP
from systola.hw.array.bfloat16_systolic import Bfloat16Systolic

ONE, TWO, FIVE = 0x3F80, 0x4000, 0x40A0


def test_each_cell_is_one_module():
    text = generate("bfloat16_systolic", Bfloat16Systolic(rows=5, cols=4)).verilog
    assert len(re.findall(r"(?m)^// Bfloat16Cell\(", text)) == 1
    assert len(re.findall(r"(?m)^// Fp32Add\(", text)) == 1


def test_a_tile_after_a_reset_is_independent_of_the_one_before():
    component = Bfloat16Systolic(rows=3, cols=1, buffer=0)
    results = []

    async def bench(ctx):
        async def cycles(count):
            for _ in range(count):
                _, _, valid, data = await ctx.tick().sample(component.y.valid, component.y.payload.data)
                if valid:
                    results.append(data[0])

        async def send(stream, rows):
            for number, row in enumerate(rows):
                ctx.set(stream.payload.data, row)
                ctx.set(stream.payload.last, number == len(rows) - 1)
                ctx.set(stream.valid, 1)
                while not ctx.get(stream.ready):
                    await cycles(1)
                await cycles(1)
                ctx.set(stream.valid, 0)

        await send(component.w, [[FIVE]] * 3)
        await send(component.a, [[FIVE] * 3] * 2)
        ctx.set(reset, 1)
        await cycles(1)
        ctx.set(reset, 0)
        results.clear()
        await send(component.w, [[ONE], [TWO], [ONE]])
        await send(component.a, [[ONE, ONE, TWO]])
        await cycles(3 * STEP + 20)

    from amaranth.hdl import ClockDomain, Module

    m = Module()
    m.domains.sync = domain = ClockDomain()
    m.submodules.array = component
    reset = domain.rst
    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert results == [FIVE << 16]
