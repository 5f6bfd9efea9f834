"""Outlier-victim pairs: an outlier uses the code space of its neighbour, which becomes 0."""

from typing import Literal

from amaranth.hdl import Const, Module, Mux, Shape

from .abfloat import abfloat
from .decoder import Decoder, DecoderParameters, negated
from .flint import flint
from .operand import Scaled

Normal = Literal["int4", "flint4", "int8", "int4 or flint4"]


class OliveDecoder(Decoder):
    """Decoder of pairs: the identifier 100..0 is a victim, 0, and the other code of the pair is then abfloat.

    Otherwise both are normal. A pair of two identifiers is 0, 0. Outliers are E2M1 of bias 2 with int4, E2M1 of bias 3
    with flint4, E4M3 of bias 4 with int8. "int4 or flint4" is selected by `user`: 0 is int4, 1 is flint4.

    Latency 0. Area: per code a decoder of normal values, one of outliers, and a multiplexer.
    Source: C. Guo et al., OliVe, ISCA 2023, section 4.
    """

    class Parameters(DecoderParameters):
        normal: Normal

        @property
        def bits(self):
            return 8 if self.normal == "int8" else 4

        @property
        def group(self):
            return 2

        @property
        def user(self):
            return int(self.normal == "int4 or flint4")

        @property
        def bias(self):
            """Bias of abfloat; the largest one, where it is selected at run time."""
            return {"int4": 2, "int8": 4}.get(self.normal, 3)

        @property
        def mantissa_bits(self):
            return 3 if self.normal == "int8" else 1

        @property
        def operand(self):
            longest = (1 << self.bits - 1 - self.mantissa_bits) - 1 + self.bias
            high = (1 << self.mantissa_bits + 1) - 1 << longest
            return Scaled(Shape(self.bits, signed=True), longest, -high, high)

    def elaborate(self, platform):
        m = Module()
        p = self.p
        identifier = 1 << p.bits - 1
        bias = 2 + self.user if p.user else p.bias
        for code, other, operand in zip(self.codes, reversed(list(self.codes)), self.operands, strict=True):
            sign, magnitude = code[-1], code[:-1]
            with m.If(code == identifier):
                m.d.comb += operand.as_value().eq(0)
            with m.Elif(other == identifier):
                outlier, shift = abfloat(magnitude, p.mantissa_bits, bias)
                m.d.comb += [operand.integer.eq(negated(m, sign, outlier)), operand.shift.eq(shift)]
            with m.Else():
                whole, (base, shift) = code.as_signed(), flint(magnitude)
                is_flint = self.user if p.user else Const(p.normal == "flint4")
                m.d.comb += [
                    operand.integer.eq(Mux(is_flint, negated(m, sign, base), whole)),
                    operand.shift.eq(Mux(is_flint, shift, 0)),
                ]
        return m
