"""Burst splitter: runs of bytes become AXI bursts."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, place
from ..stream.packet import join
from ..stream.spill import StreamSpill
from .descriptor import DmaParameters


def run(p: DmaParameters) -> Bundle:
    """Run: `bytes` from byte address `addr` on; `last` is passed through."""
    return Bundle({"addr": p.addr_width, "bytes": p.run_width, "last": 1})


def burst(p: DmaParameters) -> Bundle:
    """Burst: `len` + 1 beats from beat address `beat` on; `last`: the last burst of a run with `last`."""
    return Bundle({"beat": p.addr_width - p.lanes, "len": 8, "last": 1})


class BurstSplitter(Component):
    """Burst splitter: cuts runs into bursts, each of which ends where its run ends or at a multiple of `burst` beats.

    The longest burst has 4096 bytes or less and begins at a multiple of its size, so none crosses 4 KiB.

    Latency 2 from run to first burst, initiation interval 1 per burst. Back-pressure: no combinational path from
    `o.ready` to `i.ready`. Area: an adder for the length, a counter of beats, an incrementer of addresses.
    """

    Parameters = DmaParameters

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(run(p))), "o": Out(stream.Signature(burst(p)))}

    def elaborate(self, platform):
        m = Module()
        p, new = self.p, self.i.payload
        spill = place(m, platform, "spill", StreamSpill, payload=burst(p))
        out = spill.i.payload
        join(m, spill.o, self.o)
        low = p.burst.bit_length() - 1  # bits of a beat's index in a block, the longest burst
        beat = Signal(out.beat.shape(), reset_less=True)
        ends = Signal(low, reset_less=True)  # the run's last beat in its block
        blocks = Signal(p.run_width + 1 - low - p.lanes, reset_less=True)  # further blocks that the run touches
        closing = Signal(reset_less=True)
        last = Signal(reset_less=True)
        busy = Signal()
        advance = Signal()
        m.d.comb += [
            advance.eq(busy & spill.i.ready),
            spill.i.valid.eq(busy),
            out.beat.eq(beat),
            out.len.eq(Mux(closing, ends, p.burst - 1) - beat[:low]),
            out.last.eq(last & closing),
            self.i.ready.eq(~busy | advance & closing),
        ]
        with m.If(advance):
            m.d.sync += [beat[:low].eq(0), beat[low:].eq(beat[low:] + 1)]
            m.d.sync += [blocks.eq(blocks - 1), closing.eq(blocks == 1)]
        with m.If(advance & closing):
            m.d.sync += busy.eq(0)
        reach = Signal(p.run_width + 1)
        m.d.comb += reach.eq(new.addr[: p.lanes + low] + new.bytes - 1)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [
                busy.eq(1),
                last.eq(new.last),
                beat.eq(new.addr[p.lanes :]),
                ends.eq(reach[p.lanes :]),
                blocks.eq(reach[p.lanes + low :]),
                closing.eq(reach[p.lanes + low :] == 0),
            ]
        return m


def beats(offset, count, p: DmaParameters):
    """Return the number of beats touched by `count` bytes from byte `offset` of the first beat on."""
    return (offset + count + (p.bytes - 1)) >> p.lanes
