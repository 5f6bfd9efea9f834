"""Temporal alternative to a Fusion Unit: sixteen BitBricks, each with its own shifter and accumulator."""

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..stream.packet import join
from ..stream.spill import StreamSpill
from .bitbrick import BitBrick
from .fused_multiply import BRICKS, SLICES
from .fusion_operands import MODE


class FusionTemporal(Component):
    """Sixteen serial multipliers: y[n] = a[n] * w[n], values of 2, 4, 8 or 16 bits, two bits of each per cycle.

    `x` carries two bits of each of sixteen activations `a` and weights `w`, lane 0 lowest, and their `mode` as in
    `fusion_unit`. Products take (a_bits / 2) * (w_bits / 2) beats: for each slice of `w`, the lowest first, each slice
    of `a`. `y` carries sixteen products.

    Its number of products per cycle equals that of a Fusion Unit: 16, 4, 1, 1/4 at 2, 4, 8, 16 bits. Unlike there,
    they are sixteen separate products, not sums, and a slice is transferred each time it is used.

    Latency 2, from the last of a product's beats. Initiation interval 1. Back-pressure: `x` stalls when `y` does,
    through registers. Area: sixteen BitBricks, each with a shifter, an adder and a register.

    Source: H. Sharma et al., Bit Fusion, ISCA 2018, section III (the design that the Fusion Unit is compared with).
    """

    class Parameters(Parameters):
        acc_width: int = Field(33, ge=8, le=64, description="bits of a result, modulo 2^acc_width; 33 hold all")

    unit = "product"
    latency = 2
    peak = BRICKS

    @staticmethod
    def members(p):
        return {
            "x": In(stream.Signature(Bundle({"a": SLICES, "w": SLICES, "mode": MODE}))),
            "y": Out(stream.Signature(Lanes(Shape(p.acc_width, signed=True), BRICKS))),
        }

    def elaborate(self, platform):
        m = Module()
        register = place(m, platform, "register", StreamSpill, payload=self.x.payload.shape())
        join(m, self.x, register.i)
        x, mode = register.o.payload, register.o.payload.mode
        i = Signal(3)  # the slice of `a`, and of `w`
        j = Signal(3)
        a_top = Signal()  # the slice is the top one
        w_top = Signal()
        final = Signal()
        enable = Signal()
        m.d.comb += [
            a_top.eq(i == (1 << mode.a_size) - 1),
            w_top.eq(j == (1 << mode.w_size) - 1),
            final.eq(a_top & w_top),
            register.o.ready.eq(~self.y.valid | self.y.ready),
            enable.eq(register.o.valid & register.o.ready),
        ]
        with m.If(register.o.ready):
            m.d.sync += self.y.valid.eq(register.o.valid & final)
        with m.If(enable):
            m.d.sync += i.eq(Mux(a_top, 0, i + 1))
            with m.If(a_top):
                m.d.sync += j.eq(Mux(w_top, 0, j + 1))
        for n in range(BRICKS):
            lane = place(m, platform, f"lane{n}", TemporalLane, acc_width=self.p.acc_width)
            m.d.comb += [
                lane.a.eq(x.a[2 * n : 2 * n + 2]),
                lane.a_signed.eq(mode.a_signed & a_top),
                lane.w.eq(x.w[2 * n : 2 * n + 2]),
                lane.w_signed.eq(mode.w_signed & w_top),
                lane.slices.eq(i + j),
                lane.first.eq((i == 0) & (j == 0)),
                lane.enable.eq(enable),
                self.y.payload[n].eq(lane.product),
            ]
        return m


class TemporalLane(Component):
    """product += a * w << 2 * slices, from 0 if `first`; while `enable`. Latency 1."""

    class Parameters(Parameters):
        acc_width: int

    unit = "product"
    latency = 1
    peak = 1

    @staticmethod
    def members(p):
        return {
            "a": In(2),
            "a_signed": In(1),
            "w": In(2),
            "w_signed": In(1),
            "slices": In(range(15)),
            "first": In(1),
            "enable": In(1),
            "product": Out(Shape(p.acc_width, signed=True)),
        }

    def elaborate(self, platform):
        m = Module()
        brick = place(
            m,
            platform,
            "brick",
            BitBrick,
            {"a": self.a, "a_signed": self.a_signed, "b": self.w, "b_signed": self.w_signed},
        )
        shifted = Signal(self.product.shape())
        product = Signal(self.product.shape(), reset_less=True)
        m.d.comb += [shifted.eq(brick.product << Cat(Const(0, 1), self.slices)), self.product.eq(product)]
        with m.If(self.enable):
            m.d.sync += product.eq(Mux(self.first, 0, product) + shifted)
        return m
