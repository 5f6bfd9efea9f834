"""Fusion Unit: sixteen BitBricks that multiply operands of 2 to 16 bits, with widths selected per pair of words."""

from amaranth.hdl import Module, Shape
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..bundle import Bundle
from ..component import Component, Parameters, place
from ..stream.packet import join
from ..stream.register import StreamRegister
from ..stream.spill import StreamSpill
from .fused_multiply import ACTIVATION, BRICKS, WEIGHT, FusedMultiply
from .fusion_digits import AddDigits
from .fusion_operands import MODE, PART, WORD, Activations, Weights


class FusionUnit(Component):
    """Fusion Unit: y = sum over k of a[k] * w[k], values of 2 to 16 bits in words of 32, widths and signs at run time.

    `x` carries a word of activations `a`, a word of weights `w`, value 0 lowest, and their `mode`, six bits from the
    lowest: a_size and w_size, two bits each (a value has 2 << size bits), a_signed, w_signed. A pair of words has

    ======== ====== ====== ====== =======
    a \\ w    2      4      8      16
    ======== ====== ====== ====== =======
    2        16     8      4      2
    4        8      4      2      1
    8        4      2      1      1 in 2
    16       -      2 in 2 1 in 2 1 in 4
    ======== ====== ====== ====== =======

    products "in" cycles, so that a x w bits give 64 / (a * w) products per cycle: 16, 4, 1, 1/4 at 2, 4, 8, 16. Bits of
    a word beyond its values are ignored. 16 x 2 is not a mode: use four bits for such weights.

    Wide activations enter digit by digit, the highest first; weights enter whole. The paper composes 16 x 16 of four
    products of 8 x 8 instead; both are the same sixty-four products of BitBricks.

    Latency 2 more than the cycles of the table, which are the initiation interval. Back-pressure: `x` stalls when `y`
    does, through registers. Area: sixteen BitBricks, their tree, and 64 multiplexers at their inputs.

    Source: H. Sharma et al., Bit Fusion, ISCA 2018, sections II and III.
    """

    class Parameters(Parameters):
        acc_width: int = Field(33, ge=8, le=64, description="bits of a result, modulo 2^acc_width; 33 hold all")

    unit = "product"
    latency = 3
    peak = BRICKS

    @staticmethod
    def members(p):
        return {
            "x": In(stream.Signature(Bundle({"a": WORD, "w": WORD, "mode": MODE}))),
            "y": Out(stream.Signature(Shape(p.acc_width, signed=True))),
        }

    def elaborate(self, platform):
        m = Module()
        activations = place(m, platform, "activations", Activations, lanes=1)
        weights = place(m, platform, "weights", Weights, lanes=1)
        registered = Bundle({"operand": ACTIVATION, "weights": WEIGHT, "part": PART})
        words = place(m, platform, "words", StreamSpill, payload=self.x.payload.shape())
        register = place(m, platform, "register", StreamRegister, payload=registered)
        multiply = place(m, platform, "multiply", FusedMultiply)
        result = Shape(self.p.acc_width, signed=True)
        digits = place(m, platform, "digits", AddDigits, lanes=1, part_shape=multiply.product.shape(), sum_shape=result)
        join(m, self.x, words.i)
        x = words.o.payload
        m.d.comb += [
            activations.i.payload.data.eq(x.a),
            activations.i.payload.user.eq(x.mode),
            activations.i.valid.eq(words.o.valid),
            words.o.ready.eq(activations.i.ready),
            weights.i.payload.data.eq(x.w),
            weights.i.payload.user.eq(x.mode),
            register.i.payload.operand.eq(activations.o.payload.data[0]),
            register.i.payload.weights.eq(weights.o.payload.data[0]),
            register.i.payload.part.eq(activations.o.payload.user),
            register.i.valid.eq(activations.o.valid),
            activations.o.ready.eq(register.i.ready),
            multiply.a.eq(register.o.payload.operand),
            multiply.b.eq(register.o.payload.weights),
            digits.i.payload.data[0].eq(multiply.product),
            digits.i.payload.user.eq(register.o.payload.part),
            digits.i.valid.eq(register.o.valid),
            register.o.ready.eq(digits.i.ready),
            self.y.payload.eq(digits.o.payload.data[0]),
            self.y.valid.eq(digits.o.valid),
            digits.o.ready.eq(self.y.ready),
        ]
        return m
