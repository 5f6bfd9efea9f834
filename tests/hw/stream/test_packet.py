"""Packet streams: places of fields, lanes, and the connection of two streams."""

from amaranth.hdl import Module, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from systola.hw.bundle import Bundle, Lanes
from systola.hw.stream.packet import Packet, join, lanes


def test_fields_of_a_packet():
    plain, tagged = Packet(signed(8)), Packet(Lanes(5, 3), user=Bundle({"tag": 2}))
    assert {name: (field.offset, field.width) for name, field in plain} == {"data": (0, 8), "last": (8, 1)}
    assert {name: (field.offset, field.width) for name, field in tagged} == {
        "data": (0, 15),
        "last": (15, 1),
        "user": (16, 2),
    }


def test_lanes_are_a_packet_of_an_array():
    signature = lanes(signed(4), 3)
    assert signature == stream.Signature(Packet(Lanes(signed(4), 3)))
    assert signature != lanes(signed(4), 3, user=1)


class Wire(wiring.Component):
    """Two streams joined."""

    def __init__(self, always_ready=False):
        signature = stream.Signature(Packet(8), always_ready=always_ready)
        super().__init__({"i": In(signature), "o": Out(signature)})

    def elaborate(self, platform):
        m = Module()
        join(m, self.i, self.o)
        return m


def test_join_connects_both_directions(run):
    wire = Wire()

    async def bench(ctx):
        for n in range(8):
            ctx.set(wire.i.payload, {"data": 30 * n, "last": n & 1})
            ctx.set(wire.i.valid, n >> 1 & 1)
            ctx.set(wire.o.ready, n >> 2)
            assert (ctx.get(wire.o.payload.data), ctx.get(wire.o.payload.last)) == (30 * n, n & 1)
            assert (ctx.get(wire.o.valid), ctx.get(wire.i.ready)) == (n >> 1 & 1, n >> 2)
            await ctx.delay(1e-6)

    run(wire, bench, clocked=False)


def test_join_of_streams_that_are_always_ready(run):
    wire = Wire(always_ready=True)

    async def bench(ctx):
        ctx.set(wire.i.payload.data, 77)
        ctx.set(wire.i.valid, 1)
        assert (ctx.get(wire.o.payload.data), ctx.get(wire.o.valid)) == (77, 1)
        await ctx.delay(1e-6)

    run(wire, bench, clocked=False)
