"""Decoder contract: from the codes of a stream to the operands of a multiplier."""

from dataclasses import dataclass, field

from amaranth.hdl import Mux, Shape, Signal
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..component import Component, Parameters
from .operand import Operand


class DecoderParameters(Parameters):
    """Properties of a decoder that streams and arrays depend on."""

    @property
    def bits(self) -> int:
        """Bits of a code."""
        raise NotImplementedError

    @property
    def operand(self) -> Shape | Operand:
        """Type of a decoded code."""
        raise NotImplementedError

    @property
    def group(self) -> int:
        """Number of lanes that are decoded together."""
        return 1

    @property
    def user(self) -> int:
        """Bits that accompany each beat, for all its lanes: selection of the format at run time."""
        return 0

    @property
    def table(self) -> int:
        """Number of beats that carry the table of the codes; such beats have `user` 1 and are no data."""
        return 0

    def at(self, lane: int) -> "DecoderParameters":
        """Return the parameters of that lane's decoder, for decoders whose lanes differ."""
        return self


class Decoder(Component):
    """Decoder: operands[i] = the integer that codes[i] stands for, as the fields of an operand, in the same cycle.

    Latency 0. Common to all: ports `codes` and `operands` with the lanes that are decoded together, and `user` if the
    format is selected at run time.
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
    """Number format at an array's edge: `code` is a lane of a stream, `operand` the input of a multiplier.

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
    """Return the format of a decoder."""
    chosen = decoder.Parameters(**parameters)
    return Format(name, Shape(chosen.bits), chosen.operand, decoder, chosen)


def negated(m, sign, magnitude):
    """Return a magnitude, 0 or more, with its sign in two's complement; unchanged if `sign` is None."""
    if sign is None:
        return magnitude
    value = Signal(Shape(len(magnitude) + 1, signed=True), name="magnitude")
    m.d.comb += value.eq(magnitude)
    return Mux(sign, -value, value)
