"""Accumulator bank: in-place accumulation at addresses that a program chooses, while other rows are read."""

from itertools import pairwise

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..stream.buffer import SLICE, buffered
from .accumulator import READ_LATENCY, STAGES, AccumulatorLanes

HALVES = 2
BUFFER = READ_LATENCY + 4


class AccumulatorBank(Component):
    """Accumulator bank: M[addr, c] = accumulate * M[addr, c] + data[c] modulo 2^32, one row of `cols` sums per cycle.

    `row` is always accepted: `data`, `addr` below `rows`, `accumulate` (0: overwrite). `read` requests `addr`, `out`
    returns the rows in order. The top bit of an address selects one of two memories; a read stalls in a cycle in which
    an accumulating row uses the same memory, so rows of one half never stall reads of the other. A read also waits for
    space in the output buffer. It returns the sums of all rows accepted at least four cycles before it; the result is
    unspecified if a later row has the same address.

    Latency 4 from read to out. Initiation interval 1 for rows at any addresses, and 1 for reads. `read.ready`
    depends combinationally on `row`; there is no other combinational path. Area: rows x cols x 32 bits of memory; one
    adder per lane.

    Source: N. Jouppi et al., ISCA 2017, section 2 (accumulators); with two halves one tile accumulates while the other
    is read.
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
        half, read_half = row.addr[-1], read.addr[-1]
        fetches = Signal()
        space = Signal()
        read_accepted = Signal()
        m.d.comb += [
            fetches.eq(self.row.valid & row.accumulate),
            self.read.ready.eq(space & ~(fetches & (half == read_half))),
            read_accepted.eq(self.read.valid & self.read.ready),
        ]

        # Location of the old sum: the latest row in flight to the same address, else memory.
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
                lanes.read_half.eq(read_half),
            ]
            found.append(lanes.found)

        out = Signal(self.out.payload.shape())
        valid = Signal(READ_LATENCY)
        m.d.comb += out.data.as_value().eq(Cat(found))
        m.d.sync += valid.eq(Cat(read_accepted, valid))
        output = {"row": out, "valid": valid[-1], "out": self.out, "depth": BUFFER, "style": "distributed"}
        buffered(m, platform, reserve=read_accepted, space=space, **output)
        return m
