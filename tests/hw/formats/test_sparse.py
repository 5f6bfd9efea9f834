"""Decoder of N:M groups: every code of metadata, and no path from one stream's inputs to another's handshake."""

import itertools

import pytest
from amaranth.hdl import Shape
from amaranth.sim import Simulator

from systola.hw.formats.sparse import GroupDecoder, SparseDecoder, SparsityPattern


@pytest.mark.parametrize(("n", "m"), [(2, 4), (1, 2), (1, 4), (4, 8), (2, 3)])
def test_every_code(n, m):
    """Only positions that ascend within the group are legal; the values of an illegal group are zeros."""
    decoder = GroupDecoder(pattern=SparsityPattern(n=n, m=m), value=Shape(8))
    bits = (m - 1).bit_length()
    legal = {sum(place << t * bits for t, place in enumerate(chosen)) for chosen in itertools.combinations(range(m), n)}

    async def bench(ctx):
        ctx.set(decoder.values, [10 + t for t in range(n)])
        for code in range(1 << n * bits):
            ctx.set(decoder.meta, code)
            await ctx.delay(1e-9)
            assert ctx.get(decoder.illegal) == (code not in legal), code
            values = [ctx.get(decoder.o.values[t]) for t in range(n)]
            assert values == ([10 + t for t in range(n)] if code in legal else [0] * n)
            assert [ctx.get(decoder.o.places[t]) for t in range(n)] == [
                code >> t * bits & (1 << bits) - 1 for t in range(n)
            ]

    simulator = Simulator(decoder)
    simulator.add_testbench(bench)
    simulator.run()


def test_ready_depends_on_no_input_of_another_stream():
    decoder = SparseDecoder(pattern=SparsityPattern(n=2, m=4), value=Shape(8), word=16, cols=2, groups=3)

    async def bench(ctx):
        for cycle in range(60):
            ctx.set(decoder.o.ready, cycle % 5 != 0)
            ctx.set(decoder.w.valid, 0)
            ctx.set(decoder.meta.valid, 0)
            await ctx.delay(1e-9)
            before = [ctx.get(stream.ready) for stream in (decoder.w, decoder.meta)]
            ctx.set(decoder.w.valid, cycle % 3 != 0)
            ctx.set(decoder.w.payload.last, cycle % 4 == 3)
            ctx.set(decoder.meta.valid, cycle % 7 != 0)
            await ctx.delay(1e-9)
            assert [ctx.get(stream.ready) for stream in (decoder.w, decoder.meta)] == before
            await ctx.tick()

    simulator = Simulator(decoder)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_a_tile_begins_with_a_new_word():
    """Also after a short tile, whose last word is not used completely; `bad` counts tiles and groups."""
    decoder = SparseDecoder(pattern=SparsityPattern(n=1, m=3), value=Shape(8), word=16, cols=1, groups=12)
    tiles = [12, 1, 3, 8, 9, 12]  # groups; a word has eight
    out, bad = [], []

    async def send(ctx, stream, payloads, put):
        for payload in payloads:
            put(payload)
            ctx.set(stream.valid, 1)
            await ctx.tick().until(stream.ready)
            ctx.set(stream.valid, 0)

    async def weights(ctx):
        def put(beat):
            ctx.set(decoder.w.payload.data[0], beat[0])
            ctx.set(decoder.w.payload.last, beat[1])

        beats = [(16 * tile + g, g == count - 1) for tile, count in enumerate(tiles) for g in range(count)]
        await send(ctx, decoder.w, beats, put)

    async def metadata(ctx):
        words = []
        for tile, count in enumerate(tiles):
            places = [(tile + g) % 4 if g < count else 3 for g in range(-(-count // 8) * 8)]
            parts = [places[start : start + 8] for start in range(0, len(places), 8)]
            words += [sum(place << 2 * i for i, place in enumerate(part)) for part in parts]
        await send(ctx, decoder.meta, words, lambda word: ctx.set(decoder.meta.payload[0], word))

    async def collect(ctx):
        ctx.set(decoder.o.ready, 1)
        while len(out) < sum(tiles):
            sampled = decoder.o.valid, decoder.o.payload, decoder.bad.valid, decoder.bad.payload
            _, _, valid, payload, wrong, report = await ctx.tick().sample(*sampled)
            if valid:
                out.append((payload.data[0].values[0], payload.data[0].places[0], payload.last))
            if wrong:
                bad.append((report.tile, report.group, report.cols))

    simulator = Simulator(decoder)
    simulator.add_clock(1e-6)
    for bench in (weights, metadata, collect):
        simulator.add_testbench(bench)
    simulator.run()
    groups = [(tile, g, (tile + g) % 4, g == count - 1) for tile, count in enumerate(tiles) for g in range(count)]
    assert out == [((16 * tile + g) * (place != 3), place, last) for tile, g, place, last in groups]
    assert bad == [(tile, g, 1) for tile, g, place, _ in groups if place == 3]
