"""Width converter of a stream."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters


class StreamResize(Component):
    """Width converter: `o` carries the bits of `i` in order, low bits first; one width is a multiple of the other.

    Latency 1. Initiation interval: one cycle per narrow word, and one more per wide word. Back-pressure is not
    combinational. Area: the wider word.
    """

    class Parameters(Parameters):
        i_width: int
        o_width: int

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(p.i_width)), "o": Out(stream.Signature(p.o_width))}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        wide, narrow = max(p.i_width, p.o_width), min(p.i_width, p.o_width)
        parts = wide // narrow
        word = Signal(wide, reset_less=True)
        count = Signal(range(parts + 1))  # narrow words stored
        m.d.comb += self.o.payload.eq(word)
        if p.o_width == wide:
            m.d.comb += [self.i.ready.eq(count != parts), self.o.valid.eq(count == parts)]
            with m.If(self.i.valid & self.i.ready):
                m.d.sync += [word.eq(Cat(word, self.i.payload)[narrow:]), count.eq(count + 1)]
            with m.If(self.o.valid & self.o.ready):
                m.d.sync += count.eq(0)
        else:
            m.d.comb += [self.i.ready.eq(count == 0), self.o.valid.eq(count != 0)]
            with m.If(self.i.valid & self.i.ready):
                m.d.sync += [word.eq(self.i.payload), count.eq(parts)]
            with m.If(self.o.valid & self.o.ready):
                m.d.sync += [word.eq(word >> narrow), count.eq(count - 1)]
        return m
