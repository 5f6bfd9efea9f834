"""Sixteen fused bricks: the assignment of bricks, and the products of every mode with and without registers."""

import random

import pytest
from amaranth.sim import Simulator

from systola.hw.formats.integer import sum_shape
from systola.hw.mac.fused_multiply import ACTIVATION, BRICKS, WEIGHT, FusedMultiply, place_of


@pytest.mark.parametrize("a_bits", [2, 4, 8])
@pytest.mark.parametrize("w_bits", [2, 4, 8, 16])
def test_every_pair_of_slices_of_every_product_has_one_brick(a_bits, w_bits):
    if a_bits * w_bits > 4 * BRICKS:
        pytest.skip("more than sixteen bricks do at once")
    products = 4 * BRICKS // (a_bits * w_bits)
    places = {place_of(brick, a_bits, w_bits) for brick in range(BRICKS)}
    assert places == {(k, i, j) for k in range(products) for i in range(a_bits // 2) for j in range(w_bits // 2)}


@pytest.mark.parametrize("registers", [(False, False), (True, True)])
def test_products_of_every_mode(registers):
    multiply = FusedMultiply(operand_register=registers[0], product_register=registers[1])
    rng = random.Random(1)
    expected, seen = [], []

    async def bench(ctx):
        for _ in range(80):
            a_bits, w_bits = rng.choice([(a, w) for a in (2, 4, 8) for w in (2, 4, 8, 16) if a * w <= 64])
            signs = {"a": rng.random() < 0.5, "w": rng.random() < 0.5}
            limits = {side: _limits(bits, signs[side]) for side, bits in (("a", a_bits), ("w", w_bits))}
            draw = rng.choice if rng.random() < 0.5 else lambda ends: rng.randint(*ends)
            pairs = [tuple(map(draw, limits.values())) for _ in range(64 // (a_bits * w_bits))]
            places = [place_of(brick, a_bits, w_bits) for brick in range(BRICKS)]
            ctx.set(multiply.a.slices, sum((pairs[k][0] >> 2 * i & 3) << 2 * n for n, (k, i, _) in enumerate(places)))
            ctx.set(multiply.b.slices, sum((pairs[k][1] >> 2 * j & 3) << 2 * n for n, (k, _, j) in enumerate(places)))
            for name, value in {
                "a4": a_bits >= 4,
                "a8": a_bits == 8,
                "w4": w_bits >= 4,
                "w8": w_bits >= 8,
                "w16": w_bits == 16,
                "a_signed": signs["a"],
                "w_signed": signs["w"],
            }.items():
                ctx.set(multiply.a.control[name], value)
            expected.append(sum(a * w for a, w in pairs))
            seen.append(ctx.get(multiply.product))
            await (ctx.tick() if any(registers) else ctx.delay(1e-6))

    simulator = Simulator(multiply)
    simulator.add_clock(1e-6, if_exists=True)
    simulator.add_testbench(bench)
    simulator.run()
    late = multiply.latency
    assert late == sum(registers)
    assert seen[late:] == expected[: len(expected) - late]


def test_the_width_of_sums_follows_from_the_largest_products():
    assert sum_shape(ACTIVATION, WEIGHT, 1).width == 21  # 15 * 65535 and a sign
    assert sum_shape(ACTIVATION, WEIGHT, 8).width == 24
    assert sum_shape(ACTIVATION, WEIGHT, 8, 20).width == 20


def _limits(bits, signed):
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
