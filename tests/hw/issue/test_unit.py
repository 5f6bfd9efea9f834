"""Units of the issue logic: addresses inside and outside of a memory."""

import pytest
from amaranth.hdl import Const, Module, Signal, signed
from amaranth.sim import Simulator

from systola.hw.issue.unit import within


@pytest.mark.parametrize(("address", "inside"), [(0, 1), (15, 1), (16, 0), (31, 0), (-1, 0), (-16, 0)])
def test_bounds(address, inside):
    m, out = Module(), Signal()
    m.d.comb += out.eq(within(Const(address, signed(6)), 16))

    async def bench(ctx):
        assert ctx.get(out) == inside

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
