"""Output-stationary array: a reset in the middle of a tile discards the tile."""

from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from systola.hw.array.systolic import Systolic


def test_reset_within_a_tile():
    reset = Signal()
    component = Systolic(rows=2, cols=2, dataflow="os")
    results = []

    async def feed(ctx):
        for attempt, count in enumerate((3, 2)):
            ctx.set(component.a.valid, 1)
            ctx.set(component.w.valid, 1)
            for k in range(count):
                ctx.set(component.a.payload.data, [1 + k, 2])
                ctx.set(component.w.payload.data, [3, 4 + k])
                ctx.set(component.a.payload.last, attempt == 1 and k == count - 1)
                await ctx.tick().until(component.a.ready & component.w.ready)
            ctx.set(component.a.valid, 0)
            ctx.set(component.w.valid, 0)
            if attempt == 0:
                ctx.set(reset, 1)
                await ctx.tick()
                ctx.set(reset, 0)

    async def collect(ctx):
        ctx.set(component.y.ready, 1)
        while len(results) < 2:
            _, _, valid, data = await ctx.tick().sample(component.y.valid, component.y.payload.data)
            if valid:
                results.append(list(data))

    simulator = Simulator(ResetInserter(reset)(component))
    simulator.add_clock(1e-6)
    simulator.add_testbench(feed)
    simulator.add_testbench(collect)
    simulator.run()
    assert results == [[1 * 3 + 2 * 3, 1 * 4 + 2 * 5], [2 * 3 + 2 * 3, 2 * 4 + 2 * 5]]
