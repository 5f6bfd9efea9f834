"""Scaling of integers in float32, with integer arithmetic: conversion of a sum, and rounding of its product."""

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, signed
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters
from ..mac.fp32 import stage

SIGNIFICAND = 24
"""Bits of a float32 significand, hidden bit included."""
BYTE = 8
EXPONENT = 5
"""Bits of the exponent of a converted sum, 0 to 31."""


class FloatOperand(Component):
    """Conversion of `x` to float32: |x| rounded to 24 significant bits, ties to even, is a * 2^(exponent - 23).

    x: an integer of 32 bits. a: 0, or 2^23 to 2^24; the upper end is a significand that was rounded up. `negative` is
    the sign of x. Latency 5: the sum, its magnitude, the shift by bytes, the shift by bits, rounding. Initiation
    interval 1.

    Source: IEEE 754, convertFromInt with roundTiesToEven.
    """

    LATENCY = 5

    class Parameters(Parameters):
        pass

    @staticmethod
    def members(p):
        return {
            "x": In(signed(32)),
            "a": Out(SIGNIFICAND + 1),
            "exponent": Out(EXPONENT),
            "negative": Out(1),
        }

    def elaborate(self, platform):
        m = Module()
        x = stage(m, "sum", self.x).as_signed()
        negative = x[-1]
        magnitude = Signal(32, reset_less=True)
        m.d.sync += magnitude.eq(Mux(negative, -x, x))

        empty = [~magnitude[start:].any() for start in (24, 16, 8)]  # leading bytes that are zero
        by_bytes = Signal(32, reset_less=True)
        far = Signal(2, reset_less=True)
        zeros = Signal(2)
        m.d.comb += zeros.eq(sum(empty))
        m.d.sync += [by_bytes.eq(magnitude << (zeros << 3)), far.eq(zeros)]

        near = Signal(3)
        for bit in range(BYTE):  # the highest set bit has priority
            with m.If(by_bytes[24 + bit]):
                m.d.comb += near.eq(BYTE - 1 - bit)
        normal = Signal(32, reset_less=True)
        exponent = Signal(EXPONENT, reset_less=True)
        m.d.sync += [normal.eq(by_bytes << near), exponent.eq(31 - Cat(near, far))]

        kept, lost = normal[BYTE:], normal[:BYTE]
        up = lost[-1] & (lost[:-1].any() | kept[0])
        a = Signal(SIGNIFICAND + 1, reset_less=True)
        m.d.sync += a.eq(kept + up)
        m.d.comb += [
            self.a.eq(a),
            self.exponent.eq(stage(m, "rounded_exponent", exponent)),
            self.negative.eq(stage(m, "negative", negative, 4)),
        ]
        return m


class FloatResult(Component):
    """Rounding of a float32 product to float32, and of that to an integer, both with ties to even.

    `product` = a * b of a sum a * 2^(exponent - 23), see :class:`FloatOperand`, and a scale b * 2^(shift - 24) with b =
    0, or 2^23 to 2^24 - 1. y is their product with the sign `negative`; values of more than `width` bits become
    +-(2^(width - 1) - 1).

    Latency 4: the significand, the shift by bytes, the shift by bits, rounding. Initiation interval 1.

    Source: IEEE 754, multiplication and roundToIntegralTiesToEven.
    """

    LATENCY = 4

    class Parameters(Parameters):
        width: int

    @staticmethod
    def members(p):
        return {
            "product": In(2 * SIGNIFICAND),
            "exponent": In(EXPONENT),
            "shift": In(signed(6)),
            "negative": In(1),
            "y": Out(signed(p.width)),
        }

    def elaborate(self, platform):
        m = Module()
        bits = self.p.width - 1  # of the magnitude

        top = self.product[-1]
        kept = Signal(SIGNIFICAND, reset_less=True)
        half = Signal(reset_less=True)
        sticky = Signal(reset_less=True)
        right = Signal(signed(7), reset_less=True)  # shift from the significand to the integer
        first, second = self.product[SIGNIFICAND - 1], self.product[SIGNIFICAND - 2]  # the bits below the significand
        m.d.sync += [
            kept.eq(Mux(top, self.product[SIGNIFICAND:], self.product[SIGNIFICAND - 1 : -1])),
            half.eq(Mux(top, first, second)),
            sticky.eq(self.product[: SIGNIFICAND - 2].any() | (top & second)),
            right.eq(SIGNIFICAND - self.exponent - self.shift - top),
        ]

        # One bit is kept below the binary point, for the rounding to an integer.
        significand = Signal(SIGNIFICAND + 2)
        small = ~right[-1] & right[-2]  # a shift by 32 or more: 0
        m.d.comb += significand.eq(Mux(small, 0, (kept + (half & (sticky | kept[0]))) << 1))
        far = right[3:5]
        by_bytes = Signal(bits + BYTE, reset_less=True)
        beyond = Signal(reset_less=True)
        lost = Signal(reset_less=True)
        near = Signal(3, reset_less=True)
        shifted = Signal(SIGNIFICAND + 2)
        m.d.comb += shifted.eq(significand >> (far << 3))
        m.d.sync += [
            by_bytes.eq(shifted),
            beyond.eq(shifted[bits + BYTE :].any() | (right[-1] & significand.any())),
            lost.eq(Cat(significand[: BYTE * n].any() if n else Const(0, 1) for n in range(4)).bit_select(far, 1)),
            near.eq(right[:3]),
        ]

        places = Signal(bits + BYTE)
        m.d.comb += places.eq(by_bytes >> near)
        integer = Signal(bits, reset_less=True)
        up = Signal(reset_less=True)
        too_large = Signal(reset_less=True)
        lost_bits = Cat(by_bytes[:n].any() if n else Const(0, 1) for n in range(BYTE)).bit_select(near, 1)
        m.d.sync += [
            integer.eq(places[1:]),
            up.eq(places[0] & (places[1] | lost | lost_bits)),
            too_large.eq(beyond | places[bits + 1 :].any()),
        ]

        rounded = Signal(bits + 1)
        magnitude = Signal(bits)
        y = Signal(Shape(self.p.width, signed=True), reset_less=True)
        m.d.comb += [
            rounded.eq(integer + up),
            magnitude.eq(Mux(too_large | rounded[-1], (1 << bits) - 1, rounded)),
            self.y.eq(y),
        ]
        m.d.sync += y.eq(Mux(stage(m, "negative", self.negative, 3), -magnitude, magnitude))
        return m
