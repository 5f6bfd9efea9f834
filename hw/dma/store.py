"""Store engine of the DMA: reads of the local memory, write bursts on the bus."""

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..bus.axi import Axi4
from ..component import Component, place
from ..memory.access import Read, Request
from ..stream.buffer import StreamBuffer
from ..stream.packet import join
from ..stream.register import StreamRegister
from ..stream.spill import StreamSpill
from .burst_splitter import BurstSplitter, beats, burst
from .byte_aligner import ByteAligner, word
from .descriptor import DmaParameters, checked, outcome, piece
from .load import address
from .pieces import PieceGenerator


class Store(Component):
    """Store engine: each piece of a descriptor is read from the local memory, aligned, and written to the bus.

    Addresses and data are issued independently of each other, as AXI requires. At most `outstanding` bursts wait for
    their response. A descriptor is complete when the response to its last burst was received.

    Latency from descriptor to first address: 5 cycles. Initiation interval 1 per beat. There is no combinational path
    from an input to an output. Area: see the parts.
    """

    Parameters = DmaParameters

    @staticmethod
    def members(p):
        bus = Axi4(p.addr_width, p.data_width).members
        return {
            "i": In(stream.Signature(checked(p))),
            "aw": bus["aw"],
            "w": bus["w"],
            "b": bus["b"],
            "read": Out(stream.Signature(Request(p.local_width - p.lanes, p.data_width))),
            "found": In(stream.Signature(Read(p.data_width))),
            "done": Out(stream.Signature(outcome(p))),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        generator = place(m, platform, "generator", PieceGenerator, **dict(p))
        bursts = place(m, platform, "bursts", BurstSplitter, **dict(p))
        reader = place(m, platform, "reader", StoreReader, **dict(p))
        pieces = place(m, platform, "pieces", StreamBuffer, payload=piece(p), depth=p.outstanding, style="auto")
        align = place(m, platform, "align", ByteAligner, **dict(p))
        words = place(m, platform, "words", StreamSpill, payload=word(p))
        join(m, self.i, generator.i)
        join(m, reader.o, self.read)

        # Each piece goes to three destinations: to the local memory, to the aligner, and to the bus.
        ready = Signal()
        new = generator.o.payload
        sourceless = new.fill if p.values else Const(0, 1)
        reads = reader.i.ready | sourceless
        m.d.comb += [
            ready.eq(pieces.space & bursts.i.ready & reads),
            generator.o.ready.eq(ready),
            pieces.reserve.eq(generator.o.valid & ready),
            pieces.write.valid.eq(pieces.reserve),
            pieces.write.payload.eq(new),
            bursts.i.valid.eq(pieces.reserve),
            bursts.i.payload.eq(Cat(new.bus, new.bytes, new.last)),
            reader.i.valid.eq(pieces.reserve & ~sourceless),
            reader.i.payload.eq(Cat(new.local, new.bytes)),
        ]
        out = align.move.payload
        old = pieces.o.payload
        m.d.comb += [
            words.i.valid.eq(self.found.valid),
            words.i.payload.data.eq(self.found.payload.data),
            self.found.ready.eq(words.i.ready),
            align.move.valid.eq(pieces.o.valid),
            pieces.o.ready.eq(align.move.ready),
            out.source.eq(old.local),
            out.target.eq(old.bus),
            out.bytes.eq(old.bytes),
            out.last.eq(old.last),
        ]
        if p.values:
            m.d.comb += [out.fill.eq(old.fill), out.value.eq(old.value)]
        join(m, words.o, align.i)
        self._bus(m, platform, bursts.o, align.o)
        return m

    def _bus(self, m, platform, bursts, data):
        p = self.p
        sent = place(m, platform, "sent", StreamRegister, payload=burst(p))
        lengths = place(
            m, platform, "lengths", StreamBuffer, payload=Bundle({"len": 8}), depth=p.outstanding, style="auto"
        )
        waiting = place(m, platform, "waiting", StreamBuffer, payload=burst(p), depth=p.outstanding, style="auto")
        go = Signal()
        m.d.comb += [
            go.eq(bursts.valid & bursts.ready),
            bursts.ready.eq(sent.i.ready & lengths.space & waiting.space),
            sent.i.valid.eq(bursts.valid & lengths.space & waiting.space),
            sent.i.payload.eq(bursts.payload),
            address(self.aw, sent.o.payload, p),
            self.aw.valid.eq(sent.o.valid),
            sent.o.ready.eq(self.aw.ready),
            lengths.reserve.eq(go),
            lengths.write.valid.eq(go),
            lengths.write.payload.len.eq(bursts.payload.len),
            waiting.reserve.eq(go),
            waiting.write.valid.eq(go),
            waiting.write.payload.eq(bursts.payload),
        ]

        passed = Signal(8)  # beats of the current burst
        moves = Signal()
        m.d.comb += [
            self.w.valid.eq(data.valid & lengths.o.valid),
            data.ready.eq(self.w.ready & lengths.o.valid),
            self.w.payload.data.eq(data.payload.data),
            self.w.payload.strb.eq(data.payload.strobe),
            self.w.payload.last.eq(passed == lengths.o.payload.len),
            moves.eq(self.w.valid & self.w.ready),
            lengths.o.ready.eq(moves & self.w.payload.last),
        ]
        with m.If(moves):
            m.d.sync += passed.eq(passed + 1)
            with m.If(self.w.payload.last):
                m.d.sync += passed.eq(0)

        # state of the current descriptor
        failed = Signal()
        decerr = Signal()
        beat = Signal(p.addr_width - p.lanes)
        first = waiting.o.payload
        bad = Signal()
        taken = Signal()
        m.d.comb += [
            self.b.ready.eq(waiting.o.valid & ~self.done.valid),
            taken.eq(self.b.ready & self.b.valid),
            waiting.o.ready.eq(taken),
            bad.eq(self.b.payload.resp[1] & ~failed),
        ]
        with m.If(self.done.ready):
            m.d.sync += self.done.valid.eq(0)
        with m.If(taken):
            with m.If(bad):
                m.d.sync += [failed.eq(1), decerr.eq(self.b.payload.resp[0]), beat.eq(first.beat)]
            with m.If(first.last):
                m.d.sync += [self.done.valid.eq(1), failed.eq(0), self.done.payload.failed.eq(failed | bad)]
                m.d.sync += self.done.payload.decerr.eq(decerr)
                m.d.sync += self.done.payload.beat.eq(beat)
                with m.If(bad):
                    m.d.sync += self.done.payload.decerr.eq(self.b.payload.resp[0])
                    m.d.sync += self.done.payload.beat.eq(first.beat)


class StoreReader(Component):
    """Store reader: requests from the local memory the words that a run of bytes touches.

    Latency 1, initiation interval 1 per word. Back-pressure: `i.ready` follows `o.ready`. Area: an address, a counter.
    """

    Parameters = DmaParameters

    @staticmethod
    def members(p):
        return {
            "i": In(stream.Signature(Bundle({"addr": p.local_width, "bytes": p.run_width}))),
            "o": Out(stream.Signature(Request(p.local_width - p.lanes, p.data_width))),
        }

    def elaborate(self, platform):
        m = Module()
        p, new = self.p, self.i.payload
        remaining = Signal(p.run_width - p.lanes + 1, reset_less=True)
        addr = Signal(p.local_width - p.lanes, reset_less=True)
        closing = Signal(reset_less=True)
        m.d.comb += [
            self.o.payload.addr.eq(addr),
            self.i.ready.eq(~self.o.valid | self.o.ready & closing),
        ]
        with m.If(self.o.ready):
            m.d.sync += [remaining.eq(remaining - 1), closing.eq(remaining == 2), addr.eq(addr + 1)]
            with m.If(closing):
                m.d.sync += self.o.valid.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += self.o.valid.eq(1)
            words = beats(new.addr[: p.lanes], new.bytes, p)
            m.d.sync += [remaining.eq(words), closing.eq(words == 1), addr.eq(new.addr >> p.lanes)]
        return m
