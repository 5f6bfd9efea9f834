"""Instructions from DRAM, ahead of need, and kept as long as a loop needs them."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..accelerator.contract import PC_WIDTH
from ..bus.axi import Axi4
from ..component import Component, Parameters
from .isa import BYTES, OPCODE_BITS, Op

BLOCK = 8
"""Instructions of a burst: 128 bytes, at a multiple of as many."""
INCR = 1
AHEAD = 64
"""Instructions that are asked for beyond the one that is wanted: more would only take the bus from the data."""


class Fetch(Component):
    """The program from byte `address` on, a ring of `depth` instructions of it.

    With `go`, whole blocks are read as long as they fit behind `oldest`, the first instruction that may still be
    wanted, and up to AHEAD instructions beyond `index`. `filled` instructions have come. `word` is the instruction
    `index` of the last cycle in which `take` was high. Nothing is read behind a HALT. After an error on the bus
    `broken` is high and `filled` stays; `stuck`: nothing more fits. `idle`: no burst is under way.

    Latency: that of the bus, and 2. Initiation interval: the beats of an instruction. Area: depth x 128 bits of memory.
    """

    class Parameters(Parameters):
        depth: int
        data_width: int

        @property
        def beats(self) -> int:
            """Beats of an instruction."""
            return BYTES * 8 // self.data_width

    @staticmethod
    def members(p):
        bus = Axi4(32, p.data_width).members
        return {
            "go": In(1),
            "address": In(32),
            "oldest": In(PC_WIDTH),
            "index": In(PC_WIDTH),
            "take": In(1),
            "word": Out(BYTES * 8),
            "filled": Out(PC_WIDTH),
            "broken": Out(1),
            "stuck": Out(1),
            "idle": Out(1),
            "ar": bus["ar"],
            "r": bus["r"],
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        ring = p.depth.bit_length() - 1
        m.submodules.ring = memory = Memory(shape=BYTES * 8, depth=p.depth, init=[], attrs={"no_rw_check": 1})
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            read.addr.eq(self.index[:ring]),
            read.en.eq(self.take),
            self.word.eq(read.data),
        ]

        # Blocks are asked for one at a time, each to the next multiple of its size.
        begun = Signal()
        ended = Signal()  # HALT was seen, or an error
        asked = Signal(PC_WIDTH)
        block = Signal(32 - 7)
        behind = Signal(range(BLOCK))  # instructions of the block behind its first
        size = Signal(range(BLOCK + 1))
        flying = Signal(2)
        fits = Signal()
        asks = Signal()
        arrives = Signal()
        m.d.comb += [
            behind.eq(Mux(begun, BLOCK - 1, ~self.address[4:7])),
            size.eq(behind + 1),
            fits.eq((asked - self.oldest)[: ring + 2] <= p.depth - BLOCK),
            self.stuck.eq(~fits & self.idle),
            self.ar.payload.addr[4:7].eq(Mux(begun, 0, self.address[4:7])),
            self.ar.payload.addr[7:].eq(Mux(begun, block, self.address[7:])),
            self.ar.payload.len.eq(Cat(Const(p.beats - 1, (p.beats - 1).bit_length()), behind)),
            self.ar.payload.size.eq((p.data_width // 8).bit_length() - 1),
            self.ar.payload.burst.eq(INCR),
            self.ar.payload.id.eq(1),
            self.ar.valid.eq(asks),
            arrives.eq(self.r.valid & self.r.payload.last),
            self.r.ready.eq(1),
            self.idle.eq((flying == 0) & ~asks),
        ]
        wants = Signal()
        near = Signal()
        m.d.sync += near.eq((asked - self.index)[:PC_WIDTH].as_signed() <= AHEAD - BLOCK)
        m.d.comb += wants.eq(self.go & fits & near & ~ended & (flying < 2))
        with m.If(~asks):
            m.d.sync += asks.eq(wants)
        with m.Elif(self.ar.ready):
            m.d.sync += [
                asks.eq(0),
                begun.eq(1),
                asked.eq(asked + size),
                block.eq(Mux(begun, block, self.address[7:]) + 1),
            ]
        m.d.sync += flying.eq(flying + (self.ar.valid & self.ar.ready) - arrives)

        # Beats become instructions.
        word = Signal(BYTES * 8)
        complete = Signal()
        bad = Signal()
        if p.beats == 1:
            m.d.comb += [word.eq(self.r.payload.data), complete.eq(self.r.valid), bad.eq(self.r.payload.resp[1])]
        else:
            before = Signal(BYTES * 8 - p.data_width, reset_less=True)
            part = Signal(range(p.beats))
            failed = Signal()
            m.d.comb += [
                word.eq(Cat(before, self.r.payload.data)),
                complete.eq(self.r.valid & (part == p.beats - 1)),
                bad.eq(failed | self.r.payload.resp[1]),
            ]
            with m.If(self.r.valid):
                m.d.sync += [part.eq(part + 1), before.eq(word[p.data_width :]), failed.eq(bad & ~complete)]
        m.d.comb += [write.addr.eq(self.filled[:ring]), write.data.eq(word)]
        with m.If(complete & ~ended):
            m.d.comb += write.en.eq(1)
            with m.If(bad):
                m.d.sync += [self.broken.eq(1), ended.eq(1)]
            with m.Else():
                m.d.sync += self.filled.eq(self.filled + 1)
                with m.If(word[:OPCODE_BITS] == Op.HALT):
                    m.d.sync += ended.eq(1)
        return m
