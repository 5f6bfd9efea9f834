"""The N:M cell: every choice, every number of terms, registers where it says."""

import random

import pytest
from amaranth.hdl import Shape
from amaranth.sim import Simulator

from systola.hw.formats.sparse import Pattern
from systola.hw.mac.nm_mac import NmMac


@pytest.mark.parametrize("registers", [(True, True), (False, True), (False, False)])
@pytest.mark.parametrize(("n", "m"), [(1, 2), (2, 4), (3, 8), (4, 8)])
def test_nm_mac(n, m, registers):
    of = NmMac.Parameters(
        pattern=Pattern(n=n, m=m),
        a=Shape(5, True),
        w=Shape(4),
        operand_register=registers[0],
        product_register=registers[1],
    )
    mac = NmMac(**dict(of))
    rng = random.Random(n)
    beats = [
        (
            [rng.choice([-16, 15, rng.randrange(-16, 16)]) for _ in range(m)],
            [rng.choice([15, rng.randrange(16)]) for _ in range(n)],
            [rng.randrange(m) for _ in range(n)],
        )
        for _ in range(200)
    ]
    seen = []
    late = NmMac.latency(of)

    async def bench(ctx):
        for a, w, places in beats:
            ctx.set(mac.a, a)
            ctx.set(mac.w, w)
            ctx.set(mac.places, places)
            seen.append(ctx.get(mac.y))
            await (ctx.tick() if late else ctx.delay(1e-6))

    simulator = Simulator(mac)
    simulator.add_clock(1e-6, if_exists=True)
    simulator.add_testbench(bench)
    simulator.run()
    expected = [sum(w * a[place] for w, place in zip(ws, places, strict=True)) for a, ws, places in beats]
    assert late == sum(registers) + (0, 0, 1, 2, 2)[n]
    assert seen[late:] == expected[: len(beats) - late]
