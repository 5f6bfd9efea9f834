"""The multiplier of every integer array: operands and product each behind a register."""

from amaranth.hdl import Module, Shape, Signal
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters
from .ecp5 import mult18x18d


class Multiply(Component):
    """product = a * b, with a register at each operand and, if `product_register`, one at the product.

    `a` is taken every cycle; `b` only when `load` is high, and is kept otherwise.

    Latency: 1 + product_register cycles from `a`, or from `b` with `load`, to `product`. Initiation interval 1.
    Area: one multiplier. The registers are those that DSP blocks have inside: where the platform names a device whose
    cell is known, that cell replaces the portable description.
    """

    class Parameters(Parameters):
        a: Shape
        b: Shape
        product_register: bool

    @staticmethod
    def members(p):
        product = Shape(p.a.width + p.b.width, signed=p.a.signed or p.b.signed)
        return {"a": In(p.a), "b": In(p.b), "load": In(1), "product": Out(product)}

    def elaborate(self, platform):
        if getattr(platform, "device", None) == "ecp5":
            return mult18x18d(self)
        m = Module()
        held_a = Signal(self.p.a, reset_less=True)
        held_b = Signal(self.p.b, reset_less=True)
        m.d.sync += held_a.eq(self.a)
        with m.If(self.load):
            m.d.sync += held_b.eq(self.b)
        if self.p.product_register:
            product = Signal(self.product.shape(), reset_less=True)
            m.d.sync += product.eq(held_a * held_b)
            m.d.comb += self.product.eq(product)
        else:
            m.d.comb += self.product.eq(held_a * held_b)
        return m
