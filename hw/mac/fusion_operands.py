"""Operand distribution of a Fusion Unit: selects the two bits that each BitBrick receives in each cycle."""

from itertools import product as every

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, Parameters, place
from ..stream.packet import lanes
from .fused_multiply import ACTIVATION, BRICKS, WEIGHT, place_of

MODE = Bundle({"a_size": 2, "w_size": 2, "a_signed": 1, "w_signed": 1})
"""Widths, 2 << size bits: 2, 4, 8 or 16; and signs. Sixteen by two bits is not one of them."""
WORD = 32
"""Bits of an operand word: up to sixteen values of 2 bits, eight of 4, four of 8 or two of 16, the first the lowest."""
PART = Bundle({"first": 1, "final": 1, "wide": 1})
"""Digit of the values that a row contains: first (highest), final; and `wide` if digits have 8 bits, not 4."""


SIZES = (2, 4, 8, 16)


def digit_bits(a_bits: int, w_bits: int) -> int:
    """Return the bits of an activation that enter the bricks at once; weights always enter whole."""
    return min(a_bits, 4 if w_bits == 16 else 8)


class ArrangeActivation(Component):
    """Activation operand: slices of a word's activations, or of their `digit`, per brick, and the fusion control.

    `top` marks the highest digit. Latency 0. Area: 32 multiplexers.
    """

    @staticmethod
    def members(p):
        return {"word": In(WORD), "mode": In(MODE), "digit": In(2), "top": In(1), "operand": Out(ACTIVATION)}

    def elaborate(self, platform):
        m = Module()
        sources = []
        for w_bits, a_bits, digit in every(SIZES, SIZES, range(4)):
            if (a_bits, w_bits) == (16, 2):
                a_bits = 8  # not a mode: no logic for it
            width = digit_bits(a_bits, w_bits)
            start = digit % (a_bits // width) * width
            places = [place_of(brick, width, w_bits) for brick in range(BRICKS)]
            sources.append([(k * a_bits + start) // 2 + i for k, i, _ in places])
        mode, control = self.mode, self.operand.control
        m.d.comb += [
            self.operand.slices.eq(_choose(self.word, Cat(self.digit, mode.a_size, mode.w_size), sources)),
            control.a4.eq(mode.a_size != 0),
            control.a8.eq((mode.a_size >= 2) & (mode.w_size != 3)),
            control.w4.eq(mode.w_size != 0),
            control.w8.eq(mode.w_size >= 2),
            control.w16.eq(mode.w_size == 3),
            control.a_signed.eq(mode.a_signed & self.top),
            control.w_signed.eq(mode.w_signed),
        ]
        return m


class ArrangeWeight(Component):
    """Weight operand: slices of a word's weights per brick. Latency 0. Area: 32 multiplexers."""

    @staticmethod
    def members(p):
        return {"word": In(WORD), "mode": In(MODE), "operand": Out(WEIGHT)}

    def elaborate(self, platform):
        m = Module()
        sources = []
        for a_bits, w_bits in every(SIZES, SIZES):
            places = [place_of(brick, digit_bits(a_bits, w_bits), w_bits) for brick in range(BRICKS)]
            sources.append([k * w_bits // 2 + j for k, _, j in places])
        choice = Cat(self.mode.w_size, self.mode.a_size)
        m.d.comb += self.operand.slices.eq(_choose(self.word, choice, sources))
        return m


def _choose(word, choice, sources: list[list[int]]):
    """Select slice sources[choice][n] of `word` for brick n: a tree of multiplexers, none where both inputs agree."""
    if len(sources) == 1:
        return Cat(word[2 * source : 2 * source + 2] for source in sources[0])
    low, high = sources[: len(sources) // 2], sources[len(sources) // 2 :]
    if low == high:
        return _choose(word, choice[:-1], low)
    return Mux(choice[-1], _choose(word, choice[:-1], high), _choose(word, choice[:-1], low))


class Activations(Component):
    """Serialiser of activations: a row of words becomes one row of operands per digit, the highest first.

    `i` carries one word per lane and its MODE as `user`; `o` carries operands with their :data:`PART` as `user`.
    A row takes one cycle per digit of its values. A digit has up to 8 bits, or 4 with weights of 16 bits.

    Latency 0; back-pressure and `valid` pass through, and `i.ready` depends on the mode of `i`, which therefore comes
    from a register. Area: the multiplexers of each lane, a counter of two bits.
    """

    class Parameters(Parameters):
        lanes: int

    unit = "word"
    latency = 0

    @property
    def peak(self) -> int:
        return self.p.lanes

    @staticmethod
    def members(p):
        return {"i": In(lanes(WORD, p.lanes, MODE)), "o": Out(lanes(ACTIVATION, p.lanes, PART))}

    def elaborate(self, platform):
        m = Module()
        mode = self.i.payload.user
        done = Signal(2)  # completed digits of this row
        top = Signal(2)  # digits - 1: 0, 1 or 3
        digit = Signal(2)
        first, final = done == 0, digit == 0
        a8, a16, w16 = mode.a_size == 2, mode.a_size == 3, mode.w_size == 3
        m.d.comb += [
            top.eq(Cat(a16 | (a8 & w16), a16 & w16)),
            digit.eq(top & ~done),
            self.o.valid.eq(self.i.valid),
            self.o.payload.user.eq(Cat(first, final, ~w16)),
            self.o.payload.last.eq(self.i.payload.last & final),
            self.i.ready.eq(self.o.ready & final),
        ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += done.eq(Mux(final, 0, done + 1))

        for n in range(self.p.lanes):
            arrange = place(m, platform, f"arrange{n}", ArrangeActivation)
            m.d.comb += [
                arrange.word.eq(self.i.payload.data[n]),
                arrange.mode.eq(mode),
                arrange.digit.eq(digit),
                arrange.top.eq(first),
                self.o.payload.data[n].eq(arrange.operand),
            ]
        return m


class Weights(Component):
    """Rows of weight words converted to rows of slices. Latency 0, no state. Area: the multiplexers of each lane."""

    class Parameters(Parameters):
        lanes: int

    unit = "word"
    latency = 0

    @property
    def peak(self) -> int:
        return self.p.lanes

    @staticmethod
    def members(p):
        return {"i": In(lanes(WORD, p.lanes, MODE)), "o": Out(lanes(WEIGHT, p.lanes))}

    def elaborate(self, platform):
        m = Module()
        m.d.comb += [
            self.o.valid.eq(self.i.valid),
            self.i.ready.eq(self.o.ready),
            self.o.payload.last.eq(self.i.payload.last),
        ]
        for n in range(self.p.lanes):
            arrange = place(m, platform, f"arrange{n}", ArrangeWeight)
            m.d.comb += [
                arrange.word.eq(self.i.payload.data[n]),
                arrange.mode.eq(self.i.payload.user),
                self.o.payload.data[n].eq(arrange.operand),
            ]
        return m
