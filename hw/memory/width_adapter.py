"""Width adapters between a narrow bus and a memory of wide words: adjacent beats of one word share an access."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, Parameters, place
from ..stream.buffer import StreamBuffer
from .access import Read, Request
from .reader import IN_FLIGHT


class WidthParameters(Parameters):
    """Parameters of a width adapter: `addr_width` counts beats of `width` bits; a word has `parts` beats."""

    addr_width: int
    width: int
    parts: int

    @property
    def part_width(self) -> int:
        return (self.parts - 1).bit_length()

    @property
    def narrow(self) -> Request:
        return Request(self.addr_width, self.width)

    @property
    def wide(self) -> Request:
        return Request(self.addr_width - self.part_width, self.width * self.parts)


class WriteUpsizer(Component):
    """Width adapter of writes: each beat `i` writes its part of a word; consecutive beats of a word share one write.

    The last part of a word completes it; after any other part the word waits one cycle for a further beat. `empty`: no
    beat is stored. Latency 1 from the last part, 2 from others. Initiation interval 1, or 2 after a part that did not
    complete its word if the next beat belongs to another word. `i.ready` depends on `i.payload` and `o.ready`. Area: a
    word.
    """

    Parameters = WidthParameters

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(p.narrow)), "o": Out(stream.Signature(p.wide)), "empty": Out(1)}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        word = self.o.payload
        part = self.i.payload.addr[: p.part_width]
        opened = Signal()  # a word that the next beat may complete
        accepts = Signal()
        merges = Signal()
        m.d.comb += [
            self.empty.eq(~opened & ~self.o.valid),
            merges.eq(opened & (self.i.payload.addr >> p.part_width == word.addr)),
            self.i.ready.eq(merges | (~opened & (~self.o.valid | self.o.ready))),
            accepts.eq(self.i.valid & self.i.ready),
            word.write.eq(1),
        ]
        with m.If(opened | ~self.o.valid | self.o.ready):
            ends = part == p.parts - 1
            m.d.sync += [opened.eq(accepts & ~ends), self.o.valid.eq(accepts & ends | opened & ~accepts)]
        size = p.width // 8
        with m.If(accepts):
            m.d.sync += word.addr.eq(self.i.payload.addr >> p.part_width)
            for n in range(p.parts):
                part_strobe = Mux(part == n, self.i.payload.strobe, 0)
                kept = word.strobe.word_select(n, size)
                m.d.sync += kept.eq(part_strobe | Mux(merges, kept, 0))
                for byte in range(size):
                    with m.If(part_strobe[byte]):
                        m.d.sync += word.data.word_select(n * size + byte, 8).eq(self.i.payload.data[8 * byte :][:8])
        return m


class ReadDownsizer(Component):
    """Width adapter of reads: each beat `i` requests a part of a word, `o` returns it; `req` and `rsp` go to a memory.

    Beats of one word in consecutive cycles read it once. Latency: the port's, 2 at least. Initiation interval 1. `req`
    follows `i` and `o` follows `rsp` combinationally, and the ready signals in the opposite direction. Area: a word,
    8 tags.
    """

    Parameters = WidthParameters

    @staticmethod
    def members(p):
        return {
            "i": In(stream.Signature(p.narrow)),
            "o": Out(stream.Signature(Read(p.width))),
            "req": Out(stream.Signature(p.wide)),
            "rsp": In(stream.Signature(Read(p.width * p.parts))),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        tag = Bundle({"part": max(1, p.part_width), "repeated": 1})
        tags = place(m, platform, "tags", StreamBuffer, payload=tag, depth=IN_FLIGHT, style="distributed")
        addr = self.i.payload.addr >> p.part_width
        last = Signal(addr.shape(), reset_less=True)
        last_valid = Signal()  # the previous beat requested `last`
        repeated = Signal()
        m.d.comb += [
            repeated.eq(last_valid & (addr == last)),
            self.req.payload.addr.eq(addr),
            self.req.valid.eq(self.i.valid & tags.space & ~repeated),
            self.i.ready.eq(tags.space & (repeated | self.req.ready)),
            tags.reserve.eq(self.i.valid & self.i.ready),
            tags.write.valid.eq(tags.reserve),
            tags.write.payload.part.eq(self.i.payload.addr[: p.part_width]),
            tags.write.payload.repeated.eq(repeated),
        ]
        with m.If(~self.i.valid):
            m.d.sync += last_valid.eq(0)
        with m.Elif(tags.reserve):
            m.d.sync += [last_valid.eq(1), last.eq(addr)]

        kept = Signal(p.width * p.parts, reset_less=True)
        word = Signal(p.width * p.parts)
        entry = tags.o.payload
        m.d.comb += [
            word.eq(Mux(entry.repeated, kept, self.rsp.payload.data)),
            self.o.payload.data.eq(word.word_select(entry.part, p.width)),
            self.o.valid.eq(tags.o.valid & (entry.repeated | self.rsp.valid)),
            self.rsp.ready.eq(tags.o.valid & ~entry.repeated & self.o.ready),
            tags.o.ready.eq(self.o.valid & self.o.ready),
        ]
        with m.If(self.rsp.valid & self.rsp.ready):
            m.d.sync += kept.eq(self.rsp.payload.data)
        return m
