"""Multiplier of bfloat16 numbers with an fp32 product."""

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, signed
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters, place
from .fp32 import LeadingZeros, Subnormals, UnpackedFloat, layout, rounded, shift_right, stage, word
from .multiply import Multiply

FRACTION = 7
BIAS = 126
"""Subtracted from the sum of two biased exponents: gives the exponent of a product whose significand is from 1/2 to
1."""


class Bfloat16Multiply(Component):
    """product = a * b of bfloat16 codes as an fp32 word: exact, since 8 + 8 bits fit into 24, unless it underflows.

    Products below the smallest normal number are rounded to nearest, ties to even, if `subnormals` = "keep". With
    "flush" operands and products that are subnormal are zeros of their sign.

    Latency 6, or 3 if flushed (no product needs more than one shift then). Initiation interval 1. Area: one
    multiplier of 8 x 8 bits, adders of exponents; and, unless flushed, two shifters of 16 and 25 bits.
    """

    class Parameters(Parameters):
        subnormals: Subnormals

    @staticmethod
    def members(p):
        return {"a": In(16), "b": In(16), "product": Out(32)}

    @staticmethod
    def latency(p) -> int:
        return 6 if p.subnormals == "keep" else 3

    def elaborate(self, platform):
        m = Module()
        keep = self.p.subnormals
        waits = self.latency(self.p) - 1
        a, b = (UnpackedFloat(m, name, layout(FRACTION)(getattr(self, name)), keep) for name in "ab")
        shape = Shape(FRACTION + 1)
        ports = {"a": a.significand, "b": b.significand}
        registers = {"operand_register": True, "product_register": True}
        multiply = place(m, platform, "multiply", Multiply, ports, a=shape, b=shape, **registers)
        product = multiply.product

        zero = ~a.significand.any() | ~b.significand.any()
        sign = stage(m, "sign", a.sign ^ b.sign, waits)
        infinite = stage(m, "infinite", a.infinite | b.infinite, waits)
        nan = stage(m, "nan", a.nan | b.nan | ((a.infinite | b.infinite) & zero), waits)
        a_exponent, b_exponent = stage(m, "late_a_exponent", a.exponent), stage(m, "late_b_exponent", b.exponent)
        exponent = Signal(signed(10), reset_less=True)
        m.d.sync += exponent.eq(a_exponent + b_exponent - BIAS)

        # The exponent of a normal product is `exponent` - zeros above the first one; `base` is one less.
        if keep == "flush":
            top = product[-1]
            base = Signal(signed(10))
            m.d.comb += base.eq(exponent - 2 + top)
            significand = Mux(base < 0, 0, Cat(Const(0, 8), Mux(top, product, product << 1)[:16]))
            up = Const(0, 1)
        else:
            zeros = place(m, platform, "zeros", LeadingZeros, {"i": product}, width=16)
            count = stage(m, "count", zeros.count)
            product = stage(m, "counted_product", product)
            counted_exponent = Signal(signed(10), reset_less=True)
            m.d.sync += counted_exponent.eq(exponent)

            # Normalise; then shift back to the last bit of the smallest normal number.
            below = Signal(signed(10))
            m.d.comb += below.eq(count + 1 - counted_exponent)
            back = stage(m, "back", Mux(below > 0, below[:8], 0))
            base = stage(m, "base", Mux(below > 0, 0, (counted_exponent - 1 - count)[:9]))
            normal = stage(m, "normal", (product << count)[:16])
            shifted, sticky = shift_right(m, "back", Cat(Const(0, 9), normal), back)
            base = stage(m, "shifted_base", base)
            significand = stage(m, "significand", shifted[1:])
            up = stage(m, "up", shifted[0] & (sticky | shifted[1]))

        magnitude = rounded(m, significand, base[:8], up, keep)
        m.d.comb += self.product.eq(word(m, "result", sign, magnitude, infinite | (base >= 254), nan))
        return m
