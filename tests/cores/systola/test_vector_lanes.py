"""Latency of the lanes: equal to the stated one."""

import pytest
from amaranth.hdl import signed
from amaranth.sim import Simulator

from systola.hw.cores.systola.vector_lanes import VectorLanes


@pytest.mark.parametrize("rounding", ["gemmlowp", "single"])
@pytest.mark.parametrize("table", [False, True])
def test_latency(rounding, table):
    lanes = VectorLanes(size=4, activation=signed(8), rounding=rounding, table=table)
    came = []

    async def bench(ctx):
        for cycle in range(60):
            ctx.set(lanes.x.valid, cycle in (10, 11, 13))
            ctx.set(lanes.x.payload.first, 1)
            ctx.set(lanes.x.payload.end, cycle != 11)
            if ctx.get(lanes.y.valid):
                came.append(cycle)
            await ctx.tick()

    simulator = Simulator(lanes)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    latency = VectorLanes.latency(lanes.p)
    assert came == [10 + latency, 13 + latency]
