"""Both ends of a link: nothing is lost, or sent without a credit, at any rate."""

import random

from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from systola.hw.collective.link import LinkReceiver, LinkSender

DEPTH = 4


def _run(patience: float, pace: float, words: int) -> tuple[list[int], int]:
    """The received words of 0, 1, 2, ..., and the number of cycles."""
    m = Module()
    m.submodules.begin = begin = LinkSender(depth=DEPTH)
    m.submodules.end = end = LinkReceiver(width=16, depth=DEPTH)
    send, count = Signal(), Signal(16)
    m.d.comb += [begin.reserve.eq(send & begin.space), begin.credit.eq(end.credit)]
    m.d.sync += [end.valid.eq(begin.reserve), end.data.eq(count), count.eq(count + begin.reserve)]
    arrived, rng, cycles = [], random.Random(1), 0

    async def bench(ctx):
        nonlocal cycles
        while len(arrived) < words:
            ctx.set(send, rng.random() < pace)
            pop = ctx.get(end.word_valid) and rng.random() < patience
            ctx.set(end.pop, pop)
            if pop:
                arrived.append(ctx.get(end.word))
            await ctx.tick()
            cycles += 1

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return arrived, cycles


def test_words_arrive_once_and_in_order():
    for patience, pace in [(1, 1), (0.2, 1), (1, 0.3), (0.5, 0.5)]:
        arrived, cycles = _run(patience, pace, 100)
        assert arrived == list(range(100))
        assert (cycles == 102) == (patience == pace == 1)  # 4 places are sufficient for one word per cycle
