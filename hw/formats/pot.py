"""Powers of two, and sums of several powers, as shifts."""

from amaranth.hdl import Module

from .decoder import Decoder, DecoderParameters
from .operand import Powers

APOT = {2: ((0, 1, 2),), 3: ((0, 2, 3), (1,)), 4: ((1, 3, 5), (0, 2, 4))}
"""Shifts of each term by the value of its field, from 1 on; by number of bits without the sign, the highest bits
first."""


class SignedParameters(DecoderParameters):
    """Parameters of codes of a magnitude, with a sign above it if `signed`."""

    magnitude_bits: int
    signed: bool = True

    @property
    def bits(self):
        return self.magnitude_bits + self.signed


class PotDecoder(Decoder):
    """Decoder of powers of two: code 0 is 0, code c is 1 << (c - 1); the top bit is the sign, if there is one.

    Latency 0. Area: a decrement. Source: C. Guo et al., ANT, MICRO 2022.
    """

    class Parameters(SignedParameters):
        @property
        def operand(self):
            longest = (1 << self.magnitude_bits) - 2
            return Powers((longest,), self.signed, 1 << longest)

    def elaborate(self, platform):
        m = Module()
        code, operand = self.codes[0], self.operands[0]
        magnitude = code[: self.p.magnitude_bits]
        m.d.comb += [operand.on0.eq(magnitude != 0), operand.shift0.eq(magnitude - 1)]
        if self.p.signed:
            m.d.comb += operand.sign.eq(code[-1])
        return m


class ApotDecoder(Decoder):
    """Decoder of additive powers of two: two bits of a magnitude are a term, 0 or one of three shifts: :data:`APOT`.

    Latency 0. Area: one LUT per bit of a shift. Source: Y. Li et al., APoT, ICLR 2020.
    """

    class Parameters(SignedParameters):
        @property
        def operand(self):
            longest = tuple(max(shifts) for shifts in APOT[self.magnitude_bits])
            return Powers(longest, self.signed, sum(1 << shift for shift in longest))

    def elaborate(self, platform):
        m = Module()
        code, operand = self.codes[0], self.operands[0]
        top = self.p.magnitude_bits
        for n, shifts in enumerate(APOT[top]):
            width = len(shifts).bit_length()
            field = code[top - width : top]
            top -= width
            m.d.comb += operand[f"on{n}"].eq(field != 0)
            for value, shift in enumerate(shifts, 1):
                with m.If(field == value):
                    m.d.comb += operand[f"shift{n}"].eq(shift)
        if self.p.signed:
            m.d.comb += operand.sign.eq(code[-1])
        return m
