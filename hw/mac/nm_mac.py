"""The multiply-accumulate cell of N:M sparsity: few multipliers, many activations, and a choice in between."""

from amaranth.hdl import Module, Shape, Signal
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..component import Component, Parameters, place
from ..formats.integer import sum_shape
from ..formats.sparse import Pattern
from .multiply import Multiply


class NmMac(Component):
    """y = sum over t < n of w[t] * a[places[t]]: the n weights that a group of m activations has kept.

    Each multiplier stands behind a choice of one in m. Latency operand_register + product_register + ceil(log2 n), a
    register after each addition; initiation interval 1. Area: n multipliers, n x (m - 1) multiplexers of an
    activation's width, n - 1 adders. A place of m or more chooses something unspecified.

    Source: A. Mishra et al., Accelerating Sparse Deep Neural Networks, 2021 (the choice in front of a dot product).
    """

    class Parameters(Parameters):
        pattern: Pattern
        a: Shape
        w: Shape
        operand_register: bool
        product_register: bool

    @staticmethod
    def members(p):
        return {
            "a": In(Lanes(p.a, p.pattern.m)),
            "w": In(Lanes(p.w, p.pattern.n)),
            "places": In(Lanes(p.pattern.place_bits, p.pattern.n)),
            "y": Out(sum_shape(p.a, p.w, p.pattern.n)),
        }

    @staticmethod
    def latency(p) -> int:
        return p.operand_register + p.product_register + (p.pattern.n - 1).bit_length()

    def elaborate(self, platform):
        m = Module()
        p = self.p
        terms = []
        for t in range(p.pattern.n):
            chosen = Signal(p.a, name=f"a{t}")
            m.d.comb += chosen.eq(self.a.as_value().word_select(self.places[t], p.a.width))
            multiply = place(
                m,
                platform,
                f"multiply{t}",
                Multiply,
                {"a": chosen, "b": self.w[t]},
                a=p.a,
                b=p.w,
                operand_register=p.operand_register,
                product_register=p.product_register,
            )
            terms.append(multiply.product)
        count = 1  # products in each term
        while len(terms) > 1:
            count = min(2 * count, p.pattern.n)
            sums = []
            for i in range(0, len(terms), 2):
                total = Signal(sum_shape(p.a, p.w, count), name=f"sum{count}_{i}", reset_less=True)
                m.d.sync += total.eq(sum(terms[i : i + 2]))
                sums.append(total)
            terms = sums
        m.d.comb += self.y.eq(terms[0])
        return m
