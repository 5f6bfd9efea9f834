"""Register stage of a stream."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters


class StreamRegister(Component):
    """Register stage: o = i, one cycle later.

    Latency 1, initiation interval 1. Back-pressure is combinational (`i.ready` follows `o.ready`); there is no other
    combinational path. Area: one payload of flip-flops.
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
