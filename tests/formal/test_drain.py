"""Drain: nothing is on the bus when an execution is `done`, and no transfer begins before the next start.

The shell is proven around an engine of which only the contract is known, and each engine against that contract.
"""

import pytest
from amaranth.hdl import Cat, Mux, Signal

from systola.hw.accelerator.counters import Counters
from systola.hw.accelerator.shell import CLEAR, Shell
from systola.hw.bus.registers import Registers
from systola.hw.cores.outer_product.core import OuterProduct
from systola.hw.cores.outer_product.descriptor import BEATS
from systola.hw.cores.outer_product.engine import OuterProductEngine
from systola.hw.mac.ice40 import TwoProducts

from .lemmas import outer_product_state
from .prover import Break, Monitor, Proof
from .test_arbitration import one


def shell(monitor: Monitor, dut):
    """State what software and the engine may rely on, from any writes to the registers and any engine."""
    m, inside = monitor.m, dut.inside
    engine, registers, reset = inside.engine, inside.registers, inside.reset
    # The engine's side of the contract: it is idle after a reset, and stays so while it is stopped.
    monitor.require(engine.idle, when=monitor.before(reset) | (monitor.before(1) == 0))
    monitor.require(engine.idle, when=monitor.before(engine.idle & engine.stop))

    done = registers.status_done_set
    started = registers.control_start & registers.control_start_strobe & ~registers.status_running
    unfinished, resets = Signal(), Signal(CLEAR - 1)  # whether the engine was in reset in each of the last cycles
    m.d.sync += [unfinished.eq((unfinished | started) & ~done), resets.eq(Cat(reset, resets))]

    monitor.guarantee(engine.stop != engine.go)
    monitor.guarantee(engine.idle & engine.stop, when=done)
    monitor.guarantee(engine.idle & engine.stop, when=~registers.status_running)
    monitor.guarantee(registers.status_running == unfinished)
    monitor.guarantee(engine.idle, when=reset & monitor.before(1))
    monitor.guarantee(~reset, when=engine.go)
    begins = engine.go & ~monitor.before(engine.go)
    monitor.guarantee(resets.all(), when=begins)
    ends = engine.halted | engine.fault.valid | (registers.control_stop & registers.control_stop_strobe)
    monitor.guarantee(~engine.go, when=monitor.before(engine.go & ends))
    drains = monitor.before(engine.go) & ~engine.go
    monitor.guarantee(done, when=drains & engine.idle)
    # Invariants for induction: the phases follow one another.
    monitor.guarantee(one(Cat(inside.clearing, inside.running, inside.drains)))
    monitor.guarantee(unfinished == Cat(inside.clearing, inside.running, inside.drains).any())
    monitor.guarantee(reset == monitor.before(inside.clearing[:-1].any()), when=monitor.before(1))


def engine(monitor: Monitor, dut):
    """State the contract of an engine: no transfer begins while it is stopped, and none is in flight if it is idle."""
    bus, m = dut.m_axi, monitor.m
    monitor.require(dut.stop != dut.go)
    reads, writes = Signal(16), Signal(16)  # beats and responses to come
    m.d.sync += [
        reads.eq(reads + Mux(bus.ar.valid & bus.ar.ready, bus.ar.payload.len + 1, 0) - (bus.r.valid & bus.r.ready)),
        writes.eq(writes + (bus.aw.valid & bus.aw.ready) - (bus.b.valid & bus.b.ready)),
    ]
    monitor.require(reads != 0, when=bus.r.valid)
    monitor.require(writes != 0, when=bus.b.valid)
    for channel in (bus.ar, bus.aw):
        monitor.guarantee(monitor.before(channel.valid & ~channel.ready), when=channel.valid & dut.stop)
        monitor.guarantee(~channel.valid, when=dut.idle & dut.stop)
    monitor.guarantee((reads == 0) & (writes == 0) & ~bus.w.valid, when=dut.idle)
    monitor.guarantee(dut.idle, when=monitor.before(dut.idle & dut.stop) & dut.stop)
    return reads, writes


def outer_product(monitor: Monitor, dut):
    """State the contract, and invariants for induction."""
    reads, writes = engine(monitor, dut)
    state = dut.inside.fsm.ongoing
    panel = dut.p.depth // BEATS
    monitor.guarantee(reads == dut.inside.outstanding)
    monitor.guarantee(reads + dut.inside.blocks_left * BEATS <= dut.p.depth)
    monitor.guarantee(dut.inside.panel_blocks <= panel, when=~(state("idle") | state("check") | state("stopped")))
    monitor.guarantee((dut.inside.outstanding == 0) & (dut.inside.blocks_left == 0), when=state("halted"))
    for channel, offered in ((dut.m_axi.ar, dut.inside.ar_pending), (dut.m_axi.aw, dut.inside.aw_pending)):
        monitor.guarantee(offered == monitor.before(channel.valid & ~channel.ready))
    monitor.guarantee(~dut.inside.aw_pending, when=~state("address"))
    monitor.guarantee(writes == (state("sums") | state("response")))
    outer_product_state(monitor, dut)


PROOFS = {
    "shell": Proof(OuterProduct, {}, shell, induction=5, cut=(OuterProductEngine, Registers, Counters)),
    "outer_product": Proof(OuterProductEngine, {"depth": 16}, outer_product, induction=3, cut=(TwoProducts,)),
}

BREAKS = [
    ("shell", Break(Shell, "engine.stop.eq(~running)", "engine.stop.eq(drains)")),
    ("shell", Break(Shell, "status_done_set.eq(drains & engine.idle)", "status_done_set.eq(drains)")),
    ("shell", Break(Shell, "reset.eq(ResetSignal() | clearing[:-1].any())", "reset.eq(ResetSignal() | clearing[-2])")),
    ("outer_product", Break(OuterProductEngine, "(outstanding == 0) & ~ar.valid", "(outstanding == 0)")),
    ("outer_product", Break(OuterProductEngine, " & (~self.stop | ar_pending)", "")),
]


@pytest.mark.parametrize("name", PROOFS)
def test_nothing_is_on_the_bus_when_done(name):
    outcome = PROOFS[name].run()
    assert outcome.holds, outcome.log


@pytest.mark.parametrize(("name", "broken"), BREAKS, ids=str)
def test_a_broken_design_is_refuted(name, broken):
    assert PROOFS[name].refute(broken).refuted
