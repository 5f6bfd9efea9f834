"""Skid buffer: one spare register that cuts the back-pressure path of a stream."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters


class StreamSkid(Component):
    """Skid buffer: o = i in the same cycle, with one spare register, so that `i.ready` depends on no input.

    Latency 0, initiation interval 1. `i` to `o` is combinational, back-pressure is not: a beat that arrives while `o`
    is stalled is stored, and `i.ready` is low until it has left.
    Area: one payload of flip-flops and of multiplexers.
    """

    class Parameters(Parameters):
        payload: data.Layout

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(p.payload)), "o": Out(stream.Signature(p.payload))}

    def elaborate(self, platform):
        m = Module()
        waits = Signal()
        payload = Signal(self.p.payload, reset_less=True)
        m.d.comb += [
            self.i.ready.eq(~waits),
            self.o.valid.eq(self.i.valid | waits),
            self.o.payload.eq(Mux(waits, payload, self.i.payload)),
        ]
        m.d.sync += waits.eq(self.o.valid & ~self.o.ready)
        with m.If(~waits):
            m.d.sync += payload.eq(self.i.payload)
        return m
