"""Decoders between a stream of codes and an engine: one per lane, not one per multiplier."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..component import Component, Parameters, place
from ..stream.packet import Packet, join, lanes
from ..stream.register import StreamRegister
from .decoder import Format


def codes(format: Format, count: int) -> stream.Signature:
    """Return a packet stream of `count` lanes of a format, with the `user` bits of its decoders."""
    return stream.Signature(Packet(Lanes(format.code, count), user=format.decoder_parameters.user or None))


class Decoders(Component):
    """Decoders of a stream: o.data[n] = the operand that i.data[n] stands for, with the same `last`.

    If the codes need a table, beats with `user` 1 carry it and are not forwarded: each lane fills its own, four bits
    per beat, from the start after every beat of data.

    Latency 1, initiation interval 1. `o` to `i` back-pressure is combinational; there is no other combinational path.
    Area: a register of codes, `count` decoders.
    """

    class Parameters(Parameters):
        format: Format
        count: int

    unit = "value"
    latency = 1

    @property
    def peak(self) -> int:
        return self.p.count

    @staticmethod
    def members(p):
        return {"i": In(codes(p.format, p.count)), "o": Out(lanes(p.format.operand, p.count))}

    def elaborate(self, platform):
        m = Module()
        format, parameters = self.p.format, self.p.format.decoder_parameters
        register = place(m, platform, "register", StreamRegister, payload=self.i.payload.shape())
        join(m, self.i, register.i)
        beat = register.o
        m.d.comb += [
            self.o.payload.last.eq(beat.payload.last),
            self.o.valid.eq(beat.valid),
            beat.ready.eq(self.o.ready),
        ]
        common = {"user": beat.payload.user} if parameters.user else {}
        if parameters.table:
            place_ = Signal(range(parameters.table))
            write = Signal()
            m.d.comb += write.eq(beat.valid & beat.payload.user)
            with m.If(write):
                m.d.comb += [self.o.valid.eq(0), beat.ready.eq(1)]
                m.d.sync += place_.eq(place_ + 1)
            with m.Elif(beat.valid):
                m.d.sync += place_.eq(0)
            common = {"write": write, "place": place_}
        if format.decoder is None:
            m.d.comb += self.o.payload.data.eq(beat.payload.data)
            return m
        source, target = beat.payload.data.as_value(), self.o.payload.data.as_value()
        bits, width = format.code.width, len(target) // self.p.count
        for lane in range(0, self.p.count, parameters.group):
            stop = lane + parameters.group
            connect = {"codes": source[lane * bits : stop * bits], "operands": target[lane * width : stop * width]}
            place(m, platform, f"lane{lane}", format.decoder, connect | common, **dict(parameters.at(lane)))
        return m
