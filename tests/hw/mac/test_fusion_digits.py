"""Digits of a value: one output row for all of them, under stalls."""

import random

from amaranth.hdl import signed
from amaranth.sim import Simulator

from systola.hw.mac.fusion_digits import AddDigits


def test_digits_add_up():
    digits = AddDigits(lanes=2, part_shape=signed(12), sum_shape=signed(24))
    rng = random.Random(1)
    rows, expected, seen = [], [], []
    for _ in range(60):
        wide, count = rng.choice([(1, 1), (1, 2), (0, 2), (0, 4)])
        total = [0, 0]
        for n in range(count):
            part = [rng.choice([-2048, 2047, rng.randint(-2048, 2047)]) for _ in range(2)]
            total = [(sum_ << (8 if wide else 4)) + value for sum_, value in zip(total, part, strict=True)]
            rows.append((part, n == 0, n == count - 1, wide))
        expected.append([(value + (1 << 23)) % (1 << 24) - (1 << 23) for value in total])

    async def send(ctx):
        for part, first, final, wide in rows:
            while rng.random() < 0.3:
                await ctx.tick()
            for lane in range(2):
                ctx.set(digits.i.payload.data[lane], part[lane])
            for name, value in (("first", first), ("final", final), ("wide", wide)):
                ctx.set(digits.i.payload.user[name], value)
            ctx.set(digits.i.payload.last, final)
            ctx.set(digits.i.valid, 1)
            await ctx.tick().until(digits.i.ready)
            ctx.set(digits.i.valid, 0)

    async def receive(ctx):
        while len(seen) < len(expected):
            ctx.set(digits.o.ready, rng.random() < 0.5)
            _, _, ready, valid, first, second, last = await ctx.tick().sample(
                digits.o.ready, digits.o.valid, *(digits.o.payload.data[n] for n in range(2)), digits.o.payload.last
            )
            if ready and valid:
                assert last
                seen.append([first, second])

    simulator = Simulator(digits)
    simulator.add_clock(1e-6)
    simulator.add_testbench(send)
    simulator.add_testbench(receive)
    simulator.run()
    assert seen == expected
