"""First-in first-out buffers at the output of pipelines that cannot stall."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters, place
from .packet import join

SLICE = 512
"""Widest memory in one module: a wider buffer is built from equal slices, each emitted once."""


class BufferSlice(Component):
    """Slice of a buffer's rows, at most :data:`SLICE` bits wide: a ring in memory with a registered read.

    No full flag: the writer is never stalled. Latency 2, initiation interval 1. A row is read at least one cycle after
    it is written, so a read never overlaps with a write to its address: synthesis need not guard against it
    (`no_rw_check`).
    """

    class Parameters(Parameters):
        width: int
        depth: int
        style: str = "block"

    @staticmethod
    def members(p):
        return {"i_data": In(p.width), "i_valid": In(1), "o_data": Out(p.width), "o_valid": Out(1), "o_ready": In(1)}

    def elaborate(self, platform):
        m = Module()
        p, depth = self.p, self.p.depth
        style = {"no_rw_check": 1} | ({"ram_style": p.style} if p.style != "auto" else {})
        m.submodules.ring = ring = Memory(shape=p.width, depth=depth, init=[], attrs=style)
        write = ring.write_port()
        read = ring.read_port()
        beyond = Signal(range(-1, depth), init=-1)  # rows in the ring beyond the first
        fetch = Signal()
        m.d.comb += [
            fetch.eq((beyond >= 0) & (~self.o_valid | self.o_ready)),
            write.data.eq(self.i_data),
            write.en.eq(self.i_valid),
            read.en.eq(fetch),
            self.o_data.eq(read.data),
        ]
        with m.If(self.i_valid):
            m.d.sync += write.addr.eq(Mux(write.addr == depth - 1, 0, write.addr + 1))
        with m.If(fetch):
            m.d.sync += [read.addr.eq(Mux(read.addr == depth - 1, 0, read.addr + 1)), self.o_valid.eq(1)]
        with m.Elif(self.o_ready):
            m.d.sync += self.o_valid.eq(0)
        with m.If(self.i_valid != fetch):
            m.d.sync += beyond.eq(beyond + Mux(fetch, -1, 1))
        return m


class StreamBuffer(Component):
    """First-in first-out buffer at the output of a pipeline that cannot stall.

    Every write is accepted, so the writer reserves space in advance: `reserve` reserves `claim` rows. `space` is high
    while at least `claim` further rows fit, in addition to all reserved rows that have not left by `o`.

    `style` is the kind of memory. With "auto" synthesis chooses; it maps shallow ones to distributed memory.

    Latency 2, initiation interval 1. Area: depth x payload bits of memory, two counters.
    """

    class Parameters(Parameters):
        payload: data.Layout
        depth: int
        claim: int = 1
        style: str = "block"

    @staticmethod
    def members(p):
        return {
            "reserve": In(1),
            "space": Out(1),
            "write": In(stream.Signature(p.payload, always_ready=True)),
            "o": Out(stream.Signature(p.payload)),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        row = self.write.payload.as_value()
        for start in range(0, len(row), SLICE):
            part = slice(start, min(len(row), start + SLICE))
            fifo = place(
                m, platform, f"slice{start}", BufferSlice, width=part.stop - part.start, depth=p.depth, style=p.style
            )
            m.d.comb += [
                fifo.i_data.eq(row[part]),
                fifo.i_valid.eq(self.write.valid),
                self.o.payload.as_value()[part].eq(fifo.o_data),
                fifo.o_ready.eq(self.o.ready),
            ]
        m.d.comb += self.o.valid.eq(fifo.o_valid)  # the slices advance in lockstep

        spare = Signal(range(-p.claim, p.depth - p.claim + 1), init=p.depth - p.claim)  # rows that fit after a claim
        pop = Signal()
        m.d.comb += [pop.eq(self.o.valid & self.o.ready), self.space.eq(spare >= 0)]
        m.d.sync += spare.eq(spare + Mux(self.reserve, Mux(pop, 1 - p.claim, -p.claim), pop))
        return m


def buffered(m, platform, *, reserve, space, row, valid, out, depth: int, style: str = "block"):
    """Insert a :class:`StreamBuffer` between a pipeline that cannot stall and stream `out`, in module `m` as `buffer`.

    `reserve` is driven when a row enters the pipeline, allowed while `space` is high. `row` is `valid` at its output.
    """
    buffer = place(m, platform, "buffer", StreamBuffer, payload=row.shape(), depth=depth, style=style)
    m.d.comb += [
        buffer.reserve.eq(reserve),
        space.eq(buffer.space),
        buffer.write.payload.eq(row),
        buffer.write.valid.eq(valid),
    ]
    join(m, buffer.o, out)
