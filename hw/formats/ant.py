"""ANT: the number type of a tensor is selected at run time; four multipliers of 4 bits form one of 8 bits."""

from amaranth.hdl import Module, Shape, Signal
from amaranth.lib import enum

from .ant_float import EXPONENT_BITS, ant_float
from .decoder import Decoder, DecoderParameters
from .flint import flint
from .operand import Scaled


class AntType(enum.Enum, shape=3):
    """Type of the codes of a beat: four bits of one of ANT's types, or the halves of integers of 8 bits.

    BYTES: even lanes carry low halves, odd lanes high ones, so that the beat holds integers of 8 bits, low end first.
    """

    INT = 0
    FLINT = 1
    POT = 2
    FLOAT = 3
    LOW = 4
    HIGH = 5
    BYTES = 6


class AntDecoder(Decoder):
    """Decoder of four-bit codes of the type that `user` selects (:class:`AntType`).

    A low half is an integer from 0 to 15, a high half one with the tensor's sign, << 4. `odd` lanes receive high halves
    of BYTES.

    Latency 0. Area: one decoder per type and a multiplexer. Source: C. Guo et al., ANT, MICRO 2022.
    """

    class Parameters(DecoderParameters):
        signed: bool = True
        odd: bool = False

        @property
        def bits(self):
            return 4

        @property
        def user(self):
            return Shape.cast(AntType).width

        @property
        def operand(self):
            if self.signed:
                return Scaled(Shape(5, signed=True), 6, -8 << 4, 7 << 4)
            return Scaled(Shape(4), 14, 0, 1 << 14)

        def at(self, lane):
            return type(self)(signed=self.signed, odd=lane % 2 == 1)

    def elaborate(self, platform):
        m = Module()
        p, code, operand = self.p, self.codes[0], self.operands[0]
        magnitude = code[:3] if p.signed else code
        low, high = (code, 0), (code.as_signed() if p.signed else code, 4)
        base = Signal(operand.integer.shape())  # before the negation by a separate sign
        with m.Switch(self.user):
            for kind, (integer, shift) in {
                AntType.INT: (high[0], 0),
                AntType.FLINT: flint(magnitude),
                AntType.POT: (magnitude != 0, magnitude - (magnitude != 0)),
                AntType.FLOAT: ant_float(magnitude, len(magnitude) - EXPONENT_BITS),
                AntType.LOW: low,
                AntType.HIGH: high,
                None: high if p.odd else low,
            }.items():
                with m.Default() if kind is None else m.Case(kind):
                    m.d.comb += [base.eq(integer), operand.shift.eq(shift)]
        m.d.comb += operand.integer.eq(base)
        if p.signed:
            with m.If(code[-1] & self.user.matches(AntType.FLINT, AntType.POT, AntType.FLOAT)):
                m.d.comb += operand.integer.eq(-base)
        return m
