"""From the codes of a stream to the operands of a multiplier: what all decoders have in common."""

from dataclasses import dataclass, field

from amaranth.hdl import Mux, Shape, Signal
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..component import Component, Parameters
from .operand import Operand


class DecoderParameters(Parameters):
    """What a stream and an array need to know of a decoder."""

    @property
    def bits(self) -> int:
        """Bits of a code."""
        raise NotImplementedError

    @property
    def operand(self) -> Shape | Operand:
        """What a code is decoded to."""
        raise NotImplementedError

    @property
    def group(self) -> int:
        """Lanes that can only be decoded together."""
        return 1

    @property
    def user(self) -> int:
        """Bits that come with each beat, for all its lanes: which format the codes have at run time."""
        return 0

    @property
    def table(self) -> int:
        """Beats that bring what the codes mean; such beats come with `user` 1 and are no data."""
        return 0

    def at(self, lane: int) -> "DecoderParameters":
        """The parameters of the decoder of that lane, for those whose lanes differ."""
        return self


class Decoder(Component):
    """operands[i] = the integer that codes[i] stands for, as the fields of an operand, in the same cycle.

    Latency 0. What is common to all: ports `codes` and `operands` with the lanes that are decoded together, and `user`,
    if the format is chosen at run time.
    """

    Parameters = DecoderParameters

    @staticmethod
    def members(p):
        return {
            "codes": In(Lanes(p.bits, p.group)),
            **({"user": In(p.user)} if p.user else {}),
            "operands": Out(Lanes(p.operand, p.group)),
        }


@dataclass(frozen=True)
class Format:
    """A number format at an array's edge: `code` is a lane of a stream, `operand` what a multiplier gets.

    Integers need no decoder: both are the same.
    """

    name: str
    code: Shape
    operand: Shape | Operand
    decoder: type[Decoder] | None = None
    decoder_parameters: DecoderParameters = field(default_factory=DecoderParameters)

    def __str__(self):
        return self.name


def decoded(name: str, decoder: type[Decoder], **parameters) -> Format:
    """The format of a decoder."""
    chosen = decoder.Parameters(**parameters)
    return Format(name, Shape(chosen.bits), chosen.operand, decoder, chosen)


def negated(m, sign, magnitude):
    """A magnitude, 0 or more, with its sign in two's complement; as it is where `sign` is None."""
    if sign is None:
        return magnitude
    value = Signal(Shape(len(magnitude) + 1, signed=True), name="magnitude")
    m.d.comb += value.eq(magnitude)
    return Mux(sign, -value, value)
