"""Bursts: those of a run cover its beats exactly, in order, with `last` right, and none crosses 4 KiB.

The bursts are those that enter the splitter's spill register, whose order is a proof of its own.
"""

import pytest
from amaranth.hdl import Signal

from systola.hw.bus.axi import BOUNDARY
from systola.hw.dma.burst_splitter import BurstSplitter

from .prover import Break, Monitor, Proof

NARROW = {"addr_width": 16, "data_width": 16}


def legal(burst, p):
    """Return whether a burst stays within 4 KiB and within the longest one."""
    page = BOUNDARY // p.bytes
    return (burst.beat % page + burst.len < page) & (burst.len < p.burst)


def bursts(monitor: Monitor, dut):
    """State what the bursts of each run are, and that the offered ones are legal."""
    m, p = monitor.m, dut.p
    new, out = dut.i.payload, dut.parts["spill"].i
    active, last = Signal(), Signal()  # a run has further bursts; it is a descriptor's last
    at = Signal(p.addr_width - p.lanes)  # the first beat that no burst covers
    left = Signal(p.run_width + 1)  # beats from there to the run's last one
    issued = out.valid & out.ready
    done = issued & (out.payload.len == left)
    monitor.require(new.bytes != 0, when=dut.i.valid)
    with m.If(issued):
        m.d.sync += [at.eq(at + out.payload.len + 1), left.eq(left - out.payload.len - 1)]
    with m.If(done):
        m.d.sync += active.eq(0)
    with m.If(dut.i.valid & dut.i.ready):
        m.d.sync += [active.eq(1), last.eq(new.last), at.eq(new.addr >> p.lanes)]
        m.d.sync += left.eq((new.addr[: p.lanes] + new.bytes - 1) >> p.lanes)

    monitor.guarantee(out.valid == active)
    monitor.guarantee(dut.i.ready == (~active | done))
    monitor.guarantee(out.payload.beat == at, when=active)
    monitor.guarantee(out.payload.len <= left, when=active)
    monitor.guarantee(out.payload.last == (last & (out.payload.len == left)), when=active)
    monitor.guarantee(legal(out.payload, p), when=active)
    monitor.guarantee(legal(dut.o.payload, p), when=dut.o.valid)
    # Invariants for induction: the splitter's registers count the same beats, and its spill register is legal.
    inside, spill = dut.inside, dut.parts["spill"].inside
    monitor.guarantee(left == inside.blocks * p.burst + inside.ends - inside.beat % p.burst, when=active)
    monitor.guarantee(inside.blocks * p.burst + inside.ends >= inside.beat % p.burst, when=active)
    monitor.guarantee(inside.closing == (inside.blocks == 0), when=active)
    monitor.guarantee(inside.last == last, when=active)
    monitor.guarantee(dut.o.valid & legal(spill.spare, p), when=spill.full)


PROOFS = {
    "256 beats of 16 bits": Proof(BurstSplitter, NARROW, bursts, induction=2),
    "16 beats of 16 bits": Proof(BurstSplitter, NARROW | {"burst": 16}, bursts, induction=2),
    "256 beats of 64 bits": Proof(BurstSplitter, {}, bursts, induction=2),
    "64 beats of 512 bits": Proof(BurstSplitter, {"data_width": 512, "burst": 64}, bursts, induction=2),
}

BREAKS = {
    "blocks": Break(BurstSplitter, "closing.eq(blocks == 1)", "closing.eq(blocks <= 2)"),
    "length": Break(BurstSplitter, "Mux(closing, ends, p.burst - 1) - beat[:low]", "Mux(closing, ends, p.burst - 1)"),
    "reach": Break(BurstSplitter, "new.bytes - 1)", "new.bytes)"),
    "last": Break(BurstSplitter, "out.last.eq(last & closing)", "out.last.eq(last)"),
    "next block": Break(BurstSplitter, "beat[low:].eq(beat[low:] + 1)", "beat[low:].eq(beat[low:])"),
}


@pytest.mark.parametrize("name", PROOFS)
def test_bursts_cover_their_run_within_4_kib(name):
    outcome = PROOFS[name].run()
    assert outcome.holds, outcome.log


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_design_is_refuted(name):
    assert PROOFS["16 beats of 16 bits"].refute(BREAKS[name], within=4).refuted
