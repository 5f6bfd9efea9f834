"""The edge of a core in which a tile stays: streams in, streams out, and the swap between tiles."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..bus.stream import Packet, StreamBuffer, StreamRegister, lanes
from ..component import Component, Parameters, place
from .weight_stationary import CoreParameters

BUFFER_LATENCY = 2
ROUND_TRIP = 2 + BUFFER_LATENCY
"""Cycles beyond the core's latency for which a row holds its claim on the output buffer."""


class Stationary(Component):
    """y = moving @ tile, row by row, for tiles that load while the one before is used.

    `still` brings a tile of `rows` beats (fewer if `last` comes early: the rows beyond keep what they had). `moving`
    brings rows; its `last` marks the last row that uses the present tile, and goes through to `y`.

    Latency: 1 + the core's from `moving` to `y`, plus 2 with a buffer. Initiation interval 1; tiles of B rows follow
    each other every max(B, rows) cycles. A row enters the core only when the output buffer has room for its result, so
    the core never stops; no stream's `ready` depends combinationally on another stream. Area: the core, one register
    per input, the buffer.
    """

    class Parameters(Parameters):
        core: type[Component]
        of: CoreParameters
        buffer: int

    @staticmethod
    def members(p):
        y = Packet(Lanes(p.of.result, p.of.cols))
        return {
            "moving": In(lanes(p.of.moving, p.of.rows)),
            "still": In(lanes(p.of.still, p.of.cols)),
            "y": Out(stream.Signature(y, always_ready=p.buffer == 0)),
        }

    @staticmethod
    def latency(p) -> int:
        return 1 + p.core.latency(p.of) + (BUFFER_LATENCY if p.buffer else 0)

    @staticmethod
    def full_speed(core: type[Component], of: CoreParameters) -> int:
        """Rows of buffer with which the core never waits for an output that is always ready."""
        return core.latency(of) + ROUND_TRIP

    def elaborate(self, platform):
        m = Module()
        p = self.p

        core = place(m, platform, "core", p.core, **dict(p.of))
        registered = {}
        for name in ("moving", "still"):
            outside = getattr(self, name)
            register = place(m, platform, f"{name}_register", StreamRegister, payload=outside.payload.shape())
            m.d.comb += [
                register.i.payload.eq(outside.payload),
                register.i.valid.eq(outside.valid),
                outside.ready.eq(register.i.ready),
            ]
            registered[name] = register.o
        moving, still = registered["moving"], registered["still"]

        room = Signal()
        enter = Signal()  # a row enters the core in this cycle
        fresh = Signal(init=1)  # the next row is the first of its tile
        loaded = Signal()  # a whole tile waits
        swap = Signal()
        m.d.comb += [
            moving.ready.eq(room & (~fresh | loaded)),
            enter.eq(moving.valid & moving.ready),
            swap.eq(enter & fresh),
            core.moving.eq(moving.payload.data),
            core.swap.eq(swap),
        ]
        with m.If(enter):
            m.d.sync += fresh.eq(moving.payload.last)

        left = Signal(p.of.left, init=p.of.rows - 1)
        m.d.comb += [
            still.ready.eq(~loaded | swap),
            core.still.eq(still.payload.data),
            core.load.eq(still.valid & still.ready),
            core.left.eq(left),
        ]
        with m.If(swap):
            m.d.sync += loaded.eq(0)
        with m.If(core.load):
            with m.If(still.payload.last | (left == 0)):
                m.d.sync += [loaded.eq(1), left.eq(left.init)]
            with m.Else():
                m.d.sync += left.eq(left - 1)

        latency = p.core.latency(p.of)
        valid = Signal(latency)
        last = Signal(latency)
        m.d.sync += [valid.eq(Cat(enter, valid)), last.eq(Cat(moving.payload.last, last))]
        row = Signal(Packet(Lanes(p.of.result, p.of.cols)))
        m.d.comb += [row.data.eq(core.y), row.last.eq(last[-1])]
        if p.buffer == 0:
            m.d.comb += [room.eq(1), self.y.payload.eq(row), self.y.valid.eq(valid[-1])]
        else:
            buffer = place(m, platform, "buffer", StreamBuffer, payload=row.shape(), depth=p.buffer)
            m.d.comb += [
                buffer.take.eq(enter),
                room.eq(buffer.room),
                buffer.write.payload.eq(row),
                buffer.write.valid.eq(valid[-1]),
                self.y.payload.eq(buffer.o.payload),
                self.y.valid.eq(buffer.o.valid),
                buffer.o.ready.eq(self.y.ready),
            ]
        return m
