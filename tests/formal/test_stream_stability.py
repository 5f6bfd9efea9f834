"""Stability: a beat that is offered stays valid and unchanged until it is accepted, on every stream of a component.

The neighbours keep the same rule.
"""

import pytest
from amaranth.hdl import Value

from systola.hw.bundle import Bundle
from systola.hw.bus.axi_mux import AxiMux, GrantQueue
from systola.hw.bus.axi_slice import AxiSlice
from systola.hw.dma.burst_splitter import BurstSplitter
from systola.hw.dma.pieces import PieceGenerator
from systola.hw.memory.address_generator import AddressGenerator
from systola.hw.noc.network_interface import NetworkInterface
from systola.hw.stream.buffer import StreamBuffer
from systola.hw.stream.loop_nest import LoopNest
from systola.hw.stream.register import StreamRegister
from systola.hw.stream.resize import StreamResize
from systola.hw.stream.skid import StreamSkid
from systola.hw.stream.spill import StreamSpill

from .lemmas import grant_queue, spill
from .prover import Break, Monitor, Proof, streams

WORD = {"payload": Bundle({"n": 8})}
DMA = {"data_width": 32, "local_bytes": 4096, "dims": 2, "outstanding": 2}


def stable(monitor: Monitor, dut):
    """State the rule for every stream: as a guarantee for outputs, as a requirement of inputs."""
    for _, into, ports in streams(dut):
        rule = monitor.require if into else monitor.guarantee
        waits = monitor.before(ports.valid & ~ports.ready)
        rule(ports.valid, when=waits)
        payload = Value.cast(ports.payload)
        rule(payload == monitor.before(payload), when=waits)


PROOFS = {
    "register": Proof(StreamRegister, WORD, stable, induction=2),
    "spill": Proof(StreamSpill, WORD, stable, induction=2),
    "skid": Proof(StreamSkid, WORD, stable, induction=3),
    "buffer": Proof(StreamBuffer, WORD | {"depth": 4}, stable, induction=2),
    "resize up": Proof(StreamResize, {"i_width": 4, "o_width": 12}, stable, induction=2),
    "resize down": Proof(StreamResize, {"i_width": 12, "o_width": 4}, stable, induction=2),
    "loop_nest": Proof(LoopNest, {"loops": 2, "addresses": (("a", 8),), "count_width": 4}, stable, induction=2),
    "address_generator": Proof(AddressGenerator, {"dims": 2, "width": 8}, stable, induction=2),
    "network_interface": Proof(NetworkInterface, {"nodes": 4, "width": 4, "flits": 2, "longest": 2}, stable, bounded=8),
    "axi_slice": Proof(
        AxiSlice, {"addr_width": 16, "data_width": 16}, stable, induction=2, lemmas={StreamSpill: spill}
    ),
    "axi_mux": Proof(
        AxiMux,
        {"masters": 2, "data_width": 16, "addr_width": 8, "outstanding": 2},
        stable,
        induction=2,
        lemmas={GrantQueue: grant_queue},
    ),
    "burst_splitter": Proof(BurstSplitter, DMA, stable, induction=3),
    "pieces": Proof(PieceGenerator, DMA, stable, induction=3),
}

BREAKS = {
    "register": Break(StreamRegister, "~self.o.valid | self.o.ready", "1"),
    "spill": Break(StreamSpill, "m.If(~self.o.valid | self.o.ready)", "m.If(1)"),
    "skid": Break(StreamSkid, "m.If(~waits)", "m.If(1)"),
    "buffer": Break(StreamBuffer, "fifo.o_ready.eq(self.o.ready)", "fifo.o_ready.eq(1)"),
    "resize up": Break(StreamResize, "self.i.ready.eq(count != parts)", "self.i.ready.eq(1)"),
    "resize down": Break(StreamResize, "self.i.ready.eq(count == 0)", "self.i.ready.eq(count <= 1)"),
    "loop_nest": Break(LoopNest, "advance.eq(self.o.valid & self.o.ready)", "advance.eq(self.o.valid)"),
    "address_generator": Break(LoopNest, "advance.eq(self.o.valid & self.o.ready)", "advance.eq(self.o.valid)"),
    "network_interface": Break(StreamSpill, "m.If(~self.o.valid | self.o.ready)", "m.If(1)"),
    "axi_mux": Break(StreamSpill, "m.If(~self.o.valid | self.o.ready)", "m.If(1)"),
    "pieces": Break(StreamSpill, "m.If(~self.o.valid | self.o.ready)", "m.If(1)"),
    "axi_slice": Break(StreamSpill, "m.If(~self.o.valid | self.o.ready)", "m.If(1)"),
    "burst_splitter": Break(StreamSpill, "m.If(~self.o.valid | self.o.ready)", "m.If(1)"),
}


@pytest.mark.parametrize("name", PROOFS)
def test_offers_are_stable(name):
    outcome = PROOFS[name].run()
    assert outcome.holds, outcome.log


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_design_is_refuted(name):
    assert PROOFS[name].refute(BREAKS[name]).refuted
