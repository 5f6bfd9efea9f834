"""Arbitration: of those that request one is granted, and each is granted within a bounded number of grants."""

from itertools import combinations, permutations

import pytest
from amaranth.hdl import Cat, Mux, Signal, Value

from systola.hw.bus.axi_mux import AxiMux
from systola.hw.stream.matrix_arbiter import MatrixArbiter

from .prover import Break, Monitor, Proof


def one(values):
    """Return whether at most one bit is high."""
    values = Value.cast(values)
    return (values & (values - 1)[: len(values)]) == 0


def precedes(arbiter, i: int, j: int):
    """Return whether requester i has priority over requester j."""
    later = arbiter.inside.later
    return ~later[i, j] if i < j else later[j, i]


def lower_priorities(arbiter, i: int):
    """Return how many have a lower priority than i: at least those that were granted while it waits."""
    return sum(precedes(arbiter, i, j) for j in range(arbiter.p.count) if j != i)


def ordered(monitor: Monitor, arbiter):
    """State that the priorities are an order: no circle of three, and with round robin a rotation."""
    count = arbiter.p.count
    for i, j, k in permutations(range(count), 3):
        monitor.guarantee(precedes(arbiter, i, k), when=precedes(arbiter, i, j) & precedes(arbiter, j, k))
    if arbiter.p.rule == "round_robin":
        steps = Cat(precedes(arbiter, i + 1, i) for i in range(count - 1))
        monitor.guarantee(one(steps))
        for i, j in combinations(range(count), 2):
            monitor.guarantee(precedes(arbiter, j, i) == steps[i:j].any())


def fair(monitor: Monitor, arbiter):
    """State one grant, to a requester, and the bound on waiting, for requesters that wait until they are granted."""
    count = arbiter.p.count
    served = getattr(arbiter, "accepted", 1)
    ordered(monitor, arbiter)
    monitor.guarantee(one(arbiter.grant))
    monitor.guarantee((arbiter.grant & ~arbiter.request) == 0)
    monitor.guarantee(arbiter.grant.any() == arbiter.request.any())
    for i in range(count):
        others = arbiter.grant.any() & ~arbiter.grant[i] & served
        passed = waiting_is_bounded(monitor, arbiter.request[i], arbiter.grant[i] & served, others, count - 1)
        monitor.guarantee(lower_priorities(arbiter, i) >= passed)


def waiting_is_bounded(monitor: Monitor, requests, served, others, bound: int) -> Signal:
    """State that at most `bound` others are served while one requests until it is served; return their number."""
    waits = requests & ~served
    passed = Signal(range(bound + 2), name="passed")
    monitor.m.d.sync += passed.eq(Mux(waits, passed + others, 0))
    monitor.require(requests, when=monitor.before(waits))
    monitor.guarantee(passed + others <= bound, when=waits)
    return passed


def addresses(monitor: Monitor, mux):
    """State that a master's address waits for at most one address of each other master."""
    for channel in ("ar", "aw"):
        masters = [getattr(getattr(mux, f"s{n}_axi"), channel) for n in range(mux.p.masters)]
        enters = Signal(len(masters), name=f"{channel}_enters")
        monitor.m.d.comb += enters.eq(Cat(each.valid & each.ready for each in masters))
        monitor.guarantee(one(enters))
        for n, master in enumerate(masters):
            others = Signal(name=f"{channel}_others{n}")
            monitor.m.d.comb += others.eq(enters.any() & ~enters[n])
            passed = waiting_is_bounded(monitor, master.valid, enters[n], others, len(masters) - 1)
            monitor.guarantee(lower_priorities(mux.parts[f"{channel}_arbiter"], n) >= passed)


def arbiters(rule: str, held: bool) -> dict[str, Proof]:
    name = f"{rule}{', held' if held else ''}"
    parameters = {"rule": rule, "held": held}
    return {f"{name}, {n}": Proof(MatrixArbiter, parameters | {"count": n}, fair, induction=2) for n in (2, 5)}


AXI = {"data_width": 16, "addr_width": 8, "outstanding": 2}
PROOFS = {
    **arbiters("round_robin", held=False),
    **arbiters("round_robin", held=True),
    **arbiters("least_recent", held=False),
    **arbiters("least_recent", held=True),
    "axi_mux": Proof(AxiMux, AXI | {"masters": 3}, addresses, induction=2, lemmas={MatrixArbiter: ordered}),
}

BREAKS = {
    "round_robin, held, 5": Break(MatrixArbiter, "bit.eq(grant[i:j].any())", "bit.eq(grant[i:j].all())"),
    "least_recent, held, 5": Break(MatrixArbiter, "(bit | grant[i]) & ~grant[j]", "bit & ~grant[j]"),
    "axi_mux": Break(AxiMux, "arbiter.accepted.eq(accepted)", "arbiter.accepted.eq(0)"),
    "round_robin, 5": Break(MatrixArbiter, "request[j] & later[i, j]", "request[j] & ~later[i, j]"),
}


@pytest.mark.parametrize("name", PROOFS)
def test_one_is_granted_and_waiting_is_bounded(name):
    outcome = PROOFS[name].run()
    assert outcome.holds, outcome.log


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_design_is_refuted(name):
    assert PROOFS[name].refute(BREAKS[name]).refuted
