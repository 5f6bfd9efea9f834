"""Multiplier of operands that are wider than one multiplier block."""

from amaranth.hdl import Cat, Module, Shape, Signal
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters, place
from .multiply import Multiply

BLOCK = 18
"""Width of a signed operand of one multiplier block, as in most FPGAs."""
CUT = 16
"""Bit at which a wider operand is split."""


class WideMultiply(Component):
    """product = a * b for operands of up to 32 bits, split into halves where they are wider than one block.

    With a = ah * 2^16 + al and b alike: product = (ah * bh, al * bl side by side) + (ah * bl + al * bh) * 2^16.
    Latency 4: operands, products, middle terms, the sum. Initiation interval 1. Area: 1, 2 or 4 multipliers of 18 x 18
    bits, an adder for the middle terms and one for the sum. No register has an enable or a reset, as in
    :class:`.Multiply`.
    """

    LATENCY = 4

    class Parameters(Parameters):
        a: Shape
        b: Shape

    @staticmethod
    def members(p):
        product = Shape(p.a.width + p.b.width, signed=p.a.signed or p.b.signed)
        return {"a": In(p.a), "b": In(p.b), "product": Out(product)}

    def elaborate(self, platform):
        m = Module()
        at = {0: [], CUT: [], 2 * CUT: []}  # products by the position of their lowest bit
        for i, (a_start, a) in enumerate(_parts(self.p.a)):
            for j, (b_start, b) in enumerate(_parts(self.p.b)):
                part = place(
                    m,
                    platform,
                    f"multiply{i}{j}",
                    Multiply,
                    {"a": self.a[a_start : a_start + a.width], "b": self.b[b_start : b_start + b.width]},
                    a=a,
                    b=b,
                    operand_register=True,
                    product_register=True,
                )
                at[a_start + b_start].append(part.product)
        outer = Signal(self.product.shape(), reset_less=True)
        middle = Signal(Shape(BLOCK + CUT, signed=True), reset_less=True)
        result = Signal(self.product.shape(), reset_less=True)
        m.d.sync += [
            outer.eq(Cat(at[0], at[2 * CUT]) if at[2 * CUT] else at[0][0]),
            middle.eq(sum(at[CUT])),
            result.eq(outer + (middle << CUT)),
        ]
        m.d.comb += self.product.eq(result)
        return m


def _parts(shape: Shape) -> list[tuple[int, Shape]]:
    """Return the parts of an operand: start bit and shape of each."""
    if shape.width <= BLOCK - (not shape.signed):
        return [(0, shape)]
    return [(0, Shape(CUT, signed=False)), (CUT, Shape(shape.width - CUT, signed=shape.signed))]
