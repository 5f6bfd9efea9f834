"""Frames on a byte stream: the contents of a frame are delivered unchanged or not at all.

A frame consists of bytes and their CRC-32 (that of Ethernet, lowest byte first), encoded without zeros (COBS), and a
terminating zero. After any corruption the next zero ends the frame.
"""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, place
from ..stream.packet import Packet

CRC_BYTES = 4
RUN = 255
"""Code of a run of maximum length, which is not followed by a zero."""

BEAT = Bundle({"data": 8, "end": 1, "crc_valid": 1})
"""A byte of a frame, including those of its CRC; or, with `end`, the end of the frame, and whether it was
`crc_valid`."""


class Crc(Component):
    """CRC-32 of the `valid` bytes since `start`; `crc_valid` if the last four bytes are the CRC of those before them.

    Latency 1, initiation interval 1; `start` restarts it, and a byte in the same cycle is ignored. Area: 32 flip-flops,
    some 100 LUT4.

    Source: IEEE 802.3, section 3.2.9.
    """

    POLYNOMIAL = 0xEDB88320
    RESIDUE = 0xDEBB20E3

    @staticmethod
    def members(p):
        return {"start": In(1), "data": In(8), "valid": In(1), "value": Out(32), "crc_valid": Out(1)}

    def elaborate(self, platform):
        m = Module()
        register = Signal(32, init=-1)
        step = register ^ self.data
        for n in range(8):
            step, before = Signal(32, name=f"step{n}"), step
            m.d.comb += step.eq((before >> 1) ^ Mux(before[0], self.POLYNOMIAL, 0))
        with m.If(self.start):
            m.d.sync += register.eq(-1)
        with m.Elif(self.valid):
            m.d.sync += register.eq(step)
        m.d.comb += [self.value.eq(~register), self.crc_valid.eq(register == self.RESIDUE)]
        return m


class Deframer(Component):
    """Frame decoder for a byte stream with lost, inserted or corrupted bytes: o.good reports whether the CRC is right.

    Latency 1, initiation interval 1: a byte produces at most one beat. `i.ready` follows `o.ready`. Area: a byte, a
    counter of 8 bits, a CRC of one byte per cycle.

    Source: S. Cheshire and M. Baker, Consistent Overhead Byte Stuffing, IEEE/ACM Transactions on Networking 1999.
    """

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(8)), "o": Out(stream.Signature(BEAT))}

    def elaborate(self, platform):
        m = Module()
        crc = place(m, platform, "crc", Crc)
        remaining = Signal(8)  # remaining bytes of the current run
        empty = Signal(init=1)  # no byte of the frame has arrived
        zero = Signal(reset_less=True)  # the current run is followed by a zero
        beat = Signal(BEAT, reset_less=True)
        taken, ends, code, byte = (Signal(name=name) for name in ("taken", "ends", "code", "byte"))
        m.d.comb += [
            self.i.ready.eq(~self.o.valid | self.o.ready),
            self.o.payload.eq(beat),
            taken.eq(self.i.valid & self.i.ready),
            ends.eq(self.i.payload == 0),
            code.eq(~ends & (remaining == 0)),
            byte.eq(~ends & (~code | (zero & ~empty))),
            crc.data.eq(Mux(code, 0, self.i.payload)),
            crc.valid.eq(taken & byte),
            crc.start.eq(taken & ends),
        ]
        with m.If(self.i.ready):
            m.d.sync += [
                self.o.valid.eq(self.i.valid & (byte | (ends & ~empty))),
                beat.data.eq(crc.data),
                beat.end.eq(ends),
                beat.crc_valid.eq((remaining == 0) & crc.crc_valid),
            ]
        with m.If(taken):
            m.d.sync += [empty.eq(ends), remaining.eq(Mux(ends, 0, Mux(code, self.i.payload, remaining) - 1))]
            with m.If(code):
                m.d.sync += zero.eq(self.i.payload != RUN)
        return m


class Framer(Component):
    """Frame encoder: packets of bytes become frames.

    The length of a run is sent before its bytes but known only at its end, so bytes are stored in a ring of 256, which
    holds the longest run.

    Latency 2 from a byte that ends a run to the run's length in `o`. Initiation interval 1, plus one cycle per run of
    254 bytes and 6 per packet. `i.ready` depends on no input. Area: a block memory of 256 bytes, three pointers into
    it, a CRC of one byte per cycle.

    Source: as :class:`Deframer`.
    """

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(Packet(8))), "o": Out(stream.Signature(8))}

    def elaborate(self, platform):
        m = Module()
        crc = place(m, platform, "crc", Crc)
        m.submodules.ring = ring = Memory(shape=8, depth=256, init=[], attrs={"no_rw_check": 1, "ram_style": "block"})
        write = ring.write_port()
        read = ring.read_port()

        # A packet's bytes, those of its CRC, one that ends the last run as a zero would, the zero that ends the frame.
        last = 1 + CRC_BYTES + 1
        phase = Signal(range(last + 1))
        final = phase == last
        byte = Signal(8)
        offered = Signal()
        with m.Switch(phase):
            with m.Case(0):
                m.d.comb += [byte.eq(self.i.payload.data), offered.eq(self.i.valid)]
            for n in range(CRC_BYTES):
                with m.Case(1 + n):
                    m.d.comb += [byte.eq(crc.value[8 * n : 8 * n + 8]), offered.eq(1)]
            with m.Default():
                m.d.comb += offered.eq(1)

        slot = Signal(8)  # address of the current run's length; the bytes before it may be sent
        fill = Signal(8, init=1)
        length = Signal(8, init=1)
        space, full, take, close = (Signal(name=name) for name in ("space", "full", "take", "close"))
        m.d.comb += [
            space.eq(fill != read.addr),
            full.eq(length == RUN),
            take.eq(space & ~full & offered),
            close.eq(full | (byte == 0)),
            self.i.ready.eq(space & ~full & (phase == 0)),
            crc.data.eq(byte),
            crc.valid.eq(take & (phase == 0)),
            crc.start.eq(final),
            write.en.eq(space & (full | offered)),
            write.addr.eq(Mux(close, slot, fill)),
            write.data.eq(Mux(final, 0, Mux(close, length, byte))),
        ]
        with m.If(write.en):
            m.d.sync += [fill.eq(fill + 1), length.eq(Mux(close, 1, length + 1))]
            with m.If(close):
                m.d.sync += slot.eq(fill)
        with m.If(take & ((phase != 0) | self.i.payload.last)):
            m.d.sync += phase.eq(Mux(final, 0, phase + 1))

        fetch = Signal()
        m.d.comb += [
            fetch.eq((read.addr != slot) & (~self.o.valid | self.o.ready)),
            read.en.eq(fetch),
            self.o.payload.eq(read.data),
        ]
        with m.If(fetch):
            m.d.sync += [read.addr.eq(read.addr + 1), self.o.valid.eq(1)]
        with m.Elif(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        return m
