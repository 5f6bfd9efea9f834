"""Skews, in Amaranth's simulator."""

import random

import pytest
from amaranth.sim import Simulator

from systola.hw.array.skew import Skew, SteppedSkew


def _run(component, words, clocked=True):
    seen = []

    async def bench(ctx):
        for word in words:
            ctx.set(component.i, word)
            seen.append(ctx.get(component.o))
            await (ctx.tick() if clocked else ctx.delay(1e-6))

    simulator = Simulator(component)
    simulator.add_clock(1e-6, if_exists=True)
    simulator.add_testbench(bench)
    simulator.run()
    return seen


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("count", [1, 2, 5, 16, 19])
def test_skew(count, reverse):
    rng = random.Random(count)
    rows = [[rng.getrandbits(5) for _ in range(count)] for _ in range(60)]
    component = Skew(width=5, count=count, style="memory", reverse=reverse)
    words = [[int(lane) for lane in row] for row in rows]
    seen = [list(row) for row in _run(component, words, clocked=count > 1)]
    for lane in range(count):
        late = count - 1 - lane if reverse else lane
        assert [row[lane] for row in seen][late:] == [row[lane] for row in rows][: len(rows) - late]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_stepped_skew(count):
    rows = [[random.Random(row * count + lane).getrandbits(5) for lane in range(count)] for row in range(60)]
    component = SteppedSkew(width=5, count=count, style="memory", step=6)
    seen = [[int(lane) for lane in row] for row in _run(component, rows, clocked=count > 1)]
    for lane in range(count):
        assert [row[lane] for row in seen][6 * lane :] == [row[lane] for row in rows][: len(rows) - 6 * lane]
