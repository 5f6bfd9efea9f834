"""Runs of bytes become AXI bursts."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component
from .descriptor import DmaParameters


def run(p: DmaParameters) -> Bundle:
    """`bytes` from byte address `addr` on; `last` is passed on."""
    return Bundle({"addr": p.addr_width, "bytes": p.run_width, "last": 1})


def burst(p: DmaParameters) -> Bundle:
    """`len` + 1 beats from beat address `beat` on; `last`: the last burst of a run that had it."""
    return Bundle({"beat": p.addr_width - p.lanes, "len": 8, "last": 1})


class Bursts(Component):
    """Runs cut into bursts, each of which ends where its run ends or at a multiple of `burst` beats.

    A burst of the longest kind is 4096 bytes or less and begins at a multiple of its size, so none crosses 4 KiB.

    Latency 2 from run to first burst, initiation interval 1 a burst. Back-pressure: `i.ready` follows `o.ready`. Area:
    an adder for the length, a counter of beats, an incrementer of addresses.
    """

    Parameters = DmaParameters

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(run(p))), "o": Out(stream.Signature(burst(p)))}

    def elaborate(self, platform):
        m = Module()
        p, new, out = self.p, self.i.payload, self.o.payload
        low = p.burst.bit_length() - 1  # bits of a beat's place in the longest burst
        beat = Signal(out.beat.shape(), reset_less=True)
        left = Signal(p.run_width - p.lanes + 1, reset_less=True)
        room = Signal(range(p.burst + 1), reset_less=True)  # beats up to the next multiple
        last, busy = Signal(reset_less=True), Signal()
        advance, fits, length = Signal(), Signal(), Signal(range(p.burst + 1))
        m.d.comb += [
            advance.eq(busy & (~self.o.valid | self.o.ready)),
            fits.eq(left <= room),
            length.eq(Mux(fits, left, room)),
            self.i.ready.eq(~busy | advance & fits),
        ]
        with m.If(advance):
            m.d.sync += [
                out.beat.eq(beat),
                out.len.eq(length - 1),
                out.last.eq(last & fits),
                left.eq(left - room),
                room.eq(p.burst),
                beat[:low].eq(0),
                beat[low:].eq(beat[low:] + 1),
            ]
        with m.If(advance & fits):
            m.d.sync += busy.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [
                busy.eq(1),
                last.eq(new.last),
                beat.eq(new.addr[p.lanes :]),
                left.eq(beats(new.addr[: p.lanes], new.bytes, p)),
                room.eq(p.burst - new.addr[p.lanes : p.lanes + low]),
            ]
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += self.o.valid.eq(busy)
        return m


def beats(offset, count, p: DmaParameters):
    """Beats that `count` bytes touch which begin `offset` bytes into one."""
    return (offset + count + (p.bytes - 1)) >> p.lanes
