"""Small float of ANT, for distributions with long tails."""

from amaranth.hdl import Cat, Module, Shape

from .decoder import Decoder, negated
from .operand import Scaled
from .pot import SignedParameters

EXPONENT_BITS = 3


class AntFloatDecoder(Decoder):
    """Float with gradual underflow, in units of its smallest value: a hidden bit of 1 unless the exponent is 0.

    With exponent e and mantissa m of M bits: m at e = 0, otherwise (2^M + m) << (e - 1). Four bits without a sign are
    E3M1, with a sign E3M0.

    Latency 0. Area: a few LUTs. Source: C. Guo et al., ANT, MICRO 2022.
    """

    class Parameters(SignedParameters):
        @property
        def mantissa_bits(self):
            return self.magnitude_bits - EXPONENT_BITS

        @property
        def operand(self):
            longest = (1 << EXPONENT_BITS) - 2
            high = (1 << self.mantissa_bits + 1) - 1 << longest
            integer = Shape(self.mantissa_bits + 1 + self.signed, signed=self.signed)
            return Scaled(integer, longest, -high if self.signed else 0, high)

    def elaborate(self, platform):
        m = Module()
        code, operand = self.codes[0], self.operands[0]
        magnitude, shift = ant_float(code[: self.p.magnitude_bits], self.p.mantissa_bits)
        m.d.comb += [
            operand.integer.eq(negated(m, code[-1] if self.p.signed else None, magnitude)),
            operand.shift.eq(shift),
        ]
        return m


def ant_float(code, mantissa_bits: int):
    """Return (integer, shift) of a code without sign."""
    mantissa, exponent = code[:mantissa_bits], code[mantissa_bits:]
    return Cat(mantissa, exponent != 0), exponent - (exponent != 0)
