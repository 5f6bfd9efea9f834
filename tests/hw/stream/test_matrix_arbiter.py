"""Whoever waits is passed by each other once at most, however rarely he asks."""

import random

import pytest
from amaranth.sim import Simulator

from systola.hw.stream.matrix_arbiter import LeastRecent


@pytest.mark.parametrize("count", [2, 3, 5])
def test_nobody_is_passed_twice_by_the_same(count):
    arbiter = LeastRecent(count=count)
    rng = random.Random(count)

    async def bench(ctx):
        passed = [set() for _ in range(count)]  # for each, who went since he did
        for _ in range(400):
            request, taken = rng.getrandbits(count), rng.random() < 0.7
            ctx.set(arbiter.request, request)
            ctx.set(arbiter.taken, taken)
            grant = ctx.get(arbiter.grant)
            assert grant & request == grant
            assert (grant == 0) == (request == 0)
            assert grant & (grant - 1) == 0
            if grant:
                winner = grant.bit_length() - 1
                assert all(winner not in passed[other] for other in range(count) if request >> other & 1)
                if taken:
                    for other in range(count):
                        passed[other].add(winner)
                    passed[winner] = set()
            await ctx.tick()

    _run(arbiter, bench)


def test_who_is_taken_in_the_second_round_goes_last_as_well():
    arbiter = LeastRecent(count=4, rounds=2)
    rng = random.Random(7)

    async def bench(ctx):
        order = [3, 2, 1, 0]  # who was taken longest ago comes first
        for cycle in range(400):
            taken = rng.choice(("", "2", None))
            for name in ("", "2"):
                request = rng.getrandbits(4)
                ctx.set(getattr(arbiter, f"request{name}"), request)
                ctx.set(getattr(arbiter, f"taken{name}"), name == taken)
                asking = [each for each in order if request >> each & 1]
                if cycle >= 50:  # until then all were taken
                    assert ctx.get(getattr(arbiter, f"grant{name}")) == (1 << asking[0] if asking else 0)
            winner = ctx.get(getattr(arbiter, f"grant{taken}")) if taken is not None else 0
            if winner:
                order.remove(winner.bit_length() - 1)
                order.append(winner.bit_length() - 1)
            await ctx.tick()

    _run(arbiter, bench)


def _run(arbiter, bench):
    simulator = Simulator(arbiter)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
