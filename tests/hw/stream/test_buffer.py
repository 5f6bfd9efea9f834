"""Stream buffer: no claimed row of a pipeline without back-pressure is lost."""

import random

import pytest

from systola.hw.bundle import Bundle
from systola.hw.stream.buffer import StreamBuffer

WORD = Bundle({"n": 8})


@pytest.mark.parametrize("pause", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(("depth", "claim"), [(1, 1), (2, 1), (3, 1), (16, 1), (4, 4), (9, 4), (20, 5)])
def test_claimed_rows_are_kept(run, depth, claim, pause):
    """A pipeline of six cycles without back-pressure: `claim` rows are claimed first and written later."""
    buffer = StreamBuffer(payload=WORD, depth=depth, claim=claim)
    words, out = list(range(120)), []

    async def source(ctx):
        due, wait = [None] * 6, 0  # the words written in the coming cycles; cycles until the next claim
        todo = list(words)
        while len(out) < len(words):
            reserve = wait == 0 and bool(todo) and bool(ctx.get(buffer.space))
            ctx.set(buffer.reserve, reserve)
            if reserve:
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

    run(buffer, source, sink)
    assert out == words
