"""Datapath of the `outer_product` accelerator: a panel of W, sixteen multipliers, sixteen sums."""

from amaranth.hdl import Cat, Module, Signal, signed
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ...bundle import Lanes
from ...component import Component, Parameters, place
from ...mac.ice40 import TwoProducts
from .descriptor import SIZE

SETTLE = 3
"""Cycles from a word of A to its sums."""


class Datapath(Component):
    """Outer-product datapath: sums[r][c] += column[r] * panel[at][c] while `multiply`; panel[at] = word while `load`.

    `word` holds four int8: a column of A with `multiply`, a row of W with `load`. `clear` sets all sums to 0. Sums have
    16 + log2 depth bits, sign-extended to 32.

    Latency: a word is in the sums after 3 cycles. Initiation interval 1. No back-pressure. Area: 16 multipliers of
    8 bits (8 SB_MAC16 on iCE40), 16 sums, the panel's memory.
    """

    class Parameters(Parameters):
        depth: int

    @staticmethod
    def members(p):
        return {
            "at": In(range(p.depth)),
            "word": In(32),
            "load": In(1),
            "multiply": In(1),
            "clear": In(1),
            "sums": Out(Lanes(signed(32), SIZE**2)),
        }

    def elaborate(self, platform):
        m = Module()
        m.submodules.panel = panel = Memory(shape=32, depth=self.p.depth, init=[], attrs={"no_rw_check": 1})
        write, read = panel.write_port(), panel.read_port()
        column = Signal(32, reset_less=True)
        stages = Signal(SETTLE - 1)
        m.d.comb += [
            write.addr.eq(self.at),
            write.data.eq(self.word),
            write.en.eq(self.load),
            read.addr.eq(self.at),
            read.en.eq(1),
        ]
        m.d.sync += [column.eq(self.word), stages.eq(Cat(self.multiply, stages))]
        width = 15 + self.p.depth.bit_length()
        sums = [Signal(signed(width), name=f"sum{n}") for n in range(SIZE**2)]
        m.d.comb += [self.sums[n].eq(each) for n, each in enumerate(sums)]
        for n in range(0, SIZE**2, 2):  # neighbours in a row
            r, c = divmod(n, SIZE)
            pair = place(m, platform, f"pair{n // 2}", TwoProducts)
            m.d.comb += [
                pair.a.as_value().eq(column.word_select(r, 8).replicate(2)),
                pair.b.as_value().eq(read.data[8 * c : 8 * c + 16]),
            ]
            for k in range(2):
                with m.If(stages[-1]):
                    m.d.sync += sums[n + k].eq(sums[n + k] + pair.product[k])
                with m.If(self.clear):
                    m.d.sync += sums[n + k].eq(0)
        return m
