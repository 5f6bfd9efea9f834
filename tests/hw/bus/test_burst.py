"""Legality and addresses of AXI4 bursts, against the golden model of the memory."""

import random
from itertools import pairwise

from amaranth.hdl import Module, Signal
from amaranth.lib import data
from amaranth.sim import Simulator

from systola.hw.bus.burst import address_mask, legal, next_address
from systola.sim.golden import axi_memory

LANES = 3
ADDRESS = data.StructLayout({"addr": 32, "len": 8, "size": 3, "burst": 2})


def bursts(count: int, seed: int = 1):
    """Random bursts (address, size, length, burst) at both ends of a 4 KiB block, mostly of lengths that are legal."""
    rng = random.Random(seed)
    for _ in range(count):
        length = rng.choice([1, 2, 3, 4, 8, 16, 17, 256, rng.randrange(1, 257)])
        address = rng.choice([0, 0xFC0]) + rng.randrange(64) & ~rng.choice([0, 3, 7])
        yield address, rng.randrange(5), length, rng.randrange(4)


def test_bursts_match_the_golden_model():
    m = Module()
    address, low = Signal(ADDRESS), Signal(12)
    permitted, following = Signal(), Signal(12)
    m.d.comb += [
        permitted.eq(legal(address, LANES)),
        following.eq(next_address(low, address.size, address_mask(address, LANES), LANES)),
    ]
    seen = []

    async def bench(ctx):
        for addr, size, length, burst in bursts(3000):
            ctx.set(address, {"addr": addr, "len": length - 1, "size": size, "burst": burst})
            expected = axi_memory.legal(addr, size, length, burst, 1 << LANES)
            assert ctx.get(permitted) == expected, (addr, size, length, burst)
            seen.append((burst, expected))
            if expected:
                beats = axi_memory.beats(addr, size, length, burst)
                for this, after in pairwise(beats):
                    ctx.set(low, this.start)
                    assert ctx.get(following) == after.start, (addr, size, length, burst, this)

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    assert {*seen} >= {(burst, right) for burst in range(3) for right in (False, True)} | {(3, False)}
