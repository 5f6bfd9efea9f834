"""In-network sums: their waiting conditions, and concurrent packets. Values are tested with the networks."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from systola.gen.verilog.verilog import generate
from systola.hw.noc.noc import Noc
from systola.hw.noc.reduction import ReductionJoin, add
from systola.hw.noc.router import RouterInput
from systola.hw.noc.topology.graphs import topology
from systola.sim.golden.noc import Packet
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.noc import NocCase, reduce, traffic

MESH = topology("mesh", 3, 2, 2, reduction=True)


@pytest.fixture(scope="module")
def design():
    return generate("noc", Noc(topology="mesh", k=3, l=2, vcs=2, width=32, reduction=True))


def test_a_join_waits_for_all():
    join = ReductionJoin(inputs=3, root=2)

    async def bench(ctx):
        def joined(adds, waiting, passed, roots):
            ports = (join.adds, adds), (join.waiting, waiting), (join.passed, passed), (join.roots.as_value(), roots)
            for port, value in ports:
                ctx.set(port, value)
            return ctx.get(join.joined)

        assert joined(0b111, 0b111, 0b000, 0b101010)
        assert not joined(0b111, 0b101, 0b000, 0b101010)
        assert joined(0b101, 0b101, 0b010, 0b101110)
        assert not joined(0b101, 0b101, 0b100, 0b101010)
        assert not joined(0b111, 0b111, 0b000, 0b111010)  # another root

    simulator = Simulator(join)
    simulator.add_testbench(bench)
    simulator.run()


def test_lanes_have_no_carry_between_them():
    m = Module()
    words, total = [Signal(64, name=f"word{n}") for n in range(3)], Signal(64)
    select = Signal(3)
    m.d.comb += total.eq(add(select, words, 64))

    async def bench(ctx):
        for word, value in zip(words, (0x1_FFFF_FFFF, 0xFFFF_FFFE_0000_0002, 5 << 32), strict=True):
            ctx.set(word, value)
        for chosen, expected in {0b111: 0x0000_0004_0000_0001, 0b001: 0x1_FFFF_FFFF, 0: 0}.items():
            ctx.set(select, chosen)
            assert ctx.get(total) == expected

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize("every", [1, 2, 3])
def test_sums_and_packets_alternate(every):
    """With sums and packets always pending, packets move in half of the cycles in which buffers have space."""
    m = Module()
    m.submodules.port = port = RouterInput(network=MESH, width=32, depth=4, latency=1, reachable=(1,))
    m.d.comb += [port.sums.eq(port.waiting & ~port.passed), port.accepted.eq(port.request.any() | port.sums.any())]

    async def bench(ctx):
        places, gone = [4, 4], [0, 0]
        ctx.set(port.flit, {"go": 0b10, "last": 1})
        for cycle in range(300):
            vc = int(places[1] > places[0])
            ctx.set(port.valid, (places[vc] > 0) << vc)
            places[vc] -= places[vc] > 0
            ctx.set(port.space, 0b11 if cycle % every == 0 else 0b10)
            await ctx.tick()
            for vc in range(2):
                places[vc] += ctx.get(port.credit[vc])
                gone[vc] += ctx.get(port.credit[vc])
        assert gone[0] == pytest.approx(300 / every / 2, abs=5)
        assert sum(gone) == pytest.approx(300, abs=5)

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.slow
def test_a_missing_member_stalls_sums_but_no_packets(design):
    """Node 5 sends 300 words to node 2 before it takes part: packets of all other nodes pass, then the sums arrive."""
    rng = np.random.default_rng(3)
    case, sums = traffic(design.parameters, "uniform", 20, rng), reduce(design.parameters, [(1, 2), (4, 1)], rng)
    for node in range(5):
        case.packets[node][:0] = sums.packets[node]
    case.packets[5] = [*(Packet(2, (n, n)) for n in range(150)), *sums.packets[5]]
    outcome, (result,) = simulate(design, [case], keep=True)
    assert outcome.mismatches == 0, outcome.examples
    arrivals = [
        (cycle, source, node)
        for node, cycles in result["arrivals"].items()
        for cycle, source in zip(cycles, result["sources"][node], strict=True)
    ]
    assert sum(source == node for _, source, node in arrivals) == 3
    first = min(cycle for cycle, source, node in arrivals if source == node)
    others = [cycle for cycle, source, node in arrivals if source not in (node, 5)]
    assert len(others) == 100
    assert max(others) < first
    assert first > 300


def test_a_packet_is_not_blocked_by_sums_at_full_rate(design):
    """A word of node 0 crosses three routers with sums in every cycle; these lose few cycles to it."""
    rng = np.random.default_rng(4)
    case = reduce(design.parameters, [(5, 300)], rng)
    begin, end = (replace(case.packets[0][0], words=case.packets[0][0].words[part]) for part in _parts(40))
    case.packets[0] = [begin, Packet(2, (77,)), end]
    alone = NocCase(reduce(design.parameters, [(5, 300)], rng).packets, lone=True)
    outcome, (result, _) = simulate(design, [case, alone], keep=True)
    assert outcome.mismatches == 0, outcome.examples
    (arrived,) = result["arrivals"][2]
    sent = result["departures"][0][40]
    assert 4 <= arrived - sent <= 10
    assert outcome.case_cycles[1] == 4 + 300 + 1
    assert outcome.case_cycles[0] <= outcome.case_cycles[1] + 8


def _parts(at: int) -> tuple[slice, slice]:
    return slice(0, at), slice(at, None)
