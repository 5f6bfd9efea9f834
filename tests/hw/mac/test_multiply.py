"""Multiplier: every sign, and registers at the stated places."""

import random

import pytest
from amaranth.hdl import Shape
from amaranth.sim import Simulator

from systola.hw.mac.multiply import Multiply


@pytest.mark.parametrize("operand_register", [False, True])
@pytest.mark.parametrize("product_register", [False, True])
@pytest.mark.parametrize(("a_signed", "b_signed"), [(True, True), (True, False), (False, True), (False, False)])
def test_multiply(operand_register, product_register, a_signed, b_signed):
    shapes = {"a": Shape(5, a_signed), "b": Shape(4, b_signed)}
    multiply = Multiply(**shapes, operand_register=operand_register, product_register=product_register)
    rng = random.Random(1)
    low_a, low_b = -16 if a_signed else 0, -8 if b_signed else 0
    beats = [(rng.randrange(low_a, low_a + 32), rng.randrange(low_b, low_b + 16)) for _ in range(300)]
    beats[0] = (low_a, low_b)
    seen = []
    clocked = operand_register or product_register

    async def bench(ctx):
        for a, b in beats:
            ctx.set(multiply.a, a)
            ctx.set(multiply.b, b)
            seen.append(ctx.get(multiply.product))
            await (ctx.tick() if clocked else ctx.delay(1e-6))

    simulator = Simulator(multiply)
    simulator.add_clock(1e-6, if_exists=True)
    simulator.add_testbench(bench)
    simulator.run()
    late = operand_register + product_register
    assert seen[late:] == [a * b for a, b in beats][: len(beats) - late]
