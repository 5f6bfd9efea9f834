"""The multiplier: registers where it says, b only when loaded."""

import random

import pytest
from amaranth.hdl import Shape
from amaranth.sim import Simulator

from systola.hw.mac.multiply import Multiply


@pytest.mark.parametrize("product_register", [False, True])
@pytest.mark.parametrize(("a_signed", "b_signed"), [(True, True), (True, False), (False, True), (False, False)])
def test_multiply(product_register, a_signed, b_signed):
    multiply = Multiply(a=Shape(5, a_signed), b=Shape(4, b_signed), product_register=product_register)
    rng = random.Random(1)
    low_a, low_b = -16 if a_signed else 0, -8 if b_signed else 0
    beats = [
        (rng.randrange(low_a, low_a + 32), rng.randrange(low_b, low_b + 16), rng.random() < 0.4) for _ in range(300)
    ]
    beats[0] = (low_a, low_b, True)
    expected, held = [], 0
    for a, b, load in beats:
        held = b if load else held
        expected.append(a * held)
    seen = []

    async def bench(ctx):
        for a, b, load in beats:
            ctx.set(multiply.a, a)
            ctx.set(multiply.b, b)
            ctx.set(multiply.load, load)
            await ctx.tick()
            seen.append(ctx.get(multiply.product))

    simulator = Simulator(multiply)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    late = int(product_register)
    assert seen[late:] == expected[: len(expected) - late]
