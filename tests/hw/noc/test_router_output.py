"""Router output: one flit per cycle of the requests, in the second round only if none was granted in the first."""

import random

import pytest
from amaranth.sim import Simulator

from systola.hw.noc.router_output import RouterOutput


@pytest.mark.parametrize("rounds", [1, 2])
def test_at_most_one_flit_per_cycle_and_none_without_space(rounds):
    inputs, vcs, depth = 3, 2, 2
    port = RouterOutput(inputs=inputs, vcs=vcs, depth=depth, rounds=rounds)
    rng = random.Random(rounds)
    names = ("", "2")[:rounds]

    async def bench(ctx):
        places, taken = [depth] * vcs, dict.fromkeys(names, 0)
        for _ in range(400):
            space = ctx.get(port.space)
            assert [space >> v & 1 for v in range(vcs)] == [int(count > 0) for count in places]
            requested = {}
            for name in names:  # each input requests one VC with space, or none; the second time if none was granted
                choices = [rng.choice([None, *(v for v in range(vcs) if places[v])]) for _ in range(inputs)]
                if ctx.get(port.grant) if name else rng.random() < 0.5:
                    choices = [None] * inputs
                requested[name] = choices
                request = sum(1 << i * vcs + v for i, v in enumerate(choices) if v is not None)
                ctx.set(getattr(port, f"request{name}").as_value(), request)
            ctx.set(port.last, (1 << inputs) - 1)
            credit = [int(places[v] < depth and rng.random() < 0.5) for v in range(vcs)]
            ctx.set(port.credit, sum(bit << v for v, bit in enumerate(credit)))
            sent = ctx.get(port.sent)
            grants = {name: ctx.get(getattr(port, f"grant{name}")) for name in names}
            assert sum(grant.bit_count() for grant in grants.values()) == sent.bit_count() <= 1
            first = "" if any(v is not None for v in requested[""]) else names[-1]
            assert bool(sent) == any(v is not None for v in requested[first])
            if sent:
                assert requested[first][grants[first].bit_length() - 1] == sent.bit_length() - 1
                taken[first] += 1
            places = [count + credit[v] - (sent >> v & 1) for v, count in enumerate(places)]
            await ctx.tick()
        assert all(count > 20 for count in taken.values())

    simulator = Simulator(port)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
