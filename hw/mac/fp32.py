"""Addition in fp32 (IEEE 754 binary32), and the parts that it shares with multipliers."""

from typing import Literal

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, Parameters, place

Subnormals = Literal["keep", "flush"]
NAN = 0x7FC00000
"""The only NaN that an operation returns."""
FRACTION = 23


def layout(fraction: int) -> Bundle:
    """Layout of a number: a sign, 8 bits of exponent and `fraction` bits of fraction: 23 in fp32, 7 in bfloat16."""
    return Bundle({"fraction": fraction, "exponent": 8, "sign": 1})


class UnpackedFloat:
    """Unpacked number: its magnitude is significand * 2^(exponent - 127 - bits of the fraction)."""

    def __init__(self, m, name: str, number, subnormals: Subnormals):
        width = len(number.fraction)
        self.sign = number.sign
        self.significand = Signal(width + 1, name=f"{name}_significand")
        self.exponent = Signal(8, name=f"{name}_exponent")
        self.infinite = Signal(name=f"{name}_infinite")
        self.nan = Signal(name=f"{name}_nan")
        normal, fractional, top = (Signal(name=f"{name}_{what}") for what in ("normal", "fractional", "top"))
        kept = number.fraction if subnormals == "keep" else Mux(normal, number.fraction, 0)
        m.d.comb += [
            normal.eq(number.exponent.any()),
            fractional.eq(number.fraction.any()),
            top.eq(number.exponent.all()),
            self.significand.eq(Cat(kept, normal)),
            self.exponent.eq(number.exponent | ~normal),  # subnormals have the exponent of the smallest normal
            self.infinite.eq(top & ~fractional),
            self.nan.eq(top & fractional),
        ]


def stage(m, name: str, value, cycles: int = 1) -> Signal:
    """Delay a value by `cycles` cycles."""
    for cycle in range(cycles):
        register = Signal(Shape(len(value)), name=f"{name}{cycle + 1}" if cycles > 1 else name, reset_less=True)
        m.d.sync += register.eq(value)
        value = register
    return value


def shift_right(m, name: str, value: Value, amount: Value) -> tuple[Signal, Signal]:
    """Return (value >> amount, whether a one was lost); an amount above 31 acts like 31: values are shorter."""
    far, near = amount[5:].any(), Signal(5, name=f"{name}_near")
    shifted, sticky = Signal(len(value), name=f"{name}_shifted"), Signal(name=f"{name}_sticky")
    m.d.comb += [
        near.eq(amount[:5] | far.replicate(5)),
        shifted.eq(value >> near),
        sticky.eq((value & ~(Const(-1, len(value)) << near)[: len(value)]).any()),
    ]
    return shifted, sticky


def rounded(m, significand: Value, exponent: Value, up: Value, subnormals: Subnormals) -> Signal:
    """Return the magnitude of an fp32 word: `significand` of 24 bits, plus one if `up`.

    A significand that begins with a one is normal and adds 1 to the exponent; any other is subnormal or 0.
    """
    normal = significand[FRACTION]
    raised = Signal(FRACTION + 8)
    base = Mux(normal, exponent, 0)
    # The carry enters through an additional low bit.
    m.d.comb += raised.eq((Cat(Const(1, 1), significand[:FRACTION], base) + Cat(up, Const(0, FRACTION), normal))[1:])
    magnitude = Signal(FRACTION + 8)
    m.d.comb += magnitude.eq(Cat(Mux(raised[FRACTION:].all(), 0, raised[:FRACTION]), raised[FRACTION:]))
    if subnormals == "flush":
        with m.If(~normal):
            m.d.comb += magnitude.eq(0)
    return magnitude


def word(m, name: str, sign: Value, magnitude: Value, infinite: Value, nan: Value) -> Signal:
    """Return the fp32 word of a result, one cycle later."""
    result = Signal(32, name=name, reset_less=True)
    m.d.sync += result.eq(Cat(magnitude, sign))
    with m.If(nan):
        m.d.sync += result.eq(NAN)
    with m.Elif(infinite):
        m.d.sync += result.eq(Cat(Const(0, FRACTION), Const(255, 8), sign))
    return result


SUM = FRACTION + 5
"""Bits of a sum of significands: a carry, the significand, two more bits and the sticky bit."""


class LeadingZeros(Component):
    """Leading-zero counter: `count` of zeros above the first one of `i`; `empty`: `i` is 0 and `count` undefined.

    Divide and conquer, combinational. `width` is a power of two.
    """

    class Parameters(Parameters):
        width: int

    @staticmethod
    def members(p):
        return {"i": In(p.width), "empty": Out(1), "count": Out((p.width - 1).bit_length())}

    def elaborate(self, platform):
        m = Module()
        half = self.p.width // 2
        if half == 1:
            m.d.comb += [self.empty.eq(~self.i.any()), self.count.eq(~self.i[1])]
            return m
        low = place(m, platform, "low", LeadingZeros, {"i": self.i[:half]}, width=half)
        high = place(m, platform, "high", LeadingZeros, {"i": self.i[half:]}, width=half)
        m.d.comb += [
            self.empty.eq(low.empty & high.empty),
            self.count.eq(Cat(Mux(high.empty, low.count, high.count), high.empty)),
        ]
        return m


class Fp32Add(Component):
    """sum = x + y in fp32, rounded to nearest, ties to even; an exact cancellation gives +0.

    Infinities and NaN as in IEEE 754, with a single NaN. `subnormals` = "flush": operands and results that are
    subnormal are zeros of their sign.

    Latency 6: order, align, add, count, normalise, round. Initiation interval 1. Area: two shifters and two adders of
    about 28 bits. No register has an enable or a reset.

    Source: IEEE 754-2019; the classic single-path adder with two more bits and a sticky bit (Ercegovac and Lang,
    Digital Arithmetic, 2004, chapter 8).
    """

    LATENCY = 6

    class Parameters(Parameters):
        subnormals: Subnormals

    @staticmethod
    def members(p):
        return {"x": In(32), "y": In(32), "sum": Out(32)}

    def elaborate(self, platform):
        m = Module()
        keep = self.p.subnormals
        x, y = (UnpackedFloat(m, name, layout(FRACTION)(getattr(self, name)), keep) for name in "xy")
        subtract = x.sign ^ y.sign
        swap = Signal()
        m.d.comb += swap.eq(self.x[:-1] < self.y[:-1])
        sign = stage(m, "sign", Mux(swap, y.sign, x.sign), 5)
        sign_of_zero = stage(m, "sign_of_zero", x.sign & y.sign, 5)
        infinite = stage(m, "infinite", x.infinite | y.infinite, 5)
        nan = stage(m, "nan", x.nan | y.nan | (x.infinite & y.infinite & subtract), 5)

        # Order: the smaller magnitude will be shifted.
        subtract = stage(m, "subtract", subtract)
        exponent = stage(m, "exponent", Mux(swap, y.exponent, x.exponent))
        distance = stage(m, "distance", Mux(swap, (y.exponent - x.exponent)[:8], (x.exponent - y.exponent)[:8]))
        larger = stage(m, "larger", Mux(swap, y.significand, x.significand))
        smaller = stage(m, "smaller", Mux(swap, x.significand, y.significand))

        # Align: two bits below the last one, and a sticky bit: whether any of the bits shifted out is not 0.
        shifted, sticky = shift_right(m, "smaller", Cat(Const(0, 2), smaller), distance)
        subtract = stage(m, "aligned_subtract", subtract)
        exponent = stage(m, "aligned_exponent", exponent)
        larger = stage(m, "aligned_larger", larger)
        smaller = stage(m, "aligned_smaller", Cat(sticky, shifted))

        # Add, or add the complement, whose carry enters through an additional low bit.
        complement = Cat(smaller, Const(0, 1)) ^ subtract.replicate(SUM)
        total = stage(m, "total", (Cat(Const(1, 4), larger) + Cat(subtract, complement))[1 : SUM + 1])
        exponent = stage(m, "total_exponent", exponent)

        # Count the zeros above the first one, but none below the smallest exponent.
        zeros = place(m, platform, "zeros", LeadingZeros, {"i": Cat(Const(0, 32 - SUM), total)}, width=32)
        shift = stage(m, "shift", Mux(zeros.count < exponent, zeros.count, exponent[:5]))
        empty = stage(m, "empty", zeros.empty, 2)
        total = stage(m, "counted_total", total)
        exponent = stage(m, "counted_exponent", exponent)

        # Normalise, and evaluate the bits that are rounded off.
        normal = Signal(SUM)
        m.d.comb += normal.eq(total << shift)
        significand = stage(m, "significand", normal[SUM - FRACTION - 1 :])
        exponent = stage(m, "normal_exponent", (exponent - shift)[:8])
        up = stage(m, "up", normal[3] & (normal[:3].any() | normal[4]))

        magnitude = rounded(m, significand, exponent, up, keep)
        sign = Mux(empty, sign_of_zero, sign)
        m.d.comb += self.sum.eq(word(m, "result", sign, magnitude, infinite, nan))
        return m
