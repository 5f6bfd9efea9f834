"""BitBrick: a multiplier of two bits by two bits, the building block of fused multipliers."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib.wiring import In, Out

from ..component import Component

PRODUCT = signed(5)


class BitBrick(Component):
    """BitBrick: product = a * b, each operand two bits, signed (-2 to 1) or unsigned (0 to 3) as selected by its flag.

    Ports: `a`, `b`, two bits each, their flags `a_signed`, `b_signed`, and `product`, -6 to 9, in five bits.

    Latency 0: combinational, without a clock; no back-pressure. Initiation interval 1. Area: ten LUT4. The sum of its
    two rows is written as logic, because synthesis would map a `*` or a `+` of that size to a multiplier block or a
    carry chain.

    Source: H. Sharma et al., Bit Fusion, ISCA 2018, section III (with six bits of product; five suffice).
    """

    unit = "product"
    latency = 0
    peak = 1

    @staticmethod
    def members(p):
        return {"a": In(2), "a_signed": In(1), "b": In(2), "b_signed": In(1), "product": Out(PRODUCT)}

    def elaborate(self, platform):
        m = Module()
        width = PRODUCT.width
        value = Signal(PRODUCT)  # of a
        negative = Signal()  # b[1] counts -2
        first = Signal(width)  # a * b[0]
        second = Signal(width)  # a * 2 * b[1], its complement if negative: `carry` then adds the missing one
        carry = Signal(width)
        m.d.comb += [
            value.eq(Cat(self.a, self.a[1] & self.a_signed).as_signed()),
            negative.eq(self.b[1] & self.b_signed),
            first.eq(Mux(self.b[0], value, 0)),
            second.eq(Mux(self.b[1], (value << 1) ^ negative.replicate(width), 0)),
            carry[0].eq(negative),
            self.product.eq(first ^ second ^ carry),
        ]
        for n in range(width - 1):
            m.d.comb += carry[n + 1].eq((first[n] & second[n]) | (carry[n] & (first[n] | second[n])))
        return m
