"""Multiply-accumulate of N:M sparsity: N multipliers, M activations, and a selection in between."""

from typing import Literal

from amaranth.hdl import Cat, Module, Mux, Shape, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..formats import integer
from ..formats.integer import sum_shape
from ..formats.sparse import GroupDecoder, SparsityPattern
from ..stream.buffer import buffered
from ..stream.packet import join
from ..stream.spill import StreamSpill
from .multiply import Multiply


class NmMac(Component):
    """y = sum over t < n of w[t] * a[places[t]]: the n kept weights of a group of m activations.

    Each multiplier has an m-to-1 multiplexer at its input. Latency operand_register + product_register + ceil(log2 n),
    with a register after each addition; initiation interval 1. Area: n multipliers, n x (m - 1) multiplexers of an
    activation's width, n - 1 adders. A place of m or more selects an unspecified value.

    Source: A. Mishra et al., Accelerating Sparse Deep Neural Networks, 2021 (selection before a dot product).
    """

    class Parameters(Parameters):
        pattern: SparsityPattern
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


class SparseMac(Component):
    """N:M multiply-accumulate: y = sum over the groups of a packet of sum over t < N of w[t] * a[place[t]].

    `x` carries a group per beat: M activations `a`, the N kept weights `w`, and `meta`, their places in the group,
    ceil(log2 M) bits each, the first in the low bits (four bits for 2:4, as NVIDIA packs them); `last` ends a packet.
    `y` carries the packet's sum modulo 2^acc_width, as two's complement, and `illegal`: the number of its groups,
    modulo 2^16, whose places do not ascend or are out of range. Such a group adds nothing.

    A group of M products takes one cycle of N multipliers: M / N times the throughput of dense weights.

    Latency, from the last beat to `y`, 4 + P + ceil(log2 N), where P = operand_register + product_register.
    Initiation interval 1, also from packet to packet. Back-pressure: the last beat of a packet is accepted only when
    the output buffer has space; no output depends combinationally on an input. Area: an :class:`NmMac`, one adder of
    acc_width bits, two beats of `x`, a buffer of 5 + P + ceil(log2 N) results.

    Source: A. Mishra et al., Accelerating Sparse Deep Neural Networks, 2021, section 3.
    """

    class Parameters(Parameters):
        a_format: integer.IntegerFormat = integer.format_field("format of the activations A")
        w_format: integer.IntegerFormat = integer.format_field("format of the weights W")
        sparsity: Literal["2:4", "1:4", "4:8", "1:2"] = Field("2:4", description="weights kept of every M, as N:M")
        acc_width: int = Field(32, ge=1, le=64, description="bits of a sum; sums wrap modulo 2^acc_width")
        operand_register: bool = Field(True, description="registers at the multipliers' inputs")
        product_register: bool = Field(True, description="a register between multipliers and adders")

        @property
        def pattern(self) -> SparsityPattern:
            n, m = self.sparsity.split(":")
            return SparsityPattern(n=int(n), m=int(m))

        @property
        def mac(self) -> NmMac.Parameters:
            return NmMac.Parameters(
                pattern=self.pattern,
                a=integer.shape(self.a_format),
                w=integer.shape(self.w_format),
                operand_register=self.operand_register,
                product_register=self.product_register,
            )

    BUFFER_LATENCY = 2

    @staticmethod
    def members(p):
        group = {"a": Lanes(p.mac.a, p.pattern.m), "w": Lanes(p.mac.w, p.pattern.n), "meta": p.pattern.bits, "last": 1}
        result = {"data": Shape(p.acc_width, signed=True), "illegal": 16}
        return {"x": In(stream.Signature(Bundle(group))), "y": Out(stream.Signature(Bundle(result)))}

    @property
    def stages(self) -> int:
        """Cycles from a group at the multipliers to its packet's sum."""
        return NmMac.latency(self.p.mac) + 1

    @property
    def latency(self) -> int:
        return 1 + self.stages + self.BUFFER_LATENCY

    @property
    def peak(self) -> int:
        return self.p.pattern.n

    def elaborate(self, platform):
        m = Module()
        p = self.p
        spill = place(m, platform, "spill", StreamSpill, payload=self.x.payload.shape())
        join(m, self.x, spill.i)
        x = spill.o.payload
        decoder = place(m, platform, "decoder", GroupDecoder, pattern=p.pattern, value=p.mac.w)
        group = decoder.o
        mac = place(m, platform, "mac", NmMac, {"a": x.a, "w": group["values"], "places": group.places}, **dict(p.mac))
        space = Signal()
        enter = Signal()
        m.d.comb += [
            decoder.values.eq(x.w),
            decoder.meta.eq(x.meta),
            spill.o.ready.eq(~x.last | space),
            enter.eq(spill.o.valid & spill.o.ready),
        ]
        # Control bits of a group, delayed to align with its sum.
        kind = Cat(enter, enter & x.last, decoder.illegal)
        for stage in range(NmMac.latency(p.mac)):
            kind, earlier = Signal(3, name=f"kind{stage}"), kind
            m.d.sync += kind.eq(earlier)
        adds, ends, illegal = kind[0], kind[1], kind[2]
        row = Signal(self.y.payload.shape(), reset_less=True)  # the partial sum of the packet
        fresh = Signal(init=1)
        valid = Signal()
        m.d.sync += valid.eq(ends)
        with m.If(adds):
            m.d.sync += [
                row["data"].eq(Mux(fresh, 0, row["data"]) + mac.y),
                row.illegal.eq(Mux(fresh, 0, row.illegal) + illegal),
                fresh.eq(ends),
            ]
        depth = self.stages + 2 + self.BUFFER_LATENCY
        reserve = enter & x.last
        buffered(m, platform, reserve=reserve, space=space, row=row, valid=valid, out=self.y, depth=depth, style="auto")
        return m
