"""Who is granted: the first after the last, and with `held` nobody else before it is done."""

import random

from amaranth.sim import Simulator

from systola.hw.stream.round_robin import RoundRobin


def _run(arbiter, cycles, drive):
    async def bench(ctx):
        for _ in range(cycles):
            drive(ctx)
            await ctx.tick()

    simulator = Simulator(arbiter)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_the_first_that_asks_after_the_last_that_was_granted():
    arbiter, rng, last = RoundRobin(ports=5), random.Random(1), 4

    def drive(ctx):
        nonlocal last
        asks = rng.randrange(32)
        ctx.set(arbiter.request, asks)
        order = [(last + 1 + n) % 5 for n in range(5)]
        chosen = next((port for port in order if asks >> port & 1), None)
        assert ctx.get(arbiter.grant) == (0 if chosen is None else 1 << chosen)
        last = last if chosen is None else chosen

    _run(arbiter, 500, drive)


def test_a_grant_that_is_held_comes_again():
    arbiter, rng, kept = RoundRobin(ports=3, held=True), random.Random(2), None

    def drive(ctx):
        nonlocal kept
        done = rng.random() < 0.3
        ctx.set(arbiter.request, 7)
        ctx.set(arbiter.done, done)
        assert kept in (None, ctx.get(arbiter.grant))
        kept = None if done else ctx.get(arbiter.grant)

    _run(arbiter, 300, drive)
