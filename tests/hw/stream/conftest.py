"""Fixtures for tests of streams: benches in one simulation, and registers between a pausing source and sink."""

import random

import pytest
from amaranth.sim import Simulator


@pytest.fixture
def run():
    def simulate(component, *benches, clocked=True):
        simulator = Simulator(component)
        if clocked:
            simulator.add_clock(1e-6)
        for bench in benches:
            simulator.add_testbench(bench)
        simulator.run()

    return simulate


@pytest.fixture
def through(run):
    """Send 50 words through a register of payload {"n": 8}, with pauses on both sides. Returns (words, cycles)."""

    def send(register, pause):
        words, out, cycles = list(range(50)), [], 0

        async def source(ctx):
            rng = random.Random(1)
            for word in words:
                while rng.random() < pause:
                    await ctx.tick()
                ctx.set(register.i.payload.n, word)
                ctx.set(register.i.valid, 1)
                await ctx.tick().until(register.i.ready)
                ctx.set(register.i.valid, 0)

        async def sink(ctx):
            nonlocal cycles
            rng = random.Random(2)
            while len(out) < len(words):
                ready = rng.random() >= pause
                ctx.set(register.o.ready, ready)
                _, _, valid, word = await ctx.tick().sample(register.o.valid, register.o.payload.n)
                cycles += 1
                if ready and valid:
                    out.append(word)

        run(register, source, sink)
        return out, cycles

    return send
