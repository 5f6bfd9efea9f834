"""Counters: two cycles from an event to its count, only while enabled, from 0 after `clear`, modulo 2^32."""

import random

import pytest
from amaranth.sim import Simulator

from systola.hw.accelerator.counters import WIDTH, Counters

BITS = {"cycles": 1, "pairs": 2, "many": 5}


@pytest.fixture
def count():
    """A function that applies (enable, clear, events) per cycle and returns the counts in each cycle."""

    def run(stimulus):
        counters, found = Counters(bits=tuple(BITS.items())), []

        async def bench(ctx):
            for enable, clear, events in stimulus:
                ctx.set(counters.enable, enable)
                ctx.set(counters.clear, clear)
                for name, value in events.items():
                    ctx.set(counters.events[name], value)
                found.append({name: ctx.get(counters.counts[name]) for name in BITS})
                await ctx.tick()

        simulator = Simulator(counters)
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()
        return found

    return run


def test_latency(count):
    event, none = {"cycles": 1, "pairs": 3, "many": 31}, dict.fromkeys(BITS, 0)
    found = count([(1, 0, event), *[(1, 0, none)] * 4])
    assert found == [none, none, event, event, event]


def test_counts_equal_the_events(count):
    """Random events, enables and clears against sums in Python, in every cycle."""
    rng = random.Random(1)
    stimulus = [
        (rng.random() < 0.8, rng.random() < 0.02, {name: rng.randrange(1 << bits) for name, bits in BITS.items()})
        for _ in range(600)
    ]
    found = count(stimulus)
    sums, before = dict.fromkeys(BITS, 0), dict.fromkeys(BITS, 0)
    for (enable, clear, events), counts in zip(stimulus, found, strict=True):
        assert counts == sums
        sums = {name: 0 if clear else sums[name] + before[name] for name in BITS}
        before = {name: events[name] if enable else 0 for name in BITS}
    assert max(sums.values()) > 0


def test_clear_has_priority_over_events(count):
    event = {"cycles": 1, "pairs": 2, "many": 9}
    found = count([(1, 0, event)] * 4 + [(1, 1, event)] * 2 + [(1, 0, event)])
    assert found[-1] == dict.fromkeys(BITS, 0)


def test_counters_have_32_bits():
    counters = Counters(bits=(("one", 1),)).described()
    assert dict(counters.counts.shape())["one"].width == WIDTH == 32
