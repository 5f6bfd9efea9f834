"""Spill register: two registers that cut every combinational path of a stream."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters


class StreamSpill(Component):
    """Spill register: o = i through two registers, no combinational path between the two sides.

    Latency 1, initiation interval 1. Area: two payloads of flip-flops.
    """

    class Parameters(Parameters):
        payload: data.Layout

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(p.payload)), "o": Out(stream.Signature(p.payload))}

    def elaborate(self, platform):
        m = Module()
        front = Signal(self.p.payload, reset_less=True)
        spare = Signal(self.p.payload, reset_less=True)
        full = Signal()  # a beat arrived while `o` was stalled: it is in `spare`
        m.d.comb += [self.i.ready.eq(~full), self.o.payload.eq(front)]
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += [self.o.valid.eq(self.i.valid | full), full.eq(0)]
            m.d.sync += front.as_value().eq(Mux(full, spare.as_value(), self.i.payload.as_value()))
        with m.Elif(self.i.valid & ~full):
            m.d.sync += full.eq(1)
        with m.If(~full):
            m.d.sync += spare.eq(self.i.payload)
        return m
