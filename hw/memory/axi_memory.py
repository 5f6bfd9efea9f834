"""On-chip memory behind an AXI4 interface, for designs without DRAM."""

from typing import Literal

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from pydantic import Field, model_validator

from ..bundle import Bundle
from ..bus.axi import BOUNDARY, Axi4, Response
from ..bus.burst import PAGE_BITS, address_mask, legal, legal_incr, next_address
from ..component import Component, ParameterError, Parameters, place
from ..stream.buffer import StreamBuffer
from ..stream.packet import join
from .access import Read, Request
from .scratchpad import Scratchpad

BEATS = 4
"""Outstanding reads per master: not fewer than a scratchpad's port holds, those that wait for their bank included."""


class AxiParameters(Parameters):
    """Common parameters of the memory and its parts."""

    masters: int = Field(2, ge=1, le=8, description="AXI4 buses that share the memory")
    data_width: int = Field(
        64,
        ge=32,
        le=512,
        description="bits of a beat",
        json_schema_extra={"legal": "a power of two from 32 to 512"},
    )
    bytes: int = Field(
        65536,
        ge=BOUNDARY,
        le=1 << 28,
        description="size of the memory, from address 0 on",
        json_schema_extra={"legal": f"a multiple of {BOUNDARY} from {BOUNDARY} to {1 << 28}"},
    )
    addr_width: int = Field(32, ge=13, le=64, description="bits of a byte address")
    banks: int = Field(2, ge=1, le=32, description="memories that serve one beat per cycle each, a power of two")
    style: Literal["block", "huge", "distributed", "auto"] = Field(
        "block", description="kind of memory requested from synthesis; huge: iCE40's SPRAM"
    )
    bursts: Literal["all", "incr"] = Field(
        "all", description="bursts served: all of AXI4, or INCR of beats as wide as the bus only, for less area"
    )

    @model_validator(mode="after")
    def _sizes(self):
        if self.data_width & (self.data_width - 1):
            raise ParameterError(f"data_width={self.data_width}: data_width must be {self.legal('data_width')}.")
        if self.bytes % BOUNDARY:
            raise ParameterError(f"bytes={self.bytes}: bytes must be {self.legal('bytes')}.")
        if self.bytes > 1 << self.addr_width:
            raise ParameterError(f"bytes={self.bytes}: bytes must be at most 2^{self.addr_width} with this addr_width.")
        if self.banks & (self.banks - 1):
            raise ParameterError(f"banks={self.banks}: banks must be a power of two from 1 to 32.")
        return self

    @property
    def lanes(self) -> int:
        """Bits of a byte offset within a beat."""
        return (self.data_width // 8 - 1).bit_length()

    @property
    def depth(self) -> int:
        return self.bytes * 8 // self.data_width

    @property
    def request(self) -> Request:
        return Request((self.depth - 1).bit_length(), self.data_width)


class AxiMemory(Component):
    """On-chip memory of `bytes` bytes, shared by `masters` AXI4 buses.

    Bursts are INCR, WRAP or FIXED, of whole or of narrow beats (`size`); with `bursts="incr"`, INCR of whole beats
    only. A burst beyond the end of the memory returns DECERR. One that AXI4 does not permit (see :func:`.burst.legal`),
    or that is not served, returns SLVERR; it writes nothing, and the data that it reads are undefined. The number of a
    write's beats is that of its `last`. Each bus has a port for reads and one for writes on a :class:`.Scratchpad` of
    `banks` banks, whose arbiters are fair. A write response is returned once every access issued after it sees the
    written data.

    Latency: 3 cycles from a read's address to its first beat, 2 masters + 1 from a last write beat to its response, if
    no bank is busy with others. Initiation interval 1 per beat on each bus and direction, if there are no bank
    conflicts; len + 2 cycles per read burst, len + 2 masters + 3 per write burst. Back-pressure on every channel. No
    output depends combinationally on an input. `len` is AXI's, the number of beats less one.

    Area: the memory, and the crossbar between 2 x masters ports and its banks.

    Source: ARM IHI 0022.
    """

    unit = "beat"
    latency = 3
    Parameters = AxiParameters

    @staticmethod
    def members(p):
        return {f"s_axi{n}": In(Axi4(p.addr_width, p.data_width)) for n in range(p.masters)}

    @property
    def peak(self) -> int:
        return min(2 * self.p.masters, self.p.banks)

    def elaborate(self, platform):
        m = Module()
        p = self.p
        words = place(
            m,
            platform,
            "words",
            Scratchpad,
            ports=2 * p.masters,
            banks=p.banks,
            depth=p.depth,
            width=p.data_width,
            counters=0,
            style=p.style,
        )
        for n in range(p.masters):
            bus = getattr(self, f"s_axi{n}")
            reads = place(m, platform, f"reads{n}", ReadBursts, **dict(p))
            writes = place(m, platform, f"writes{n}", WriteBursts, **dict(p))
            join(m, bus.ar, reads.ar)
            join(m, reads.r, bus.r)
            join(m, bus.aw, writes.aw)
            join(m, bus.w, writes.w)
            join(m, writes.b, bus.b)
            join(m, reads.req, getattr(words, f"port{2 * n}_req"))
            join(m, getattr(words, f"port{2 * n}_rsp"), reads.rsp)
            join(m, writes.req, getattr(words, f"port{2 * n + 1}_req"))
            m.d.comb += getattr(words, f"port{2 * n + 1}_rsp").ready.eq(1)  # writes have no response
        return m


class ReadBursts(Component):
    """Conversion of read bursts of a bus into word requests, and of words into beats. A burst starts when all words of
    the previous burst have been requested."""

    Parameters = AxiParameters

    @staticmethod
    def members(p):
        bus = Axi4(p.addr_width, p.data_width).members
        return {
            "ar": In(bus["ar"].signature),
            "r": Out(bus["r"].signature.flip()),
            "req": Out(stream.Signature(p.request)),
            "rsp": In(stream.Signature(Read(p.data_width))),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        burst = Signal(self.ar.payload.shape(), reset_less=True)
        mask = Signal(PAGE_BITS, reset_less=True)
        response = Signal(Response, reset_less=True)
        busy = Signal()
        marks = Bundle({"id": len(burst.id), "last": 1, "resp": 2})
        beats = place(m, platform, "beats", StreamBuffer, payload=marks, depth=BEATS, style="auto")
        moves = Signal()
        mark = beats.write.payload
        m.d.comb += [
            self.ar.ready.eq(~busy),
            self.req.valid.eq(busy & beats.space),
            self.req.payload.addr.eq(burst.addr[p.lanes :]),
            moves.eq(self.req.valid & self.req.ready),
            beats.reserve.eq(moves),
            beats.write.valid.eq(moves),
            mark.id.eq(burst.id),
            mark.last.eq(burst.len == 0),
            mark.resp.eq(response),
            self.r.valid.eq(self.rsp.valid & beats.o.valid),
            self.r.payload.data.eq(self.rsp.payload.data),
            self.r.payload.id.eq(beats.o.payload.id),
            self.r.payload.last.eq(beats.o.payload.last),
            self.r.payload.resp.eq(beats.o.payload.resp),
            self.rsp.ready.eq(self.r.ready & beats.o.valid),
            beats.o.ready.eq(self.r.ready & self.rsp.valid),
        ]
        with m.If(~busy):
            m.d.sync += [busy.eq(self.ar.valid), burst.eq(self.ar.payload)]
            m.d.sync += [_start(self.ar.payload, mask, p), response.eq(_response(self.ar.payload, p))]
        with m.If(moves):
            m.d.sync += [_advance(burst, mask, p), burst.len.eq(burst.len - 1)]
            with m.If(burst.len == 0):
                m.d.sync += busy.eq(0)
        return m


class WriteBursts(Component):
    """Conversion of write bursts of a bus into word requests, with a response when every port would see the data. A
    burst starts when the previous one has its response."""

    Parameters = AxiParameters

    @staticmethod
    def members(p):
        bus = Axi4(p.addr_width, p.data_width).members
        return {
            "aw": In(bus["aw"].signature),
            "w": In(bus["w"].signature),
            "b": Out(bus["b"].signature.flip()),
            "req": Out(stream.Signature(p.request)),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        burst = Signal(self.aw.payload.shape(), reset_less=True)
        mask = Signal(PAGE_BITS, reset_less=True)
        response = Signal(Response, reset_less=True)
        states = Bundle({"busy": 1, "settling": range(2 * p.masters + 1)})
        state = Signal(states)  # busy: beats are accepted; seen: cycles until all ports see them
        idle = Signal()
        moves = Signal()
        m.d.comb += [
            idle.eq(~state.busy & (state.settling == 0) & ~self.b.valid),
            self.aw.ready.eq(idle),
            self.req.valid.eq(state.busy & self.w.valid),
            self.w.ready.eq(state.busy & self.req.ready),
            self.req.payload.addr.eq(burst.addr[p.lanes :]),
            self.req.payload.write.eq(1),
            self.req.payload.data.eq(self.w.payload.data),
            self.req.payload.strobe.eq(Mux(response == Response.OKAY, self.w.payload.strb, 0)),
            moves.eq(self.w.valid & self.w.ready),
            self.b.payload.id.eq(burst.id),
            self.b.payload.resp.eq(response),
        ]
        with m.If(idle):
            m.d.sync += [state.busy.eq(self.aw.valid), burst.eq(self.aw.payload)]
            m.d.sync += [_start(self.aw.payload, mask, p), response.eq(_response(self.aw.payload, p))]
        with m.If(moves):
            m.d.sync += _advance(burst, mask, p)
            with m.If(self.w.payload.last):
                m.d.sync += [state.busy.eq(0), state.settling.eq(2 * p.masters)]
        with m.If(state.settling != 0):
            m.d.sync += [state.settling.eq(state.settling - 1), self.b.valid.eq(state.settling == 1)]
        with m.If(self.b.valid & self.b.ready):
            m.d.sync += self.b.valid.eq(0)
        return m


def _response(address, p):
    """Response of a burst: a legal one is inside or outside the memory as a whole, because neither crosses 4 KiB."""
    served = legal(address, p.lanes) if p.bursts == "all" else legal_incr(address, p.lanes)
    return Mux(address.addr >= p.bytes, Response.DECERR, Mux(served, Response.OKAY, Response.SLVERR))


def _start(address, mask, p):
    """Keep which bits of the address change: with INCR alone, all of the word's."""
    return mask.eq(address_mask(address, p.lanes)) if p.bursts == "all" else []


def _advance(burst, mask, p):
    """Advance the address to the next beat."""
    low, word = burst.addr[:PAGE_BITS], burst.addr[p.lanes : PAGE_BITS]
    return low.eq(next_address(low, burst.size, mask, p.lanes)) if p.bursts == "all" else word.eq(word + 1)
