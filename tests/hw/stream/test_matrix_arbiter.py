"""Matrix arbiter: both update rules against a reference order, held grants, the second round, bounded waiting."""

import random

import pytest
from amaranth.sim import Simulator

from systola.hw.stream.matrix_arbiter import MatrixArbiter


def _run(arbiter, cycles, drive):
    async def bench(ctx):
        for cycle in range(cycles):
            drive(ctx, cycle)
            await ctx.tick()

    simulator = Simulator(arbiter)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def _first(order, request):
    """One-hot grant of the first requester in `order`, 0 if there is none."""
    return next((1 << each for each in order if request >> each & 1), 0)


@pytest.mark.parametrize("held", [False, True])
def test_round_robin_starts_after_the_requester_granted_last(held):
    arbiter, rng, last = MatrixArbiter(count=5, rule="round_robin", held=held), random.Random(1), 4

    def drive(ctx, _):
        nonlocal last
        request, accepted = rng.randrange(32), not held or rng.random() < 0.7
        accepted = accepted and request != 0
        ctx.set(arbiter.request, request)
        if held:
            ctx.set(arbiter.accepted, accepted)
        grant = _first([(last + 1 + n) % 5 for n in range(5)], request)
        assert ctx.get(arbiter.grant) == grant
        last = grant.bit_length() - 1 if accepted else last

    _run(arbiter, 500, drive)


def test_a_held_grant_is_repeated_until_accepted():
    arbiter, rng, kept = MatrixArbiter(count=3, rule="round_robin", held=True), random.Random(2), None

    def drive(ctx, _):
        nonlocal kept
        accepted = rng.random() < 0.3
        ctx.set(arbiter.request, 7)
        ctx.set(arbiter.accepted, accepted)
        assert kept in (None, ctx.get(arbiter.grant))
        kept = None if accepted else ctx.get(arbiter.grant)

    _run(arbiter, 300, drive)


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_least_recent_passes_no_requester_twice_by_the_same(count, held):
    arbiter = MatrixArbiter(count=count, rule="least_recent", held=held)
    rng = random.Random(count)
    passed = [set() for _ in range(count)]  # per requester: those granted since its own last grant

    def drive(ctx, _):
        request, accepted = rng.getrandbits(count), not held or rng.random() < 0.7
        ctx.set(arbiter.request, request)
        if held:
            ctx.set(arbiter.accepted, accepted)
        grant = ctx.get(arbiter.grant)
        assert grant & request == grant
        assert (grant == 0) == (request == 0)
        assert grant & (grant - 1) == 0
        if grant:
            winner = grant.bit_length() - 1
            assert all(winner not in passed[other] for other in range(count) if request >> other & 1)
            if accepted:
                for other in range(count):
                    passed[other].add(winner)
                passed[winner] = set()

    _run(arbiter, 400, drive)


def test_a_grant_of_the_second_round_also_moves_to_the_end_of_the_order():
    arbiter = MatrixArbiter(count=4, rule="least_recent", held=True, rounds=2)
    rng = random.Random(7)
    order = [3, 2, 1, 0]  # least recently granted first

    def drive(ctx, cycle):
        accepted = rng.choice(("", "2", None))
        for name in ("", "2"):
            request = rng.getrandbits(4)
            ctx.set(getattr(arbiter, f"request{name}"), request)
            ctx.set(getattr(arbiter, f"accepted{name}"), name == accepted)
            if cycle >= 50:  # by then each was granted once
                assert ctx.get(getattr(arbiter, f"grant{name}")) == _first(order, request)
        winner = ctx.get(getattr(arbiter, f"grant{accepted}")) if accepted is not None else 0
        if winner:
            order.remove(winner.bit_length() - 1)
            order.append(winner.bit_length() - 1)

    _run(arbiter, 400, drive)


@pytest.mark.parametrize("rule", ["round_robin", "least_recent"])
def test_the_rules_differ_only_in_the_following_grant(rule):
    """2 is granted alone, then all request: round robin continues after 2, least recent with 0, then 1."""
    arbiter = MatrixArbiter(count=3, rule=rule)
    requests, grants = [0b111, 0b100, 0b111, 0b111, 0b111], []

    def drive(ctx, cycle):
        ctx.set(arbiter.request, requests[cycle])
        grants.append(ctx.get(arbiter.grant))

    _run(arbiter, len(requests), drive)
    assert grants == {"round_robin": [1, 4, 1, 2, 4], "least_recent": [1, 4, 2, 1, 4]}[rule]
