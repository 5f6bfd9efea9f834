"""Delays of any number of cycles, in memory and in registers."""

import random

import pytest
from amaranth.sim import Simulator

from systola.hw.stream.delay import Delay


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


@pytest.mark.parametrize("style", ["memory", "registers"])
@pytest.mark.parametrize("cycles", [1, 3, 4, 9])
def test_delay(style, cycles):
    words = [random.Random(1).getrandbits(12) for _ in range(40)]
    assert _run(Delay(width=12, cycles=cycles, style=style), words)[cycles:] == words[:-cycles]


def test_no_delay():
    assert _run(Delay(width=3, cycles=0, style="memory"), [5, 2, 7], clocked=False) == [5, 2, 7]
