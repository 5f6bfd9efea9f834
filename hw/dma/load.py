"""Load engine of the DMA: read bursts on the bus, writes to the local memory."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bus.axi import Axi4
from ..component import Component, place
from ..memory.access import Request
from ..stream.buffer import StreamBuffer
from ..stream.packet import join
from ..stream.spill import StreamSpill
from .burst_splitter import BurstSplitter
from .byte_aligner import ByteAligner, word
from .descriptor import DmaParameters, checked, outcome, piece
from .pieces import PieceGenerator

INCR = 1


class Load(Component):
    """Load engine: each piece of a descriptor is read from the bus, aligned, and written to the local memory.

    Addresses run ahead of data by up to `outstanding` pieces. A descriptor is complete when its last write was
    accepted. After an error on the bus the rest of its bytes are read and discarded.

    Latency from descriptor to first address: 4 cycles; from beat to write: 2. Initiation interval 1 per beat. There is
    no combinational path from an input to an output. Area: see the parts.
    """

    Parameters = DmaParameters

    @staticmethod
    def members(p):
        bus = Axi4(p.addr_width, p.data_width).members
        return {
            "i": In(stream.Signature(checked(p))),
            "ar": bus["ar"],
            "r": bus["r"],
            "write": Out(stream.Signature(Request(p.local_width - p.lanes, p.data_width))),
            "done": Out(stream.Signature(outcome(p))),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        generator = place(m, platform, "generator", PieceGenerator, **dict(p))
        bursts = place(m, platform, "bursts", BurstSplitter, **dict(p))
        pieces = place(m, platform, "pieces", StreamBuffer, payload=piece(p), depth=p.outstanding, style="auto")
        align = place(m, platform, "align", ByteAligner, **dict(p))
        beats = place(m, platform, "beats", StreamSpill, payload=word(p))
        join(m, self.i, generator.i)

        # Each piece goes to two destinations: to the bus, unless it has no source there, and to the aligner.
        ready = Signal()
        new = generator.o.payload
        bus = bursts.i.payload
        sourceless = new.fill if p.values else Const(0, 1)
        m.d.comb += [
            ready.eq(pieces.space & (bursts.i.ready | sourceless)),
            generator.o.ready.eq(ready),
            pieces.reserve.eq(generator.o.valid & ready),
            pieces.write.valid.eq(pieces.reserve),
            pieces.write.payload.eq(new),
            bursts.i.valid.eq(generator.o.valid & pieces.space & ~sourceless),
            bus.addr.eq(new.bus),
            bus.bytes.eq(new.bytes),
            bus.last.eq(new.last),
            address(self.ar, bursts.o.payload, p),
            self.ar.valid.eq(bursts.o.valid),
            bursts.o.ready.eq(self.ar.ready),
        ]
        m.d.comb += [
            beats.i.valid.eq(self.r.valid),
            beats.i.payload.eq(Cat(self.r.payload.data, self.r.payload.resp)),
            self.r.ready.eq(beats.i.ready),
        ]
        join(m, beats.o, align.i)
        self._moves(m, pieces.o, align.move)

        # The last word waits until the outcome of the previous descriptor was reported.
        out = align.o.payload
        reported = Signal()
        m.d.comb += [
            reported.eq(~out.last | ~self.done.valid),
            self.write.valid.eq(align.o.valid & reported),
            align.o.ready.eq(self.write.ready & reported),
            self.write.payload.addr.eq(out.addr),
            self.write.payload.write.eq(1),
            self.write.payload.data.eq(out.data),
            self.write.payload.strobe.eq(Mux(align.failed, 0, out.strobe)),
        ]
        with m.If(self.done.ready):
            m.d.sync += self.done.valid.eq(0)
        with m.If(align.o.valid & align.o.ready & out.last):
            m.d.sync += self.done.valid.eq(1)
            m.d.sync += self.done.payload.eq(Cat(align.failed, align.decerr, align.beat))
        return m

    def _moves(self, m, pieces, moves):
        """Convert pieces to moves. A piece with a corner turn becomes one move per element."""
        p, new, out = self.p, pieces.payload, moves.payload
        m.d.comb += [
            out.beat.eq(new.bus >> p.lanes),
            out.source.eq(new.bus),
            out.target.eq(new.local),
            out.addr.eq(new.local >> p.lanes),
            out.bytes.eq(new.bytes),
            out.last.eq(new.last),
            moves.valid.eq(pieces.valid),
            pieces.ready.eq(moves.ready),
        ]
        if p.values:
            m.d.comb += [out.fill.eq(new.fill), out.value.eq(new.value)]
        if not p.scatter:
            return
        going = Signal()  # after the first element
        bus_at = Signal(p.addr_width, reset_less=True)
        local_at = Signal(p.local_width, reset_less=True)
        bytes_left = Signal(p.run_width, reset_less=True)  # after the current element
        bus_addr = Signal.like(bus_at)
        target = Signal.like(local_at)
        remaining = Signal.like(bytes_left)
        size = Signal(range(p.bytes + 1))
        ends = Signal()
        full = Signal()
        m.d.comb += [
            bus_addr.eq(Mux(going, bus_at, new.bus)),
            target.eq(Mux(going, local_at, new.local)),
            remaining.eq(Mux(going, bytes_left, new.bytes)),
            size.eq(1 << new.size),
            ends.eq(remaining == size),
            full.eq((bus_addr[: p.lanes] + size)[p.lanes]),
        ]
        with m.If(new.turn):
            m.d.comb += [
                out.beat.eq(bus_addr >> p.lanes),
                out.source.eq(bus_addr),
                out.target.eq(target),
                out.addr.eq(target >> p.lanes),
                out.bytes.eq(size),
                out.last.eq(new.last & ends),
                out.keep.eq(~full & ~ends),
                pieces.ready.eq(moves.ready & ends),
            ]
            with m.If(moves.valid & moves.ready):
                m.d.sync += [going.eq(~ends), bytes_left.eq(remaining - size)]
                m.d.sync += [bus_at.eq(bus_addr + size), local_at.eq(target + new.step)]


def address(channel, burst, p: DmaParameters):
    """Drive the payload of an address channel from a burst."""
    fields = channel.payload
    return [
        fields.id.eq(0),
        fields.addr.eq(burst.beat << p.lanes),
        fields.len.eq(burst.len),
        fields.size.eq(p.lanes),
        fields.burst.eq(INCR),
    ]
