"""Credits: a router never sends a flit for which the next buffer has no space, and never loses or invents a credit.

Each neighbour keeps the same rule: it sends a flit only with a credit, and returns one for each flit that it received.
"""

import pytest
from amaranth.hdl import Cat, Const, Signal

from systola.hw.noc.router import Router
from systola.hw.noc.router_output import RouterOutput
from systola.hw.noc.vc_queue_head import VcQueueHead
from systola.hw.stream.matrix_arbiter import MatrixArbiter

from .prover import Break, Monitor, Proof
from .test_arbitration import one, ordered

OUTPUT = {"inputs": 3, "vcs": 2, "depth": 4}
RING = {"topology": "ring", "k": 3, "l": 1, "vcs": 2, "depth": 2, "width": 1}


def counted(monitor: Monitor, more, less, limit: int) -> Signal:
    """Return the number of outstanding flits."""
    count = Signal(range(limit + 1), name="outstanding")
    monitor.m.d.sync += count.eq(count + more - less)
    return count


def output(monitor: Monitor, port):
    """State that the flits outstanding at each VC of an output are those for which there are credits."""
    p = port.p
    port.outstanding = []
    requests = [port.request, port.request2] if p.rounds == 2 else [port.request]
    for i in range(p.inputs):
        for request in requests:
            monitor.require(one(request[i]))
            for v in range(p.vcs):
                monitor.require(port.space[v], when=request[i][v])
    monitor.guarantee(one(port.sent))
    if p.rounds == 2:
        monitor.require(~port.request2.as_value().any(), when=~port.idle)
    grants = Cat(port.grant, port.grant2) if p.rounds == 2 else port.grant
    monitor.guarantee(one(grants))
    monitor.guarantee(grants.any() == port.sent.any())
    for i, request in enumerate(port_request for ports in requests for port_request in ports):
        monitor.guarantee((request & port.sent).any(), when=grants[i])
    for v in range(p.vcs):
        count = counted(monitor, port.sent[v], port.credit[v], p.depth)
        port.outstanding.append(count)
        monitor.require(count != 0, when=port.credit[v])
        monitor.guarantee(count <= p.depth)
        monitor.guarantee(count < p.depth, when=port.sent[v])
        monitor.guarantee(port.space[v] == (count < p.depth))
        credits = getattr(port.inside, f"credits{v}")
        monitor.guarantee(credits == Const((1 << p.depth) - 1) >> count)  # invariants for induction


def queue(monitor: Monitor, head):
    """State that a queue has the flits that were pushed and not popped, each for one output at most."""
    depth, inside, outputs = head.p.depth, head.inside, len(head.p.outputs)
    head.count = count = counted(monitor, head.push, head.pop, depth)
    monitor.require(count < depth, when=head.push)
    monitor.require(count != 0, when=head.pop)
    monitor.require(one(head.i[:outputs]), when=head.push)
    monitor.guarantee(count <= depth)
    monitor.guarantee(inside.occupied == (count != 0))
    monitor.guarantee(head.tail == (head.head + count) % depth)
    monitor.guarantee(inside.second == (head.head + 1) % depth)
    monitor.guarantee(one(head.target))
    monitor.guarantee(head.target == 0, when=count == 0)
    for n in range(depth):
        row = inside.ring.read_port(domain="comb")
        monitor.m.d.comb += row.addr.eq(n)
        monitor.guarantee(one(row.data[:outputs]))


def router(monitor: Monitor, dut):
    """State the rule at each port of a router."""
    p, vcs = dut.p, dut.p.network.vcs
    for port in range(p.network.ports):
        valid, go = dut.i_valid[port], dut.i[port].go
        monitor.require(one(valid))
        monitor.require(one(go))
        for v in range(vcs):
            returned, sent, credit = dut.i_credit[port * vcs + v], dut.o_valid[port * vcs + v], dut.o_credit[port][v]
            held = counted(monitor, valid[v], returned, p.depth)
            monitor.require(held < p.depth, when=valid[v])
            monitor.guarantee(held <= p.depth)
            monitor.guarantee(held != 0, when=returned)
            outstanding = counted(monitor, sent, credit, p.depth)
            monitor.require(outstanding != 0, when=credit)
            monitor.guarantee(outstanding <= p.depth)
            monitor.guarantee(outstanding < p.depth, when=sent)
            # Invariants for induction: the counts at the parts, which are a register away.
            if f"input{port}" in dut.parts:
                monitor.guarantee(held == dut.parts[f"input{port}"].parts[f"vc{v}"].count + returned)
            if f"output{port}" in dut.parts and v < dut.parts[f"output{port}"].p.vcs:
                late = sent if p.latency == 2 else 0
                monitor.guarantee(outstanding + late == dut.parts[f"output{port}"].outstanding[v])


ORDER = {MatrixArbiter: ordered}
PARTS = ORDER | {RouterOutput: output, VcQueueHead: queue}
PROOFS = {
    "output": Proof(RouterOutput, OUTPUT, output, induction=2, lemmas=ORDER),
    "output, two rounds": Proof(
        RouterOutput, {"inputs": 3, "vcs": 2, "depth": 4, "rounds": 2}, output, induction=2, lemmas=ORDER
    ),
    "queue": Proof(VcQueueHead, {"outputs": (2, 2, 1), "vcs": 2, "depth": 4}, queue, induction=2),
    "ring, two rounds": Proof(Router, RING | {"rounds": 2}, router, induction=2, lemmas=PARTS),
    "ring": Proof(Router, RING, router, induction=2, lemmas=PARTS),
    "ring, two cycles": Proof(Router, RING | {"latency": 2}, router, induction=2, lemmas=PARTS),
}

BREAKS = {
    "output": Break(RouterOutput, "init=-1)", "init=0)"),
    "queue": Break(VcQueueHead, "occupied.eq(more | self.push)", "occupied.eq(more)"),
    "output, two rounds": Break(RouterOutput, "self.idle.eq(~sent[0].any())", "self.idle.eq(1)"),
    "ring": Break(RouterOutput, "self.space[v].eq(credits[0])", "self.space[v].eq(1)"),
}


@pytest.mark.parametrize("name", PROOFS)
def test_credits_are_kept(name):
    outcome = PROOFS[name].run()
    assert outcome.holds, outcome.log


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_design_is_refuted(name):
    assert PROOFS[name].refute(BREAKS[name]).refuted
