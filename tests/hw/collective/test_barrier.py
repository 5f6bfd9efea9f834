"""Barrier of the nodes: the same decision for all, at any arrival times."""

import random

from amaranth.hdl import Module
from amaranth.sim import Simulator

from systola.hw.collective.barrier import BarrierNode, Coordinator
from systola.hw.collective.rings import CollectiveCode

P = {"topology": "ring", "k": 4, "l": 1, "rows": 8, "width": 32, "timeout": 64}


def test_all_nodes_receive_the_same_decision_at_any_delay():
    """Nodes wait from random cycles on, sometimes for another call, until the decision arrives; then again."""
    m = Module()
    m.submodules.coordinator = coordinator = Coordinator(**P)
    nodes = [BarrierNode(**P) for _ in range(P["k"])]
    m.d.comb += [coordinator.tree_state.eq(nodes[0].above), nodes[0].decision_in.eq(coordinator.decision)]
    for n, node in enumerate(nodes):
        m.submodules[f"node{n}"] = node
        if n:
            m.d.comb += [nodes[n - 1].below[0].eq(node.above), node.decision_in.eq(nodes[n - 1].decision)]
            m.d.comb += nodes[n - 1].child_present.eq(1)
    rng, codes, begun, rounds = random.Random(5), [[] for _ in nodes], [[] for _ in nodes], 60

    async def bench(ctx):
        """The next call of a node follows some cycles later, and requests the number of calls begun by all nodes."""
        wait, requested = [0] * len(nodes), [0] * len(nodes)
        cycle = 0
        while min(map(len, codes)) < rounds:
            for n, node in enumerate(nodes):
                wait[n] -= 1
                if wait[n] == 0:
                    requested[n] = len(begun[n]) % 4 if rng.random() < 0.9 else 7
                ctx.set(node.waiting, wait[n] <= 0)
                ctx.set(node.call.rows, requested[n])
                if wait[n] <= 0 and ctx.get(node.decision_in.valid):
                    code = CollectiveCode(ctx.get(node.decision_in.code))
                    codes[n].append(code)
                    if code == CollectiveCode.OK:
                        begun[n].append(requested[n])
                    wait[n] = rng.choice([1, 2, 5, 30, rng.randint(1, 120)])
            await ctx.tick()
            cycle += 1
            assert cycle < 100 * rounds
            lengths = [len(each) for each in begun]
            assert max(lengths) - min(lengths) <= 1  # no node begins twice before all have begun

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    shortest = min(map(len, begun))
    assert shortest > 5
    assert len({tuple(each[:shortest]) for each in begun}) == 1
    assert {code for each in codes for code in each} == {
        CollectiveCode.OK,
        CollectiveCode.MISSING,
        CollectiveCode.DIFFERENT,
    }
