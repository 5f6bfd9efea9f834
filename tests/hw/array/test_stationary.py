"""Edge of a stationary core: short tiles, and no path from one stream's inputs to another's handshake."""

import pytest
from amaranth.sim import Simulator

from systola.hw.array.broadcast import Broadcast
from systola.hw.array.systolic import Systolic


@pytest.mark.parametrize(
    "make",
    [
        lambda: Systolic(rows=2, cols=2),
        lambda: Systolic(rows=2, cols=2, dataflow="os"),
        lambda: Broadcast(rows=2, cols=2),
    ],
    ids=["ws", "os", "broadcast"],
)
def test_no_output_follows_an_input_within_a_cycle(make):
    """At any time, a change of an input changes no `ready`, `valid` or payload before the next edge."""
    component = make()
    a, w, y = component.a, component.w, component.y

    async def bench(ctx):
        outputs = (a.ready, w.ready, y.valid, y.payload)
        for cycle in range(60):
            ctx.set(a.valid, 0)
            ctx.set(w.valid, 0)
            ctx.set(y.ready, 0)
            await ctx.delay(1e-9)
            before = [ctx.get(output) for output in outputs]
            ctx.set(a.valid, 1)
            ctx.set(w.valid, cycle % 3 != 0)
            ctx.set(a.payload.last, cycle % 4 == 3)
            ctx.set(y.ready, cycle % 5 != 0)
            await ctx.delay(1e-9)
            assert [ctx.get(output) for output in outputs] == before
            await ctx.tick()

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_a_short_tile_keeps_the_other_rows():
    component = Systolic(rows=3, cols=1, buffer=0)

    async def send(ctx, stream, rows):
        for number, row in enumerate(rows):
            ctx.set(stream.payload.data, row)
            ctx.set(stream.payload.last, number == len(rows) - 1)
            ctx.set(stream.valid, 1)
            await ctx.tick().until(stream.ready)
        ctx.set(stream.valid, 0)

    async def weights(ctx):
        await send(ctx, component.w, [[1], [10], [100]])
        await send(ctx, component.w, [[2], [20]])  # `last` after two of three beats

    async def activations(ctx):
        await send(ctx, component.a, [[1, 2, 3]])
        await send(ctx, component.a, [[1, 2, 0]])

    results = []

    async def collect(ctx):
        while len(results) < 2:
            _, _, valid, data = await ctx.tick().sample(component.y.valid, component.y.payload.data)
            if valid:
                results.append(data[0])

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    for bench in (weights, activations, collect):
        simulator.add_testbench(bench)
    simulator.run()
    assert results == [321, 42]
