"""Wide multiplier: every sign, in one part and in two."""

import random

import pytest
from amaranth.hdl import Shape
from amaranth.sim import Simulator

from systola.hw.mac.wide import WideMultiply


@pytest.mark.parametrize(
    "a", [Shape(32, True), Shape(18, True), Shape(19, True), Shape(18), Shape(17), Shape(32)], ids=repr
)
@pytest.mark.parametrize("b", [Shape(32, True), Shape(32), Shape(8, True)], ids=repr)
def test_wide_multiply(a, b):
    multiply = WideMultiply(a=a, b=b)
    rng = random.Random(1)
    ranges = [range(-(s.signed << s.width - 1), 1 << s.width - s.signed) for s in (a, b)]
    beats = [tuple(rng.choice([values[0], values[-1], rng.choice(values)]) for values in ranges) for _ in range(100)]
    seen = []

    async def bench(ctx):
        for x, y in beats:
            ctx.set(multiply.a, x)
            ctx.set(multiply.b, y)
            seen.append(ctx.get(multiply.product))
            await ctx.tick()

    simulator = Simulator(multiply)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    late = WideMultiply.LATENCY
    assert seen[late:] == [x * y for x, y in beats][: len(beats) - late]
