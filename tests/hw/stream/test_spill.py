"""Spill register: every word in order, one cycle later, and no combinational path between its sides."""

import random

import pytest

from systola.hw.bundle import Bundle
from systola.hw.stream.spill import StreamSpill

WORD = Bundle({"n": 8})


@pytest.mark.parametrize("pause", [0.0, 0.5])
def test_every_word_arrives_in_order(through, pause):
    out, cycles = through(StreamSpill(payload=WORD), pause)
    assert out == list(range(50))
    assert pause or cycles == 50 + 1


def test_no_combinational_path_between_the_sides_of_a_spill_register(run):
    """Without a clock edge, no change of an input changes an output."""
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

    run(spill, bench)
    assert seen == {(1, 0), (1, 1), (0, 1)}  # empty, one beat, two


@pytest.mark.parametrize(("source_pause", "sink_pause"), [(0.0, 0.7), (0.7, 0.0), (0.3, 0.3)])
def test_a_spill_register_keeps_every_beat_and_holds_its_output(run, source_pause, sink_pause):
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

    run(spill, bench)
    assert out == taken[: len(out)]
    assert 0 <= len(taken) - len(out) <= 2
    assert len(out) > 100
