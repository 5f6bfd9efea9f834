"""Common part of decoders: a sign that negates."""

from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from systola.hw.formats.decoder import negated


def test_negation():
    m = Module()
    sign, magnitude, value = Signal(), Signal(3), Signal(8)
    m.d.comb += value.eq(negated(m, sign, magnitude))
    seen = {}

    async def bench(ctx):
        for code in range(16):
            ctx.set(sign, code >> 3)
            ctx.set(magnitude, code & 7)
            await ctx.delay(1e-6)
            seen[code] = ctx.get(value.as_signed())

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    assert seen == {code: -(code & 7) if code >> 3 else code for code in range(16)}
    assert negated(m, None, magnitude) is magnitude
