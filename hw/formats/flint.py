"""flint: the position of the first 1 separates exponent and mantissa."""

from amaranth.hdl import Cat, Module, Mux, Shape

from .decoder import Decoder, negated
from .operand import Scaled
from .pot import SignedParameters


class FlintDecoder(Decoder):
    """Decoder of flint to small integers and shifts (the int-based decoder).

    Of n bits without the sign, with z the leading zeros of the lower n - 1: msb 0 is the lower bits unchanged; msb 1
    is the lower bits << 1, or 1 if they are all 0, << 2 z.

    Latency 0. Area: the count of leading zeros. Source: C. Guo et al., ANT, MICRO 2022, section 4.
    """

    class Parameters(SignedParameters):
        @property
        def operand(self):
            n = self.magnitude_bits
            high = 1 << 2 * (n - 1)
            integer = Shape(n + self.signed, signed=self.signed)
            return Scaled(integer, 2 * (n - 1), -high if self.signed else 0, high)

    def elaborate(self, platform):
        m = Module()
        code, operand = self.codes[0], self.operands[0]
        magnitude, shift = flint(code[: self.p.magnitude_bits])
        m.d.comb += [
            operand.integer.eq(negated(m, code[-1] if self.p.signed else None, magnitude)),
            operand.shift.eq(shift),
        ]
        return m


def flint(code):
    """Return (integer, shift) of a code of flint without sign."""
    rest, large = code[:-1], code[-1]
    zeros = len(rest)
    for place in range(len(rest)):
        zeros = Mux(rest[place], len(rest) - 1 - place, zeros)
    return Mux(large, Cat(rest == 0, rest), rest), Mux(large, Cat(0, zeros), 0)
