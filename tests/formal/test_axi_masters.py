"""AXI4: at every master's ports addresses and data are stable until they are accepted, and no burst crosses 4 KiB."""

import pytest

from systola.hw.bundle import Bundle
from systola.hw.bus.axi import BOUNDARY
from systola.hw.bus.axi_mux import AxiMux, GrantQueue
from systola.hw.bus.axi_slice import AxiSlice
from systola.hw.cores.outer_product.engine import OuterProductEngine
from systola.hw.dma.burst_splitter import BurstSplitter
from systola.hw.dma.descriptor import DmaCode
from systola.hw.dma.descriptor_check import DescriptorCheck
from systola.hw.dma.dma import Dma
from systola.hw.dma.load import Load
from systola.hw.dma.pieces import PieceGenerator
from systola.hw.dma.store import Store
from systola.hw.host.link_access import WORD, WORDS, LinkAccess
from systola.hw.issue.fetch import InstructionFetch
from systola.hw.mac.ice40 import TwoProducts
from systola.hw.sequence.fetch import DescriptorFetch
from systola.hw.stream.register import StreamRegister
from systola.hw.stream.spill import StreamSpill

from ..hw.issue.tiny import TINY
from .lemmas import grant_queue, outer_product_state
from .prover import Break, Monitor, Proof, streams
from .test_burst_splitter import bursts
from .test_stream_stability import stable

DMA = {"data_width": 32, "local_bytes": 64, "dims": 2, "outstanding": 2, "addr_width": 16}


def legal(burst):
    """Return whether a burst ends before the next multiple of 4 KiB."""
    low, bytes_of_beat = burst.addr % BOUNDARY, 1 << burst.size
    return (low & ~(bytes_of_beat - 1)) + ((burst.len + 1) << burst.size) <= BOUNDARY


def axi(monitor: Monitor, dut):
    """State both rules for the ports of a master; its neighbours keep theirs."""
    stable(monitor, dut)
    for name, into, ports in streams(dut):
        if name.split(".")[-1] in ("ar", "aw") and "len" in dict(ports.payload.shape()):  # AXI4-Lite has no bursts
            rule = monitor.require if into else monitor.guarantee
            rule(legal(ports.payload), when=ports.valid)


def spill(monitor: Monitor, dut):
    """State that a spill register is filled from below, and that addresses in it are legal."""
    monitor.guarantee(dut.o.valid, when=~dut.i.ready)
    if {"addr", "len", "size"} <= {name for name, _ in dut.o.payload.shape()}:
        monitor.guarantee(legal(dut.inside.front), when=dut.o.valid)
        monitor.guarantee(legal(dut.inside.spare), when=dut.inside.full)


def pieces(monitor: Monitor, dut):
    """State that no piece of a legal descriptor is empty."""
    monitor.require((dut.i.payload.count0 != 0) & (dut.i.payload.size <= dut.p.lanes), when=dut.i.valid)
    spill = dut.parts["spill"].inside
    monitor.guarantee(dut.inside.whole != 0, when=dut.inside.busy)
    monitor.guarantee(spill.front.bytes != 0, when=dut.o.valid)
    monitor.guarantee(spill.spare.bytes != 0, when=spill.full)


def outer_product(monitor: Monitor, dut):
    """State the rules for an engine to which only beats that it requested arrive."""
    monitor.require(dut.inside.outstanding != 0, when=dut.m_axi.r.valid)
    axi(monitor, dut)
    outer_product_state(monitor, dut)


def described(monitor: Monitor, dut):
    """State the rules for one side of a DMA engine, whose descriptors were checked."""
    monitor.require((dut.i.payload.count0 != 0) & (dut.i.payload.size <= dut.p.lanes), when=dut.i.valid)
    axi(monitor, dut)


def descriptor_check(monitor: Monitor, dut):
    """State that a descriptor with an empty row, or elements wider than the bus, is found."""
    box, step, out, inside = dut.inside.box, dut.inside.step, dut.o, dut.inside
    works, ends = inside.busy & ~out.valid, dut.p.dims + 2
    monitor.guarantee(step <= ends, when=works)
    monitor.guarantee(inside.ready == (works & (step == ends)))
    monitor.guarantee(inside.busy, when=out.valid)
    monitor.guarantee(inside.count == box.count0, when=works & (step == 1))
    monitor.guarantee(inside.empty, when=works & (step >= 2) & (box.count0 == 0))
    legal = out.payload.code == DmaCode.OK
    monitor.guarantee((box.count0 != 0) & (box.size <= dut.p.lanes), when=out.valid & legal)


def instruction_fetch(monitor: Monitor, dut):
    """State the rules for the fetch of a program, whose address is constant and aligned."""
    monitor.require(dut.address == monitor.before(dut.address), when=monitor.before(1))
    monitor.require(dut.address % max(dut.p.isa.slot, dut.p.data_width // 8) == 0)
    axi(monitor, dut)


def link_access(monitor: Monitor, dut):
    """State the rules for the accesses of a host: a slave responds after it has accepted the address."""
    go, access, idle = dut.go.payload, dut.inside.access, dut.go.ready
    monitor.require((go.count != 0) & (go.count <= WORDS) & (go.addr % WORD == 0), when=dut.go.valid)
    whole = (go.addr % BOUNDARY) + WORD * go.count <= BOUNDARY
    monitor.require(go.registers | whole, when=dut.go.valid)
    reads, writes = dut.inside.reads, dut.inside.writes | dut.inside.accept_response
    for bus, selected in ((dut.memory, ~access.registers), (dut.registers, access.registers)):
        monitor.require(~bus.ar.valid, when=bus.r.valid)
        monitor.require(~bus.aw.valid, when=bus.b.valid)
        monitor.guarantee(selected & reads & ~access.write, when=bus.ar.valid)
        monitor.guarantee(selected & writes & access.write, when=bus.aw.valid)
    axi(monitor, dut)
    burst = dut.memory.ar.payload
    monitor.guarantee(legal(burst), when=~access.registers & ~idle)


BURSTS = {StreamSpill: spill, BurstSplitter: bursts, PieceGenerator: pieces}
MUX = {StreamSpill: spill, GrantQueue: grant_queue}
AXI = {"data_width": 16, "addr_width": 16}
PROOFS = {
    "axi_slice": Proof(AxiSlice, AXI, axi, induction=2, lemmas={StreamSpill: spill}),
    "load": Proof(Load, DMA, described, induction=2, lemmas=BURSTS),
    "store": Proof(Store, DMA, described, induction=2, lemmas=BURSTS),
    "descriptor_fetch": Proof(
        DescriptorFetch, {"fields": Bundle({"a": 80}), "data_width": 32, "addr_width": 16}, axi, induction=3
    ),
    "axi_mux": Proof(AxiMux, AXI | {"masters": 2, "outstanding": 2}, axi, induction=2, lemmas=MUX),
    "descriptor_check": Proof(DescriptorCheck, DMA, descriptor_check, induction=2),
    "dma": Proof(Dma, DMA | {"dims": 1}, axi, induction=2, lemmas=BURSTS | {DescriptorCheck: descriptor_check}),
    "instruction_fetch": Proof(
        InstructionFetch, {"isa": TINY, "depth": 16, "data_width": 32}, instruction_fetch, induction=2
    ),
    "link_access": Proof(
        LinkAccess, {"data_width": 32, "memory_width": 16, "register_width": 16}, link_access, induction=3
    ),
    "outer_product": Proof(OuterProductEngine, {"depth": 16}, outer_product, induction=2, cut=(TwoProducts,)),
}
BREAKS = [
    ("load", Break(StreamSpill, "m.If(~self.o.valid | self.o.ready)", "m.If(1)")),
    ("store", Break(StreamRegister, "self.i.ready.eq(~self.o.valid | self.o.ready)", "self.i.ready.eq(1)")),
    ("descriptor_check", Break(DescriptorCheck, "box.size > p.lanes", "box.size > p.lanes + 1")),
    ("axi_slice", Break(StreamSpill, "m.If(~full)", "m.If(1)")),
    ("axi_mux", Break(AxiMux, "self.oldest.eq(read.data)", "self.oldest.eq(read.data ^ self.write)")),
    ("instruction_fetch", Break(InstructionFetch, "Mux(started, 0, self.address[slot:top])", "self.address[slot:top]")),
    ("descriptor_fetch", Break(DescriptorFetch, "at.eq(addr << low)", "at.eq(addr << low - 1)")),
    ("link_access", Break(LinkAccess, "with m.Elif(channel.ready):", "with m.Else():")),
    ("outer_product", Break(OuterProductEngine, " & (~self.stop | ar_pending)", " & ~self.stop")),
]


@pytest.mark.parametrize("name", PROOFS)
def test_a_master_keeps_the_rules_of_axi(name):
    outcome = PROOFS[name].run()
    assert outcome.holds, outcome.log


@pytest.mark.parametrize(("name", "broken"), BREAKS, ids=str)
def test_a_broken_design_is_refuted(name, broken):
    assert PROOFS[name].refute(broken, within=9).refuted
