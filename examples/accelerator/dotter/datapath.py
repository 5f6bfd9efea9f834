"""Datapath of `dotter`: multipliers, an adder tree and one accumulator."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from systola.hw.bundle import Bundle
from systola.hw.component import Component, Parameters


class DotProduct(Component):
    """sum = sum over all word pairs of sum over l of a[l] * b[l], int8, modulo 2^32.

    Words arrive alternately: a word of a, then the word of b (`second`) that it is multiplied by. `last` marks the pair
    that completes a sum; `final` and the bus response `resp` travel along. The first response other than 0 among the
    words of a sum leaves with it.

    Latency 2 from the last word to the sum; initiation interval 1 per word. `i.ready` follows `o.ready`
    combinationally. Area: `lanes` multipliers of 8 bits, an adder tree, 32 + 16 lanes flip-flops of sums and products.
    """

    class Parameters(Parameters):
        lanes: int

    @staticmethod
    def members(p):
        word = Bundle({"data": 8 * p.lanes, "resp": 2, "second": 1, "last": 1, "final": 1})
        return {
            "i": In(stream.Signature(word)),
            "o": Out(stream.Signature(Bundle({"sum": signed(32), "resp": 2, "final": 1}))),
        }

    def elaborate(self, platform):
        m = Module()
        lanes, word, result = range(self.p.lanes), self.i.payload, self.o.payload
        a = Signal(8 * self.p.lanes)
        products = [Signal(signed(16), name=f"product{n}") for n in lanes]
        valid, last, final = Signal(), Signal(), Signal()  # of the products
        total, accumulator = Signal(signed(32)), Signal(signed(32))
        resp = Signal(2)
        m.d.comb += [self.i.ready.eq(~self.o.valid | self.o.ready), total.eq(accumulator + sum(products))]
        with m.If(self.i.ready):  # all stages advance together
            m.d.sync += [valid.eq(self.i.valid & word.second), self.o.valid.eq(valid & last)]
            with m.If(valid):
                m.d.sync += accumulator.eq(Mux(last, 0, total))
            with m.If(valid & last):
                m.d.sync += [result.sum.eq(total), result.resp.eq(resp), result.final.eq(final), resp.eq(0)]
            with m.If(self.i.valid):
                m.d.sync += [a.eq(word.data), last.eq(word.last), final.eq(word.final)]
                m.d.sync += [each.eq(_byte(a, n) * _byte(word.data, n)) for n, each in enumerate(products)]
                with m.If((word.resp != 0) & ((resp == 0) | (valid & last))):
                    m.d.sync += resp.eq(word.resp)
        return m


def _byte(word, n: int):
    return word.word_select(n, 8).as_signed()
