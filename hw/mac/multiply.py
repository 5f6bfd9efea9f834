"""Multiplier of every integer array, with the registers that multiplier blocks contain."""

from amaranth.hdl import Module, Shape, Signal
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters
from .ecp5 import mult18x18d


class Multiply(Component):
    """product = a * b, with an optional register at each operand and one at the product.

    Latency: operand_register + product_register cycles. Initiation interval 1. Area: one multiplier. No register has
    an enable or a reset, so that the registers can be those inside a multiplier block, which shares its controls with
    adjacent blocks. Where the platform names a device with a known cell, that cell replaces the portable description.
    """

    class Parameters(Parameters):
        a: Shape
        b: Shape
        operand_register: bool
        product_register: bool

    @staticmethod
    def members(p):
        product = Shape(p.a.width + p.b.width, signed=p.a.signed or p.b.signed)
        return {"a": In(p.a), "b": In(p.b), "product": Out(product)}

    @staticmethod
    def stages(operand_register: bool, product_register: bool) -> int:
        return operand_register + product_register

    def elaborate(self, platform):
        if getattr(platform, "device", None) == "ecp5":
            return mult18x18d(self)
        m = Module()
        a, b = self.a, self.b
        if self.p.operand_register:
            a = Signal(self.p.a, name="operand_a", reset_less=True)
            b = Signal(self.p.b, name="operand_b", reset_less=True)
            m.d.sync += [a.eq(self.a), b.eq(self.b)]
        domain = m.d.sync if self.p.product_register else m.d.comb
        result = Signal(self.product.shape(), reset_less=True)
        domain += result.eq(a * b)
        m.d.comb += self.product.eq(result)
        return m
