"""Target queue: first in, first out, at every distance between write and read."""

import random

import pytest
from amaranth.sim import Simulator

from systola.hw.cores.systola.target_queue import TargetQueue


@pytest.mark.parametrize("depth", [3, 8, 12])
def test_words_leave_in_order(depth):
    queue = TargetQueue(width=9, depth=depth)
    rng = random.Random(depth)
    written, taken, held = [], [], []  # held: cycles in which words were written

    async def bench(ctx):
        for cycle in range(2000):
            put = len(held) < depth and rng.random() < rng.choice([0.1, 0.9])
            pop = bool(held) and cycle - held[0] >= 2 and rng.random() < rng.choice([0.1, 0.9])
            word = rng.randrange(512)
            ctx.set(queue.i, word)
            ctx.set(queue.write, put)
            ctx.set(queue.pop, pop)
            if pop:
                taken.append(ctx.get(queue.o))
                held.pop(0)
            if put:
                written.append(word)
                held.append(cycle)
            await ctx.tick()

    simulator = Simulator(queue)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert len(taken) > 300
    assert taken == written[: len(taken)]
