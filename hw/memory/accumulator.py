"""Accumulator memory: in-place accumulation of rows of sums, with ping-pong halves."""

from itertools import pairwise
from typing import Annotated, Literal

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from pydantic import Field, model_validator

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..stream.buffer import SLICE, buffered

Overflow = Literal["wrap", "saturate"]
STAGES = 3
"""Cycles from a row's acceptance, when its old sum is fetched, to the cycle that writes the new sum."""
READ_LATENCY = 2
"""Cycles from a read's acceptance to the register that holds its result."""
BUFFER_LATENCY = 2


class Accumulator(Component):
    """Accumulator memory: M[addr, c] = accumulate * M[addr, c] + data[c], one row of `cols` sums per cycle.

    `row` carries `data` (`cols` lanes of `in_width` bits, signed), `addr` below `depth`, `accumulate` (0: overwrite)
    and `last`, which closes the half being filled. Rows after it fill the other half, once that is free; without
    `double_buffer` there is one half, which is filled and read in turn. `read` requests `addr` in the oldest closed
    half, and `out` returns `data` in order (`cols` lanes of `acc_width` bits); a read with `last` frees the half. Both
    halves are 0 at power-up and keep their sums until these are overwritten. Rows are added in the order of arrival:
    with `overflow` saturate every single addition is clamped to the limits of `acc_width` bits, with wrap it is modulo
    2^acc_width. `filling`: the open half has rows and no `last` yet; `draining`: a closed half is not free yet.

    Latency, with B = 2 (0 without a buffer): 2 + B from read to out. A half may be read from the fourth cycle after its
    last row, and filled again in the cycle after the `last` read. Initiation interval 1 for rows at any addresses, and
    1 for reads. Tiles of L rows that are read in R reads therefore have a period of max(L, R, (L + R + 3) / 2) cycles;
    with one half, of L + R + 3.

    Back-pressure: `row` waits for a free half, `read` for a closed one and for space in the buffer. No output depends
    combinationally on an input. Area: halves x depth x cols x acc_width bits of memory; an adder, 2 x in_width and
    5 x acc_width flip-flops per lane; the buffer.

    Source: N. Jouppi et al., In-Datacenter Performance Analysis of a Tensor Processing Unit, ISCA 2017, section 2
    (accumulators, double-buffered).
    """

    class Parameters(Parameters):
        cols: int = Field(16, ge=1, le=256, description="lanes: sums per row")
        in_width: int = Field(32, ge=2, le=64, description="bits of an incoming lane, signed")
        acc_width: int = Field(32, ge=2, le=64, description="bits of a stored lane, signed")
        depth: int = Field(256, ge=2, le=65536, description="rows of each half")
        overflow: Overflow = Field(
            "wrap", description="a sum that exceeds acc_width bits wraps, or saturates at the limit"
        )
        double_buffer: bool = Field(True, description="two halves: one is filled while the other is read")
        buffer: Annotated[int, Field(ge=0, le=4096)] | Literal["auto"] = Field(
            "auto",
            description="rows of the output buffer; auto: full speed; 0: none, the consumer must always be ready",
            json_schema_extra={"legal": "an integer from 0 to 4096, or auto"},
        )

        @model_validator(mode="after")
        def _fits(self):
            if self.in_width > self.acc_width:
                raise ValueError(f"in_width={self.in_width}: in_width must be at most acc_width, {self.acc_width}.")
            return self

        @property
        def addr_width(self) -> int:
            return (self.depth - 1).bit_length()

        @property
        def halves(self) -> int:
            return 1 + self.double_buffer

    unit = "row"

    @staticmethod
    def members(p):
        row = {"data": Lanes(signed(p.in_width), p.cols), "addr": p.addr_width, "accumulate": 1, "last": 1}
        sums = Bundle({"data": Lanes(signed(p.acc_width), p.cols)})
        return {
            "row": In(stream.Signature(Bundle(row))),
            "read": In(stream.Signature(Bundle({"addr": p.addr_width, "last": 1}))),
            "out": Out(stream.Signature(sums, always_ready=p.buffer == 0)),
            "filling": Out(1),
            "draining": Out(1),
        }

    @property
    def latency(self) -> int:
        return READ_LATENCY + (BUFFER_LATENCY if self.p.buffer else 0)

    @property
    def peak(self) -> int:
        return self.p.halves

    def elaborate(self, platform):
        m = Module()
        p = self.p
        row, read = self.row.payload, self.read.payload

        # The halves alternate, so each side needs only a pointer to the next one.
        fill = Signal()
        drain = Signal()
        closed = Signal(p.halves)  # closed, and not freed yet
        settled = Signal(p.halves)  # closed, and every row is in memory
        space = Signal(init=1)
        enter = Signal()
        read_accepted = Signal()
        m.d.comb += [
            self.row.ready.eq(~closed.bit_select(fill, 1)),
            self.read.ready.eq(settled.bit_select(drain, 1) & space),
            enter.eq(self.row.valid & self.row.ready),
            read_accepted.eq(self.read.valid & self.read.ready),
            self.draining.eq(closed.any()),
        ]

        # Rows in flight, the latest first.
        stage = Bundle({"valid": 1, "last": 1, "half": 1, "addr": p.addr_width})
        stages = [Signal(stage, name=f"stage{n}") for n in range(1 + STAGES)]
        newest, written = stages[0], stages[-1]
        m.d.comb += [newest.valid.eq(enter), newest.last.eq(row.last), newest.half.eq(fill), newest.addr.eq(row.addr)]
        m.d.sync += [after.eq(before) for before, after in pairwise(stages)]

        with m.If(enter):
            m.d.sync += self.filling.eq(~row.last)
            with m.If(row.last):
                m.d.sync += [closed.bit_select(fill, 1).eq(1), fill.eq(fill ^ (p.halves - 1))]
        with m.If(written.valid & written.last):
            m.d.sync += settled.bit_select(written.half, 1).eq(1)
        with m.If(read_accepted & read.last):
            m.d.sync += [
                closed.bit_select(drain, 1).eq(0),
                settled.bit_select(drain, 1).eq(0),
                drain.eq(drain ^ (p.halves - 1)),
            ]

        # Location of the old sum: the latest row in flight to the same address, else memory.
        hit = Signal(1 + STAGES)  # the row 1, 2 or 3 cycles earlier, or memory
        source = Signal(1 + STAGES)
        same = (each.valid & (each.addr == row.addr) & (each.half == fill) for each in stages[1:])
        m.d.comb += [hit.eq(Cat(*same, 1)), source.eq(Mux(row.accumulate, hit & (~hit + 1), 0))]

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
                depth=p.depth,
                overflow=p.overflow,
                halves=p.halves,
            )
            m.d.comb += [
                lanes.data.eq(row.data.as_value()[start * p.in_width : stop * p.in_width]),
                lanes.addr.eq(row.addr),
                lanes.write.eq(enter << fill),
                lanes.source.eq(source),
                lanes.fetch.eq(Cat(Mux(each, read.addr, row.addr) for each in closed)),
                lanes.read_half.eq(drain),
            ]
            found.append(lanes.found)

        out = Signal(self.out.payload.shape())
        valid = Signal(READ_LATENCY)
        m.d.comb += out.data.as_value().eq(Cat(found))
        m.d.sync += valid.eq(Cat(read_accepted, valid))
        if p.buffer == 0:
            m.d.comb += [self.out.payload.eq(out), self.out.valid.eq(valid[-1])]
        else:
            depth = self.latency + 1 if p.buffer == "auto" else p.buffer
            buffered(
                m, platform, reserve=read_accepted, space=space, row=out, valid=valid[-1], out=self.out, depth=depth
            )
        return m


class AccumulatorLanes(Component):
    """Slice of an accumulator memory's lanes, at most :data:`SLICE` bits: one memory per half, one adder per lane.

    Inputs in the same cycle: `data`, its address `addr`, `write` (one bit per half, at most one high), and `source`:
    the old sum is that of the row 1, 2 or 3 cycles earlier (bits 0 to 2), that of the memory (bit 3), or none. Each
    half fetches the sums at its `fetch` address. `read_half` selects the half that drives `found` two cycles later.
    """

    class Parameters(Parameters):
        lanes: int
        in_width: int
        acc_width: int
        depth: int
        overflow: Overflow
        halves: int

    @staticmethod
    def members(p):
        addr_width = (p.depth - 1).bit_length()
        return {
            "data": In(Lanes(signed(p.in_width), p.lanes)),
            "addr": In(addr_width),
            "write": In(p.halves),
            "source": In(1 + STAGES),
            "fetch": In(Lanes(addr_width, p.halves)),
            "read_half": In(1),
            "found": Out(p.lanes * p.acc_width),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        width = p.lanes * p.acc_width

        def later(name, value, cycles=1, reset_less=True):
            for n in range(cycles):
                value, early = Signal(len(value), name=f"{name}{n + 1}", reset_less=reset_less), value
                m.d.sync += value.eq(early)
            return value

        addr = later("addr", self.addr, STAGES)
        write = later("write", self.write, STAGES, reset_less=False)
        source = later("source", self.source)
        from_memory = later("half", Mux(self.source[STAGES], self.write, 0))
        previous = later("previous", source[0])
        data = later("data", self.data.as_value(), 2)
        read_half = later("read_half", self.read_half)

        total = Signal(width, reset_less=True)
        earlier = later("earlier", total)
        memories = []
        for half in range(p.halves):
            # A row's fetch overlaps with the write to its address of the row three cycles earlier, and then the
            # forwarded sum is used. A closed half is read only when all its rows are written; where a bank reads while
            # rows are written, the result is unspecified. So synthesis need not guard against such an overlap.
            style = {"no_rw_check": 1, "ram_style": "block"}
            memory = Memory(shape=width, depth=p.depth, init=[], attrs=style)
            m.submodules[f"sums{half}"] = memory
            store = memory.write_port()
            fetch = memory.read_port()
            m.d.comb += [
                store.addr.eq(addr),
                store.data.eq(total),
                store.en.eq(write[half]),
                fetch.addr.eq(self.fetch[half]),
            ]
            memories.append(fetch.data)

        # Every selection is an AND-OR with bits that are registered one cycle earlier: one LUT after the memory, one
        # before the adder.
        stored = Signal(width, reset_less=True)
        forwarded = Signal(width, reset_less=True)
        found = Signal(width, reset_less=True)
        m.d.sync += [
            stored.eq(_either(zip(memories, from_memory, strict=True))),
            forwarded.eq(_either([(total, source[1]), (earlier, source[2])])),
            found.eq(Mux(read_half, memories[-1], memories[0])),
        ]
        m.d.comb += self.found.eq(found)
        old = Signal(Lanes(signed(p.acc_width), p.lanes))
        m.d.comb += old.as_value().eq(stored | forwarded | _either([(total, previous)]))
        for lane in range(p.lanes):
            part = slice(lane * p.acc_width, (lane + 1) * p.acc_width)
            exact = Signal(signed(p.acc_width + 1), name=f"exact{lane}")
            m.d.comb += exact.eq(old[lane] + data[lane * p.in_width : (lane + 1) * p.in_width].as_signed())
            if p.overflow == "saturate":
                sign, top = exact[p.acc_width], exact[p.acc_width - 1]
                limit = Mux(sign, 1 << p.acc_width - 1, (1 << p.acc_width - 1) - 1)
                m.d.sync += total[part].eq(Mux(sign != top, limit, exact))
            else:
                m.d.sync += total[part].eq(exact)
        return m


def _either(choices):
    """Return the OR of all values whose select bit is set."""
    result = 0
    for value, chosen in choices:
        result = result | Mux(chosen, value, 0)
    return result
