"""Streams of packets, and the registers and buffers between them."""

from amaranth.hdl import Module, Shape, Signal
from amaranth.lib import data, stream
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters


class Packet(data.StructLayout):
    """Payload of a packet stream: `data`, and `last`, high in the final beat of a packet.

    At the edge of generated Verilog such a stream is AXI4-Stream: tdata and tlast.
    """

    def __init__(self, shape):
        super().__init__({"data": shape, "last": 1})


def lanes(shape, count: int) -> stream.Signature:
    """A packet stream of `count` lanes."""
    return stream.Signature(Packet(data.ArrayLayout(shape, count)))


class StreamRegister(Component):
    """One register in a stream: o = i, one cycle later.

    Latency 1, initiation interval 1. `o` to `i` back-pressure is combinational (`i.ready` follows `o.ready`); nothing
    else is. Area: one payload of flip-flops.
    """

    class Parameters(Parameters):
        payload: data.Layout

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(p.payload)), "o": Out(stream.Signature(p.payload))}

    def elaborate(self, platform):
        m = Module()
        payload = Signal(self.p.payload, reset_less=True)
        m.d.comb += [self.i.ready.eq(~self.o.valid | self.o.ready), self.o.payload.eq(payload)]
        with m.If(self.i.ready):
            m.d.sync += [self.o.valid.eq(self.i.valid), payload.eq(self.i.payload)]
        return m


class StreamBuffer(Component):
    """First-in first-out buffer behind a pipeline that cannot stop.

    Whatever is written is kept: the writer asks for room beforehand. `room` is high while at least `claim` further
    rows, beyond all that were claimed and have not left through `o`, would fit; a claim is made with `take`.

    Latency 2, initiation interval 1. Area: depth x payload bits of memory, two counters.
    """

    class Parameters(Parameters):
        payload: data.Layout
        depth: int
        claim: int = 1

    @staticmethod
    def members(p):
        return {
            "take": In(1),
            "room": Out(1),
            "write": In(stream.Signature(p.payload, always_ready=True)),
            "o": Out(stream.Signature(p.payload)),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        m.submodules.fifo = fifo = SyncFIFOBuffered(width=Shape.cast(p.payload).width, depth=p.depth)
        m.d.comb += [
            fifo.w_data.eq(self.write.payload),
            fifo.w_en.eq(self.write.valid),
            self.o.payload.eq(fifo.r_data),
            self.o.valid.eq(fifo.r_rdy),
            fifo.r_en.eq(self.o.ready),
        ]
        claimed = Signal(range(p.depth + 1))
        after = Signal(range(p.depth + p.claim + 1))
        left = Signal()
        m.d.comb += [
            left.eq(self.o.valid & self.o.ready),
            after.eq(claimed + p.claim * self.take - left),
        ]
        room = Signal(init=1)  # one cycle ahead, so that no adder stands before the writer's decision
        m.d.sync += [claimed.eq(after), room.eq(after <= p.depth - p.claim)]
        m.d.comb += self.room.eq(room)
        return m
