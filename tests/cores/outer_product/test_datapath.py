"""Datapath: sums of outer products, three cycles after the last word, exact up to the largest sums."""

import numpy as np
import pytest
from amaranth.sim import Simulator

from systola.hw.cores.outer_product.datapath import SETTLE, Datapath


def simulate(bench, depth: int):
    datapath = Datapath(depth=depth)
    simulator = Simulator(datapath)
    simulator.add_clock(1e-6)

    async def testbench(ctx):
        await bench(ctx, datapath)

    simulator.add_testbench(testbench)
    simulator.run()


def word(values: np.ndarray) -> int:
    return int.from_bytes(values.astype(np.int8).tobytes(), "little")


async def clock(ctx, datapath, **inputs):
    """One cycle with these inputs, and all others low."""
    for name in ("at", "word", "load", "multiply", "clear"):
        ctx.set(getattr(datapath, name), inputs.get(name, 0))
    await ctx.tick()


def sums(ctx, datapath) -> np.ndarray:
    return np.array([ctx.get(datapath.sums[n]) for n in range(16)]).reshape(4, 4)


@pytest.mark.parametrize(("depth", "pauses"), [(16, False), (64, True)])
def test_sums_of_outer_products(depth, pauses):
    """Two blocks of rows by one panel, words with pauses in between; the extreme values are included."""
    rng = np.random.default_rng(depth)
    panel = rng.integers(-128, 128, (depth, 4))
    blocks = rng.integers(-128, 128, (2, depth, 4))
    panel[:3], blocks[:, :3] = -128, -128

    async def bench(ctx, datapath):
        for at, row in enumerate(panel):
            await clock(ctx, datapath, at=at, word=word(row), load=1)
        for block in blocks:
            for at, column in enumerate(block):
                while pauses and rng.random() < 0.4:  # inputs of idle cycles do not count
                    await clock(ctx, datapath, at=at, word=word(rng.integers(-128, 128, 4)))
                await clock(ctx, datapath, at=at, word=word(column), multiply=1)
            for _ in range(SETTLE - 1):
                await clock(ctx, datapath)
            assert np.array_equal(sums(ctx, datapath), block.T @ panel)
            await clock(ctx, datapath, clear=1)
            assert not sums(ctx, datapath).any()

    simulate(bench, depth)


def test_latency():
    async def bench(ctx, datapath):
        await clock(ctx, datapath, at=5, word=word(np.full(4, 3)), load=1)
        await clock(ctx, datapath, at=5, word=word(np.full(4, -7)), multiply=1)
        for _ in range(SETTLE - 1):
            assert not sums(ctx, datapath).any()
            await clock(ctx, datapath)
        assert (sums(ctx, datapath) == -21).all()

    simulate(bench, 16)


def test_the_largest_sum_fits():
    """`depth` products of -128 by -128: 2^14 depth, the only sum that needs all bits."""

    async def bench(ctx, datapath):
        lowest = word(np.full(4, -128))
        for at in range(32):
            await clock(ctx, datapath, at=at, word=lowest, load=1)
        for at in range(32):
            await clock(ctx, datapath, at=at, word=lowest, multiply=1)
        for _ in range(SETTLE):
            await clock(ctx, datapath)
        assert (sums(ctx, datapath) == 32 << 14).all()

    simulate(bench, 32)
