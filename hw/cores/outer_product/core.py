"""A matrix engine for small devices: no programs, a few registers, and an outer product a cycle."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal, signed
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ...bus.axi import Axi4, AxiLite
from ...bus.registers import RegField, Register, RegisterMap, Registers
from ...component import Component, Parameters, place
from ...mac.ice40 import TwoProducts
from ...stream.packet import join

MAGIC = 0x4F50
SIZE = 4
"""Rows and columns of a block of Y; bytes in a word."""
BEATS = 16
"""Words of a block, which is a burst: BEATS columns of A, BEATS rows of W, or SIZE x SIZE of Y."""
BYTES = 4 * BEATS
LOW = BYTES.bit_length() - 1
SETTLE = 3
"""Cycles from a word of A to its sums."""


def _address(name: str, meaning: str) -> Register:
    fields = [RegField(name="block", bits=32 - LOW, low=LOW, access="rw", meaning=f"byte, a multiple of {BYTES}")]
    return Register(name=name, meaning=meaning, fields=fields)


REGISTERS = RegisterMap(
    name="outer_product",
    registers=[
        Register(
            name="identity",
            meaning="what this is",
            fields=[
                RegField(name="magic", bits=16, access="ro", meaning=f"{MAGIC:#x}"),
                RegField(name="depth", bits=16, access="ro", meaning="words of W that there is room for"),
            ],
        ),
        Register(
            name="control",
            meaning="start",
            fields=[RegField(name="start", access="pulse", meaning="multiply; ignored while a product is under way")],
        ),
        Register(
            name="status",
            meaning="how it goes",
            fields=[
                RegField(name="done", access="w1c", meaning="a product has ended: the interrupt"),
                RegField(name="running", access="ro", meaning="one is under way"),
                RegField(name="refused", access="ro", meaning="the last one was none: depth or rows not legal"),
                RegField(name="failed", access="ro", meaning="in the last one the bus answered with an error"),
            ],
        ),
        _address("a", "A, blocks of 4 rows, each column by column"),
        _address("w", "W, 4 columns, row by row"),
        _address("y", "Y, blocks of 4 x 4, each row by row"),
        Register(
            name="depth",
            meaning="length of the sums",
            fields=[RegField(name="blocks", bits=16, access="rw", meaning=f"in units of {BEATS}")],
        ),
        Register(
            name="rows",
            meaning="rows of A and Y",
            fields=[RegField(name="blocks", bits=16, access="rw", meaning=f"in units of {SIZE}")],
        ),
        Register(
            name="cycles",
            meaning="cycles that the last product took",
            fields=[RegField(name="count", bits=32, access="ro")],
        ),
    ],
)


class OuterProduct(Component):
    """Y = A @ W of int8, exact in int32: 4 columns of Y, any number of rows; a column of A by a row of W a cycle.

    Registers (`s_axil`) say where A, W and Y are in memory (`m_axi`), and how large: depth.blocks x 16 products in a
    sum, rows.blocks x 4 rows. A word of A has a column's 4 rows, a word of W a row's 4 columns, a word of Y a sum. W is
    read once, into a memory of `depth` words, then each 4 rows of A, after which their 16 sums are written. `irq` is
    high while `status.done` is. Where the bus answers with an error, `status.failed` is set, and the product ends.

    Latency: a word of A is in the sums after 3 cycles. Initiation interval 1, as fast as the bus brings words; between
    4 rows and the next are 16 cycles for their sums and what the bus needs to answer. Back-pressure: all channels.
    Area: 16 multipliers of 8 bits (8 SB_MAC16 on iCE40), 16 sums of 16 + log2 depth bits, and the memory of W.

    Source: G. Golub and C. Van Loan, Matrix Computations, 2013, section 1.1 (a product as a sum of outer products).
    """

    class Parameters(Parameters):
        depth: int = Field(
            512,
            ge=BEATS,
            le=8192,
            multiple_of=BEATS,
            description="longest sum: words of W on chip",
            json_schema_extra={"legal": f"a multiple of {BEATS} from {BEATS} to 8192"},
        )

    latency = SETTLE
    peak = SIZE**2

    @staticmethod
    def members(p):
        return {"s_axil": In(AxiLite(REGISTERS.addr_width)), "m_axi": Out(Axi4(32, 32)), "irq": Out(1)}

    def elaborate(self, platform):
        m = Module()
        depth, bus = self.p.depth, self.m_axi
        registers = place(m, platform, "registers", Registers, map=REGISTERS)
        for name in ("aw", "w", "ar"):
            join(m, getattr(self.s_axil, name), getattr(registers.s_axil, name))
        for name in ("b", "r"):
            join(m, getattr(registers.s_axil, name), getattr(self.s_axil, name))

        asked = Signal(32 - LOW)  # the block that is asked for next
        asks = Signal(range(depth // BEATS + 1))  # how many from there on
        at = Signal(range(depth))  # the word that comes next
        wanted = Signal(range(depth // BEATS + 1))
        rows = Signal(16)
        written = Signal(32 - LOW)
        refused, failed, comes, settled, running = Signal(), Signal(), Signal(), Signal(range(SETTLE)), Signal()
        last = Signal()  # the word is the last of a panel or of four rows
        m.d.comb += [
            bus.ar.valid.eq(asks != 0),
            bus.ar.payload.addr.eq(asked << LOW),
            bus.ar.payload.len.eq(BEATS - 1),
            bus.ar.payload.size.eq(2),
            bus.ar.payload.burst.eq(1),
            bus.aw.payload.addr.eq(written << LOW),
            bus.aw.payload.len.eq(BEATS - 1),
            bus.aw.payload.size.eq(2),
            bus.aw.payload.burst.eq(1),
            bus.w.payload.strb.eq(-1),
            bus.r.ready.eq(comes),
            last.eq(Cat(at[: BEATS.bit_length() - 1].all(), (at >> (BEATS.bit_length() - 1)) == wanted - 1).all()),
            registers.identity_magic.eq(MAGIC),
            registers.identity_depth.eq(depth),
            registers.status_running.eq(running),
            registers.status_refused.eq(refused),
            registers.status_failed.eq(failed),
            self.irq.eq(registers.status_done),
        ]
        with m.If(bus.ar.valid & bus.ar.ready):
            m.d.sync += [asked.eq(asked + 1), asks.eq(asks - 1)]
        word = Signal()
        m.d.comb += word.eq(bus.r.valid & bus.r.ready)
        with m.If(word):
            m.d.sync += [at.eq(Mux(last, 0, at + 1)), failed.eq(failed | (bus.r.payload.resp != 0))]
        cycles = Signal(32)
        m.d.comb += registers.cycles_count.eq(cycles)
        with m.If(running):
            m.d.sync += cycles.eq(cycles + 1)

        multiplies, clear, number = Signal(), Signal(), Signal(range(BEATS))
        legal = Signal()
        m.d.comb += legal.eq(
            (registers.depth_blocks != 0) & (registers.depth_blocks <= depth // BEATS) & (registers.rows_blocks != 0)
        )
        with m.FSM():
            with m.State("idle"):
                with m.If(registers.control_start & registers.control_start_strobe):
                    m.d.sync += [
                        refused.eq(~legal),
                        failed.eq(0),
                        cycles.eq(0),
                        wanted.eq(registers.depth_blocks),
                        rows.eq(registers.rows_blocks),
                        written.eq(registers.y_block),
                        asked.eq(registers.w_block),
                    ]
                    m.d.comb += registers.status_done_set.eq(~legal)
                    with m.If(legal):
                        m.d.sync += [asks.eq(registers.depth_blocks), running.eq(1)]
                        m.next = "panel"
            with m.State("panel"):
                m.d.comb += comes.eq(1)
                with m.If(word & last):
                    m.d.sync += [asked.eq(registers.a_block), asks.eq(wanted)]
                    m.next = "multiply"
            with m.State("multiply"):
                m.d.comb += [comes.eq(1), multiplies.eq(word)]
                with m.If(word & last):
                    m.d.sync += settled.eq(SETTLE - 1)
                    m.next = "settle"
            with m.State("settle"):
                m.d.sync += settled.eq(settled - 1)
                with m.If(settled == 0):
                    m.next = "address"
            with m.State("address"):
                m.d.comb += bus.aw.valid.eq(1)
                with m.If(bus.aw.ready):
                    m.d.sync += [written.eq(written + 1), rows.eq(rows - 1)]
                    m.next = "sums"
            with m.State("sums"):
                m.d.comb += [bus.w.valid.eq(1), bus.w.payload.last.eq(number == BEATS - 1)]
                with m.If(bus.w.ready):
                    m.d.sync += number.eq(number + 1)
                    with m.If(bus.w.payload.last):
                        m.d.comb += clear.eq(1)
                        m.next = "answer"
            with m.State("answer"):
                m.d.comb += bus.b.ready.eq(1)
                with m.If(bus.b.valid):
                    m.d.sync += failed.eq(failed | (bus.b.payload.resp != 0))
                    with m.If(rows == 0):
                        m.d.sync += running.eq(0)
                        m.d.comb += registers.status_done_set.eq(1)
                        m.next = "idle"
                    with m.Else():
                        m.d.sync += asks.eq(wanted)
                        m.next = "multiply"

        m.submodules.panel = panel = Memory(shape=32, depth=depth, init=[], attrs={"no_rw_check": 1})
        write, read = panel.write_port(), panel.read_port()
        column = Signal(32, reset_less=True)
        m.d.comb += [
            write.addr.eq(at),
            write.data.eq(bus.r.payload.data),
            write.en.eq(word & ~multiplies),
            read.addr.eq(at),
            read.en.eq(1),
        ]
        m.d.sync += column.eq(bus.r.payload.data)
        sums = self._sums(m, platform, column, read.data, multiplies, clear)
        m.d.comb += bus.w.payload.data.eq(sums[number])
        return m

    def _sums(self, m, platform, column, row, multiplies, clear):
        """The sums of a block, row by row: what `column` and `row` add, a cycle after they are asked for."""
        width = 15 + self.p.depth.bit_length()
        stages = Signal(SETTLE - 1)
        m.d.sync += stages.eq(Cat(multiplies, stages))
        sums = [Signal(signed(width), name=f"sum{n}") for n in range(SIZE**2)]
        for n in range(0, SIZE**2, 2):  # neighbours in a row
            r, c = divmod(n, SIZE)
            pair = place(m, platform, f"pair{n // 2}", TwoProducts)
            m.d.comb += [
                pair.a.as_value().eq(column.word_select(r, 8).replicate(2)),
                pair.b.as_value().eq(row[8 * c : 8 * c + 16]),
            ]
            for k in range(2):
                with m.If(stages[-1]):
                    m.d.sync += sums[n + k].eq(sums[n + k] + pair.product[k])
                with m.If(clear):
                    m.d.sync += sums[n + k].eq(0)
        return Array(sums)
