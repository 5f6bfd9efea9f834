"""Fetch of layer descriptors from DRAM: a linked list or a table, the next one prefetched."""

from enum import IntEnum

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out
from pydantic import Field, model_validator

from ..bundle import Bundle
from ..bus.axi import BOUNDARY, Axi4
from ..component import Component, Parameters


class FetchError(IntEnum):
    """Error that ends a chain of descriptors early; bus errors have the bus's response codes."""

    ALIGNMENT = 1
    SLVERR = 2
    DECERR = 3


class DescriptorFetch(Component):
    """Descriptor fetch: the descriptors of a chain, in order, from an address in DRAM.

    A descriptor is stored at a multiple of `pitch`, a power of two, and is a header followed by `fields`, low bits
    first. The header has 32 bits (64 with addresses of more than 32 bits): bit 0 is `last`; in a linked list the bits
    from log2 pitch up are those of the next descriptor's address, in a table the next one follows after `pitch` bytes.

    `start` carries the address of a chain's first descriptor while none is `busy`; `o` carries the fields of each and
    whether it is the last. While one waits at `o` the next is fetched, so `o` may keep it until its pass is complete. A
    descriptor with a bus error, or a first address that is no multiple of `pitch`, ends the chain: it does not appear
    at `o`, and `fault` reports the code and the descriptor's address. With `stop` high no chain starts, and a
    prefetched descriptor is dropped once its burst has ended; none follows it. `busy` falls when the last descriptor
    has left `o`.

    Latency: 1 from `start` to the address, 2 from the last beat to `o` and to the next address. No output but
    `start.ready` and `fault` depends combinationally on an input. Area: two descriptors of flip-flops and an address.
    """

    class Parameters(Parameters):
        fields: data.Layout
        data_width: int = Field(64, ge=8, le=1024)
        addr_width: int = Field(32, ge=12, le=64)
        linked: bool = True

        @model_validator(mode="after")
        def _fits_a_page(self):
            if self.pitch > BOUNDARY or self.beats > 256:
                raise ValueError(
                    f"fields of {self.fields.size} bits: a descriptor must be at most {BOUNDARY} bytes and 256 beats."
                )
            return self

        @property
        def header(self) -> int:
            """Bits of the header."""
            return 32 if self.addr_width <= 32 else 64

        @property
        def beats(self) -> int:
            return -(-(self.header + self.fields.size) // self.data_width)

        @property
        def pitch(self) -> int:
            """Alignment of a descriptor's address, in bytes."""
            return 1 << (self.beats * self.data_width // 8 - 1).bit_length()

        @property
        def descriptor(self) -> Bundle:
            """Payload of `o`."""
            return Bundle({"fields": self.fields, "last": 1})

    @staticmethod
    def members(p):
        bus = Axi4(p.addr_width, p.data_width).members
        fault = Bundle({"code": FetchError, "addr": p.addr_width})
        return {
            "start": In(stream.Signature(p.addr_width)),
            "stop": In(1),
            "ar": bus["ar"],
            "r": bus["r"],
            "o": Out(stream.Signature(p.descriptor)),
            "fault": Out(stream.Signature(fault, always_ready=True)),
            "busy": Out(1),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        low = p.pitch.bit_length() - 1
        addr = Signal(p.addr_width - low, reset_less=True)  # of the descriptor being fetched
        word = Signal(p.beats * p.data_width, reset_less=True)
        beat = Signal(range(p.beats))
        error = Signal(2)
        active = Signal()
        at = Signal(p.addr_width)
        m.d.comb += [
            at.eq(addr << low),
            self.ar.payload.addr.eq(at),
            self.ar.payload.len.eq(p.beats - 1),
            self.ar.payload.size.eq((p.data_width // 8).bit_length() - 1),
            self.ar.payload.burst.eq(1),
            self.busy.eq(active | self.o.valid),
            self.fault.payload.addr.eq(at),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.FSM():
            with m.State("idle"):
                m.d.comb += self.start.ready.eq(~self.o.valid & ~self.stop)
                with m.If(self.start.valid & self.start.ready):
                    with m.If(self.start.payload[:low].any()):
                        m.d.comb += [
                            self.fault.valid.eq(1),
                            self.fault.payload.code.eq(FetchError.ALIGNMENT),
                            self.fault.payload.addr.eq(self.start.payload),
                        ]
                    with m.Else():
                        m.d.sync += [addr.eq(self.start.payload[low:]), active.eq(1)]
                        m.next = "address"
            with m.State("address"):
                m.d.comb += self.ar.valid.eq(1)
                m.d.sync += [beat.eq(0), error.eq(0)]
                with m.If(self.ar.ready):
                    m.next = "data"
            with m.State("data"):
                m.d.comb += self.r.ready.eq(1)
                with m.If(self.r.valid):
                    m.d.sync += [
                        word.eq(Cat(word, self.r.payload.data)[p.data_width :]),
                        beat.eq(beat + 1),
                        error.eq(Mux(error == 0, self.r.payload.resp, error)),
                    ]
                    with m.If(beat == p.beats - 1):
                        m.next = "give"
            with m.State("give"):
                with m.If(error != 0):
                    m.d.comb += [self.fault.valid.eq(1), self.fault.payload.code.eq(error)]
                    m.d.sync += active.eq(0)
                    m.next = "idle"
                with m.Elif(self.stop):
                    m.d.sync += active.eq(0)
                    m.next = "idle"
                with m.Elif(~self.o.valid | self.o.ready):
                    m.d.sync += [
                        self.o.valid.eq(1),
                        self.o.payload.last.eq(word[0]),
                        self.o.payload.fields.as_value().eq(word[p.header :]),
                        addr.eq(word[low : p.addr_width] if p.linked else addr + 1),
                        active.eq(~word[0]),
                    ]
                    m.next = "address"
                    with m.If(word[0]):
                        m.next = "idle"
        return m
