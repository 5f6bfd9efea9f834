"""Multiplier of Lattice iCE40 UltraPlus: two products of 8 bits per block."""

from amaranth.hdl import Cat, ClockSignal, Const, Instance, Module, Signal, signed
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..component import Component

BYTES = Lanes(signed(8), 2)
PRODUCTS = Lanes(signed(16), 2)
UNUSED = [
    *("C", "D", "AHOLD", "BHOLD", "CHOLD", "DHOLD", "IRSTTOP", "IRSTBOT", "ORSTTOP", "ORSTBOT", "OLOADTOP", "OLOADBOT"),
    *("ADDSUBTOP", "ADDSUBBOT", "OHOLDTOP", "OHOLDBOT", "CI", "ACCUMCI", "SIGNEXTIN"),
]
"""Inputs of a block whose hold, reset and adder functions are unused."""


class TwoProducts(Component):
    """Pair of int8 products: product[n] = a[n] * b[n]; one SB_MAC16 on iCE40, otherwise two multipliers.

    Latency 1, initiation interval 1. Area: half of what two multipliers of 16 bits take.

    Source: Lattice, iCE40 Technology Library, SB_MAC16 (the multiplier of 8 x 8 bits with its register).
    """

    @staticmethod
    def members(p):
        return {"a": In(BYTES), "b": In(BYTES), "product": Out(PRODUCTS)}

    def elaborate(self, platform):
        m = Module()
        if getattr(platform, "device", None) == "ice40":
            m.submodules.mac = Instance(
                "SB_MAC16",
                **dict.fromkeys(("p_A_SIGNED", "p_B_SIGNED", "p_MODE_8x8"), Const(1, 1)),
                **dict.fromkeys(("p_TOP_8x8_MULT_REG", "p_BOT_8x8_MULT_REG"), Const(1, 1)),
                **dict.fromkeys(("p_TOPOUTPUT_SELECT", "p_BOTOUTPUT_SELECT"), Const(0b10, 2)),
                i_CLK=ClockSignal(),
                i_CE=Const(1),
                **{f"i_{name}": Const(0, 16 if name in "CD" else 1) for name in UNUSED},
                i_A=self.a.as_value(),
                i_B=self.b.as_value(),
                o_O=self.product.as_value(),
            )
            return m
        products = [Signal(signed(16), name=f"product{n}", reset_less=True) for n in range(2)]
        m.d.sync += [product.eq(self.a[n] * self.b[n]) for n, product in enumerate(products)]
        m.d.comb += self.product.as_value().eq(Cat(products))
        return m
