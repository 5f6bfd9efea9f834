"""Accumulators at addresses that a program chooses: any row grows in place while any other is read."""

from itertools import pairwise

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..stream.buffer import SLICE, buffered
from .accumulator import LOOK, STAGES, AccumulatorLanes

HALVES = 2
BUFFER = LOOK + 4


class AccumulatorBank(Component):
    """Accumulators: M[addr, c] = accumulate * M[addr, c] + data[c] modulo 2^32, a row of `cols` sums a cycle.

    `row` is always taken: `data`, `addr` below `rows`, `accumulate` (0: overwrite). `read` asks for `addr`, `out`
    answers in order. The top bit of an address chooses one of two memories; a read waits in a cycle in which a row that
    accumulates needs the memory, so reads beside rows of the other half never do. A read sees the rows that came four
    cycles before it; what it sees of later ones is unspecified.

    Latency: 4 from read to out. Initiation interval 1 for rows, whatever their addresses, and 1 for reads. `read.ready`
    depends combinationally on `row`; nothing else does. Area: rows x cols x 32 bits of memory; an adder a lane.

    Source: N. Jouppi et al., ISCA 2017, section 2 (accumulators); the halves let one tile grow while another leaves.
    """

    class Parameters(Parameters):
        cols: int
        in_width: int
        rows: int
        acc_width: int = 32

        @property
        def addr_width(self) -> int:
            return (self.rows - 1).bit_length()

    @staticmethod
    def members(p):
        row = {"data": Lanes(signed(p.in_width), p.cols), "addr": p.addr_width, "accumulate": 1}
        sums = Bundle({"data": Lanes(signed(p.acc_width), p.cols)})
        return {
            "row": In(stream.Signature(Bundle(row), always_ready=True)),
            "read": In(stream.Signature(Bundle({"addr": p.addr_width}))),
            "out": Out(stream.Signature(sums)),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        row, read = self.row.payload, self.read.payload
        half, asked = row.addr[-1], read.addr[-1]
        fetches = Signal()
        room = Signal()
        look = Signal()
        m.d.comb += [
            fetches.eq(self.row.valid & row.accumulate),
            self.read.ready.eq(room & ~(fetches & (half == asked))),
            look.eq(self.read.valid & self.read.ready),
        ]

        # Where the old sum is: with the latest of the rows on their way to the same address, else in memory.
        stage = Bundle({"valid": 1, "addr": p.addr_width})
        stages = [Signal(stage, name=f"stage{n}") for n in range(1 + STAGES)]
        m.d.comb += [stages[0].valid.eq(self.row.valid), stages[0].addr.eq(row.addr)]
        m.d.sync += [after.eq(before) for before, after in pairwise(stages)]
        hit = Signal(1 + STAGES)
        source = Signal(1 + STAGES)
        m.d.comb += [
            hit.eq(Cat(*(each.valid & (each.addr == row.addr) for each in stages[1:]), 1)),
            source.eq(Mux(row.accumulate, hit & (~hit + 1), 0)),
        ]

        group = max(1, SLICE // p.acc_width)
        found = []
        for start in range(0, p.cols, group):
            stop = min(p.cols, start + group)
            lanes = place(
                m,
                platform,
                f"lanes{start}",
                AccumulatorLanes,
                lanes=stop - start,
                in_width=p.in_width,
                acc_width=p.acc_width,
                depth=p.rows // HALVES,
                overflow="wrap",
                halves=HALVES,
            )
            m.d.comb += [
                lanes.data.eq(row.data.as_value()[start * p.in_width : stop * p.in_width]),
                lanes.addr.eq(row.addr[:-1]),
                lanes.write.eq(self.row.valid << half),
                lanes.source.eq(source),
                lanes.fetch.eq(Cat(Mux(fetches & (half == n), row.addr[:-1], read.addr[:-1]) for n in range(HALVES))),
                lanes.look.eq(asked),
            ]
            found.append(lanes.found)

        out = Signal(self.out.payload.shape())
        valid = Signal(LOOK)
        m.d.comb += out.data.as_value().eq(Cat(found))
        m.d.sync += valid.eq(Cat(look, valid))
        answers = {"row": out, "valid": valid[-1], "out": self.out, "depth": BUFFER, "style": "distributed"}
        buffered(m, platform, take=look, room=room, **answers)
        return m
