"""Bank: reads return written data `latency` cycles later; multiplexers to and from it."""

import random

import pytest
from amaranth.sim import Simulator

from systola.hw.memory.bank import Bank, OneHotMux


def _simulate(component, bench, clocked: bool = True):
    simulator = Simulator(component)
    if clocked:
        simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("lane", [8, 32])
def test_reads_return_written_data(latency, lane):
    bank, rng = Bank(width=32, rows=16, latency=latency, lane=lane), random.Random(latency + lane)
    words, due = [0] * 16, {}

    async def bench(ctx):
        for cycle in range(400):
            if cycle in due:
                assert ctx.get(bank.word) == due.pop(cycle)
            row, strobe = rng.randrange(16), rng.choice((0, rng.randrange(16)))
            value = rng.getrandbits(32)
            ctx.set(bank.access, {"row": row, "read": strobe == 0, "strobe": strobe, "data": value})
            if strobe == 0:
                due[cycle + latency] = words[row]
            mask = sum(0xFF << 8 * n for n in range(4) if strobe >> n & 1)
            words[row] = words[row] & ~mask | value & mask
            await ctx.tick()

    _simulate(bank, bench)


def test_the_selected_input_or_none():
    select = OneHotMux(width=8, count=3)

    async def bench(ctx):
        ctx.set(select.i, [17, 34, 51])
        for chosen, expected in ((1, 17), (2, 34), (4, 51), (0, 0)):
            ctx.set(select.select, chosen)
            assert ctx.get(select.o) == expected

    _simulate(select, bench, clocked=False)
