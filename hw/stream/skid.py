"""Skid buffer: one spare place that cuts the back-pressure path of a stream."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters


class StreamSkid(Component):
    """A place for one beat beside a stream, so that `i.ready` depends on no input: o = i, in the same cycle.

    Latency 0, initiation interval 1. `i` to `o` is combinational, back-pressure is not: what comes while `o` is
    stalled waits in the place, and `i.ready` is low until it has gone.
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
