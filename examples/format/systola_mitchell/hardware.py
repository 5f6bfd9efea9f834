"""Logarithmic multiplication in hardware: a decoder at the array's edge, an adder and a shifter in each cell."""

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal
from amaranth.lib.wiring import In, Out

from systola.hw.component import Component, Parameters
from systola.hw.formats.decoder import Decoder, DecoderParameters, decoded
from systola.hw.formats.integer import sum_shape
from systola.hw.formats.operand import Operand

BITS = 8
FRACTION = BITS - 1
"""Bits of a logarithm after the point."""
WHOLE = 3
"""Bits of a logarithm before the point: the place of the leading one."""


class MitchellMultiply(Component):
    """product = 0, or 2^(a.log + b.log) with its sign, where 2^(k + x) is approximated as 2^k (1 + x).

    Latency: operand_register + product_register cycles, at the sum of the logarithms and at the product. Initiation
    interval 1. Area: an adder of the logarithms, a shifter and a negation; no multiplier.

    Source: J. N. Mitchell, Computer Multiplication and Division Using Binary Logarithms, IRE Transactions on
    Electronic Computers, 1962.
    """

    class Parameters(Parameters):
        a: Operand
        b: Operand
        operand_register: bool
        product_register: bool

    @staticmethod
    def members(p):
        return {"a": In(p.a), "b": In(p.b), "product": Out(sum_shape(p.a, p.b, 1))}

    @staticmethod
    def stages(operand_register: bool, product_register: bool) -> int:
        return operand_register + product_register

    def elaborate(self, platform):
        m = Module()
        on = Signal(reset_less=True)
        sign = Signal(reset_less=True)
        log = Signal(WHOLE + FRACTION + 1, reset_less=True)
        domain = m.d.sync if self.p.operand_register else m.d.comb
        domain += [
            on.eq(self.a.on & self.b.on),
            sign.eq(self.a.sign ^ self.b.sign),
            log.eq(self.a.log + self.b.log),
        ]
        magnitude = Signal(2 * BITS)
        product = Signal(self.product.shape(), reset_less=True)
        mantissa = Cat(log[:FRACTION], 1)  # 1 + x
        m.d.comb += magnitude.eq(Mux(on, (mantissa << log[FRACTION:]) >> FRACTION, 0))
        domain = m.d.sync if self.p.product_register else m.d.comb
        domain += product.eq(Mux(sign, -magnitude, magnitude))
        m.d.comb += self.product.eq(product)
        return m


class Logarithm(Operand):
    """value = 0 unless `on`, otherwise 2^log, negated by `sign`; `log` has :data:`FRACTION` bits after the point."""

    multiplier = MitchellMultiply

    def __init__(self, low: int, high: int):
        super().__init__({"on": 1, "sign": 1, "log": WHOLE + FRACTION}, low, high)


class MitchellDecoder(Decoder):
    """Logarithm of an integer of eight bits: its leading one is the whole part, the bits below it the fraction.

    Latency 0. Area: a negation if `signed`, a leading-one detector, a shifter.
    """

    class Parameters(DecoderParameters):
        signed: bool

        @property
        def bits(self):
            return BITS

        @property
        def operand(self):
            return Logarithm(-(1 << BITS - 1), (1 << BITS - 1) - 1) if self.signed else Logarithm(0, (1 << BITS) - 1)

    def elaborate(self, platform):
        m = Module()
        code, operand = self.codes[0], self.operands[0]
        sign = code[-1] if self.p.signed else Const(0)
        magnitude = Signal(BITS)
        m.d.comb += [
            magnitude.eq(Mux(sign, -code.as_signed(), code)),
            operand.on.eq(magnitude != 0),
            operand.sign.eq(sign),
        ]
        for place in range(BITS):
            with m.If(magnitude[place]):  # the last assignment, of the leading one, takes effect
                fraction = Cat(Const(0, Shape(FRACTION - place)), magnitude[:place])
                m.d.comb += operand.log.eq(Cat(fraction, Const(place, WHOLE)))
        return m


SIGNED = decoded("mitchell8", MitchellDecoder, signed=True)
UNSIGNED = decoded("umitchell8", MitchellDecoder, signed=False)
