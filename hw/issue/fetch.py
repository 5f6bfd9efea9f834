"""Instruction fetch: a program from memory, prefetched, and retained as long as a loop needs it."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..accelerator.contract import PC_WIDTH
from ..bus.axi import Axi4
from ..component import Component, Parameters
from .isa import Isa
from .isa_spec import Control

BLOCK = 8
"""Instructions of a burst, which is aligned to its own length."""
INCR = 1
LOOKAHEAD = 64
"""Instructions requested in advance of the one at `index`: more would only take bandwidth from the data."""


class InstructionFetch(Component):
    """Instruction fetch: the program from byte `address` on, with a ring buffer of `depth` instructions.

    With `go`, whole blocks are read as long as they fit together with the instructions from `oldest` on, which may
    still be needed, and up to AHEAD instructions beyond `index`. `filled` instructions have arrived. `word` is the
    instruction `index` of the last cycle in which `read` was high. No block is requested after a HALT. After a bus
    error `bus_error` is high and `filled` keeps its value; `buffer_full`: the buffer is full. `idle`: no burst is in
    flight.

    An instruction occupies a slot of `isa.slot` bytes. `address` is a multiple of a slot, and of a beat of the bus.

    Latency: that of the bus, and 2. Initiation interval: the beats of an instruction. Area: depth x bits of an
    instruction of memory.
    """

    class Parameters(Parameters):
        isa: Isa
        depth: int
        data_width: int

        @property
        def beats(self) -> int:
            """Beats of an instruction, at least one."""
            return max(1, self.isa.slot * 8 // self.data_width)

        @property
        def parallel(self) -> int:
            """Instructions in a beat, at least one."""
            return max(1, self.data_width // (self.isa.slot * 8))

    @staticmethod
    def members(p):
        bus = Axi4(32, p.data_width).members
        return {
            "go": In(1),
            "address": In(32),
            "oldest": In(PC_WIDTH),
            "index": In(PC_WIDTH),
            "read": In(1),
            "word": Out(p.isa.bits),
            "filled": Out(PC_WIDTH),
            "bus_error": Out(1),
            "buffer_full": Out(1),
            "idle": Out(1),
            "ar": bus["ar"],
            "r": bus["r"],
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        isa = p.isa
        ring, first = p.depth.bit_length() - 1, p.parallel.bit_length() - 1  # bits of an index, and in a beat
        m.submodules.ring = memory = Memory(
            shape=isa.bits * p.parallel, depth=p.depth // p.parallel, init=[], attrs={"no_rw_check": 1}
        )
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [read.addr.eq(self.index[first:ring]), read.en.eq(self.read)]
        if p.parallel == 1:
            m.d.comb += self.word.eq(read.data)
        else:
            place = Signal(first)
            with m.If(self.read):
                m.d.sync += place.eq(self.index[:first])
            m.d.comb += self.word.eq(read.data.word_select(place, isa.bits))

        # Blocks are requested one after the other, at most two in flight; each ends at a multiple of its size.
        slot = isa.slot.bit_length() - 1  # bits of an address in a slot
        top = slot + BLOCK.bit_length() - 1  # bits of an address in a block
        started = Signal()
        ended = Signal()  # HALT was fetched, or an error occurred
        requested = Signal(PC_WIDTH)
        block = Signal(32 - top)
        following = Signal(range(BLOCK))  # instructions of the block after its first
        size = Signal(range(BLOCK + 1))
        outstanding = Signal(2)
        fits = Signal()
        ar_valid = Signal()
        arrives = Signal()
        m.d.comb += [
            following.eq(Mux(started, BLOCK - 1, ~self.address[slot:top])),
            size.eq(following + 1),
            fits.eq((requested - self.oldest)[: ring + 2] <= p.depth - BLOCK),
            self.buffer_full.eq(~fits & self.idle),
            self.ar.payload.addr[slot:top].eq(Mux(started, 0, self.address[slot:top])),
            self.ar.payload.addr[top:].eq(Mux(started, block, self.address[top:])),
            self.ar.payload.len.eq(Cat(Const(p.beats - 1, (p.beats - 1).bit_length()), following[first:])),
            self.ar.payload.size.eq((p.data_width // 8).bit_length() - 1),
            self.ar.payload.burst.eq(INCR),
            self.ar.payload.id.eq(1),
            self.ar.valid.eq(ar_valid),
            arrives.eq(self.r.valid & self.r.payload.last),
            self.r.ready.eq(1),
            self.idle.eq((outstanding == 0) & ~ar_valid),
        ]
        ar_valid_next = Signal()
        within_lookahead = Signal()
        m.d.sync += within_lookahead.eq((requested - self.index)[:PC_WIDTH].as_signed() <= LOOKAHEAD - BLOCK)
        m.d.comb += ar_valid_next.eq(self.go & fits & within_lookahead & ~ended & (outstanding < 2))
        with m.If(~ar_valid):
            m.d.sync += ar_valid.eq(ar_valid_next)
        with m.Elif(self.ar.ready):
            m.d.sync += [
                ar_valid.eq(0),
                started.eq(1),
                requested.eq(requested + size),
                block.eq(Mux(started, block, self.address[top:]) + 1),
            ]
        m.d.sync += outstanding.eq(outstanding + (self.ar.valid & self.ar.ready) - arrives)

        # Conversion of beats into instructions.
        word = Signal(max(isa.slot * 8, p.data_width))
        complete = Signal()
        beat_failed = Signal()
        if p.beats == 1:
            m.d.comb += [
                word.eq(self.r.payload.data),
                complete.eq(self.r.valid),
                beat_failed.eq(self.r.payload.resp[1]),
            ]
        else:
            before = Signal(isa.slot * 8 - p.data_width, reset_less=True)
            part = Signal(range(p.beats))
            failed = Signal()
            m.d.comb += [
                word.eq(Cat(before, self.r.payload.data)),
                complete.eq(self.r.valid & (part == p.beats - 1)),
                beat_failed.eq(failed | self.r.payload.resp[1]),
            ]
            with m.If(self.r.valid):
                m.d.sync += [part.eq(part + 1), before.eq(word[p.data_width :]), failed.eq(beat_failed & ~complete)]
        slots = [word[n * isa.slot * 8 :][: isa.bits] for n in range(p.parallel)]
        m.d.comb += [write.addr.eq(self.filled[first:ring]), write.data.eq(Cat(slots))]
        halts = reduce(or_, (each[isa.opcode.range] == isa.controls[Control.HALT] for each in slots))
        with m.If(complete & ~ended):
            m.d.comb += write.en.eq(1)
            with m.If(beat_failed):
                m.d.sync += [self.bus_error.eq(1), ended.eq(1)]
            with m.Else():
                m.d.sync += self.filled.eq(self.filled + p.parallel)
                with m.If(halts):
                    m.d.sync += ended.eq(1)
        return m
