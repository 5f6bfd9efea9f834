"""Recombination of digit sums, the highest digit first: output stage of wide activations in a Fusion Unit array."""

from amaranth.hdl import Module, Mux, Shape, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..component import Component, Parameters, place
from ..stream.packet import Packet
from .fusion_operands import PART


class AddDigit(Component):
    """sum = part + (sum << 8 if `wide` else 4), or part alone if `first`; while `enable`. Area: an adder."""

    class Parameters(Parameters):
        part_shape: Shape
        sum_shape: Shape

    @staticmethod
    def members(p):
        return {"part": In(p.part_shape), "first": In(1), "wide": In(1), "enable": In(1), "sum": Out(p.sum_shape)}

    def elaborate(self, platform):
        m = Module()
        total = Signal(self.p.sum_shape, reset_less=True)
        above = Mux(self.first, 0, Mux(self.wide, total << 8, total << 4))
        with m.If(self.enable):
            m.d.sync += total.eq(self.part + above)
        m.d.comb += self.sum.eq(total)
        return m


class AddDigits(Component):
    """Rows of sums, one per digit of the activations, combined into one: o = sum over the digits.

    Latency 1, initiation interval 1. `o` to `i` back-pressure is combinational. Area: an adder and a register per lane.
    """

    class Parameters(Parameters):
        lanes: int
        part_shape: Shape
        sum_shape: Shape
        always_ready: bool = False

    @staticmethod
    def members(p):
        def sums(shape, user=None):
            return stream.Signature(Packet(Lanes(shape, p.lanes), user), always_ready=p.always_ready)

        return {"i": In(sums(p.part_shape, PART)), "o": Out(sums(p.sum_shape))}

    def elaborate(self, platform):
        m = Module()
        part = self.i.payload.user
        enable = Signal()
        m.d.comb += enable.eq(~self.o.valid | self.o.ready)
        if not self.p.always_ready:
            m.d.comb += self.i.ready.eq(enable)
        with m.If(enable):
            m.d.sync += [
                self.o.valid.eq(self.i.valid & part.final),
                self.o.payload.last.eq(self.i.payload.last),
            ]
        for n in range(self.p.lanes):
            add = place(m, platform, f"add{n}", AddDigit, part_shape=self.p.part_shape, sum_shape=self.p.sum_shape)
            m.d.comb += [
                add.part.eq(self.i.payload.data[n]),
                add.first.eq(part.first),
                add.wide.eq(part.wide),
                add.enable.eq(enable & self.i.valid),
                self.o.payload.data[n].eq(add.sum),
            ]
        return m
