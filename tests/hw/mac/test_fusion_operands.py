"""Slices at the inputs of bricks: the words of each mode, arranged for their products."""

import random

import pytest
from amaranth.sim import Simulator

from systola.hw.mac.fused_multiply import BRICKS, place_of
from systola.hw.mac.fusion_operands import ArrangeActivation, ArrangeWeight, digit_bits
from systola.sim.golden.fusion_unit import MODES


def test_digits():
    assert [digit_bits(bits, 8) for bits in (2, 4, 8, 16)] == [2, 4, 8, 8]
    assert [digit_bits(bits, 16) for bits in (2, 4, 8, 16)] == [2, 4, 4, 4]


@pytest.mark.parametrize("side", ["a", "w"])
def test_every_brick_receives_its_slice(side):
    arrange = ArrangeActivation() if side == "a" else ArrangeWeight()
    rng = random.Random(1)

    async def bench(ctx):
        for mode in MODES[::4]:
            word = rng.getrandbits(32)
            width = digit_bits(mode.a_bits, mode.w_bits)
            for digit in range(mode.a_bits // width):
                ctx.set(arrange.word, word)
                for name, bits in (("a_size", mode.a_bits), ("w_size", mode.w_bits)):
                    ctx.set(arrange.mode[name], bits.bit_length() - 2)
                if side == "a":
                    ctx.set(arrange.digit, digit)
                slices = ctx.get(arrange.operand.slices)
                for brick in range(BRICKS):
                    k, i, j = place_of(brick, width, mode.w_bits)
                    if side == "a":
                        value = word >> k * mode.a_bits + digit * width + 2 * i
                    else:
                        value = word >> k * mode.w_bits + 2 * j
                    assert slices >> 2 * brick & 3 == value & 3

    simulator = Simulator(arrange)
    simulator.add_testbench(bench)
    simulator.run()
