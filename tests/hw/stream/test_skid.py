"""Skid buffer: every word in order, in the same cycle, and `i.ready` from a register."""

import random

import pytest

from systola.hw.bundle import Bundle
from systola.hw.stream.skid import StreamSkid

WORD = Bundle({"n": 8})


@pytest.mark.parametrize("pause", [0.0, 0.5])
def test_every_word_arrives_in_order(through, pause):
    out, cycles = through(StreamSkid(payload=WORD), pause)
    assert out == list(range(50))
    assert pause or cycles == 50 + 0


def test_the_ready_of_a_skid_buffer_depends_on_no_input(run):
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

    run(skid, bench)
