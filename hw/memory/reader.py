"""Reader of a memory that returns a tag with each word."""

from amaranth.hdl import Module
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, Parameters, place
from ..stream.buffer import StreamBuffer
from .access import Read, Request

IN_FLIGHT = 8
"""Outstanding reads: the number that a scratchpad's port needs at full rate, and those that wait for it."""


class Reader(Component):
    """Memory reader: each `i` (`addr`, `tag`) reads a word of a memory and leaves as `o` (`data`, `tag`), in order.

    `req` and `rsp` connect to a port of the memory. Latency: the port's, 2 at least. Initiation interval 1. `req`
    follows `i` and `o` follows `rsp` combinationally, and the ready signals in the opposite direction. Area: 8 tags.
    """

    class Parameters(Parameters):
        addr_width: int
        width: int
        tag: data.Layout

    @staticmethod
    def members(p):
        return {
            "i": In(stream.Signature(Bundle({"addr": p.addr_width, "tag": p.tag}))),
            "req": Out(stream.Signature(Request(p.addr_width, p.width))),
            "rsp": In(stream.Signature(Read(p.width))),
            "o": Out(stream.Signature(Bundle({"data": p.width, "tag": p.tag}))),
        }

    def elaborate(self, platform):
        m = Module()
        tags = place(m, platform, "tags", StreamBuffer, payload=self.p.tag, depth=IN_FLIGHT, style="distributed")
        m.d.comb += [
            self.req.valid.eq(self.i.valid & tags.space),
            self.req.payload.addr.eq(self.i.payload.addr),
            self.i.ready.eq(self.req.ready & tags.space),
            tags.reserve.eq(self.i.valid & self.i.ready),
            tags.write.valid.eq(tags.reserve),
            tags.write.payload.eq(self.i.payload.tag),
            self.o.valid.eq(self.rsp.valid & tags.o.valid),
            self.o.payload.data.eq(self.rsp.payload.data),
            self.o.payload.tag.eq(tags.o.payload),
            self.rsp.ready.eq(self.o.ready & tags.o.valid),
            tags.o.ready.eq(self.o.ready & self.rsp.valid),
        ]
        return m
