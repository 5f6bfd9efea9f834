"""Stream registers and buffers, in Amaranth's simulator: nothing lost, nothing reordered, full speed."""

import random

import pytest
from amaranth.sim import Simulator

from systola.hw.bundle import Bundle
from systola.hw.stream.buffer import StreamBuffer
from systola.hw.stream.register import StreamRegister
from systola.hw.stream.skid import StreamSkid
from systola.hw.stream.spill import StreamSpill

WORD = Bundle({"n": 8})


@pytest.mark.parametrize(("kind", "latency"), [(StreamRegister, 1), (StreamSpill, 1), (StreamSkid, 0)])
@pytest.mark.parametrize("pause", [0.0, 0.5])
def test_register(kind, latency, pause):
    register = kind(payload=WORD)
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

    _run(register, source, sink)
    assert out == words
    assert pause or cycles == len(words) + latency


def test_the_ready_of_a_skid_depends_on_no_input():
    skid = StreamSkid(payload=WORD)

    async def bench(ctx):
        rng = random.Random(3)
        for _ in range(100):
            before = ctx.get(skid.i.ready)
            for _ in range(4):
                ctx.set(skid.i.valid, rng.getrandbits(1))
                ctx.set(skid.o.ready, rng.getrandbits(1))
                assert ctx.get(skid.i.ready) == before
            await ctx.tick()

    _run(skid, bench)


def test_nothing_is_combinational_between_the_sides_of_a_spill():
    """While nothing is clocked, no change of an input changes an output."""
    spill = StreamSpill(payload=WORD)
    seen = set()

    async def bench(ctx):
        rng = random.Random(4)
        for _ in range(200):
            outputs = [spill.i.ready, spill.o.valid, spill.o.payload.n]
            before = [ctx.get(each) for each in outputs]
            for _ in range(4):
                ctx.set(spill.i.valid, rng.getrandbits(1))
                ctx.set(spill.i.payload.n, rng.getrandbits(8))
                ctx.set(spill.o.ready, rng.getrandbits(1))
                assert [ctx.get(each) for each in outputs] == before
            seen.add(tuple(before[:2]))
            await ctx.tick()

    _run(spill, bench)
    assert seen == {(1, 0), (1, 1), (0, 1)}  # empty, one beat, two


@pytest.mark.parametrize(("source_pause", "sink_pause"), [(0.0, 0.7), (0.7, 0.0), (0.3, 0.3)])
def test_a_spill_keeps_every_beat_and_holds_what_it_offers(source_pause, sink_pause):
    spill = StreamSpill(payload=WORD)
    taken, out = [], []

    async def bench(ctx):
        rng = random.Random(5)
        held = None
        for cycle in range(400):
            valid, ready, word = rng.random() >= source_pause, rng.random() >= sink_pause, cycle % 256
            ctx.set(spill.i.valid, valid)
            ctx.set(spill.i.payload.n, word)
            ctx.set(spill.o.ready, ready)
            _, _, room, offers, offered = await ctx.tick().sample(spill.i.ready, spill.o.valid, spill.o.payload.n)
            if valid and room:
                taken.append(word)
            assert held is None or (offers, offered) == (1, held)
            held = offered if offers and not ready else None
            if offers and ready:
                out.append(offered)

    _run(spill, bench)
    assert out == taken[: len(out)]
    assert 0 <= len(taken) - len(out) <= 2
    assert len(out) > 100


@pytest.mark.parametrize("pause", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(("depth", "claim"), [(1, 1), (2, 1), (3, 1), (16, 1), (4, 4), (9, 4), (20, 5)])
def test_buffer_keeps_what_it_had_room_for(depth, claim, pause):
    """A pipeline of six cycles that cannot stop: `claim` rows are claimed first and written, one a cycle, later."""
    buffer = StreamBuffer(payload=WORD, depth=depth, claim=claim)
    words, out = list(range(120)), []

    async def source(ctx):
        due, wait = [None] * 6, 0  # what is written in the coming cycles; cycles until the next claim
        todo = list(words)
        while len(out) < len(words):
            take = wait == 0 and bool(todo) and bool(ctx.get(buffer.room))
            ctx.set(buffer.take, take)
            if take:
                due += todo[:claim]
                del todo[:claim]
                wait = claim
            else:
                due += [None] * (wait == 0)
            wait = max(0, wait - 1)
            word = due.pop(0)
            ctx.set(buffer.write.valid, word is not None)
            ctx.set(buffer.write.payload.n, word or 0)
            await ctx.tick()

    async def sink(ctx):
        rng = random.Random(depth)
        while len(out) < len(words):
            ready = rng.random() >= pause
            ctx.set(buffer.o.ready, ready)
            _, _, valid, word = await ctx.tick().sample(buffer.o.valid, buffer.o.payload.n)
            if ready and valid:
                out.append(word)

    _run(buffer, source, sink)
    assert out == words


def _run(component, *benches):
    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    for bench in benches:
        simulator.add_testbench(bench)
    simulator.run()
