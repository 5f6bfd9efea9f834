"""Edge of a weight- or input-stationary core: input and output streams, and the swap between tiles."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..component import Component, Parameters, place
from ..stream.buffer import buffered
from ..stream.packet import Packet, lanes
from ..stream.register import StreamRegister
from .weight_stationary import StationaryCoreParameters

BUFFER_LATENCY = 2
ROUND_TRIP = 2 + BUFFER_LATENCY
"""Cycles beyond the core's latency for which a row keeps its claim on the output buffer."""


class Stationary(Component):
    """y = moving @ tile, row by row, with double-buffered tiles: the next one loads while the current one is in use.

    `still` carries a tile of `rows` beats (fewer if `last` comes early: the remaining rows keep their weights).
    `moving` carries rows; its `last` marks the last row that uses the current tile, and passes through to `y`, as do
    `user` bits.

    Latency: 1 + the core's from `moving` to `y`, plus 2 with a buffer. Initiation interval 1; tiles of B rows have a
    period of max(B, rows) cycles. A row enters the core only when the output buffer has space for its result, so the
    core never stalls; no stream's `ready` depends combinationally on another stream. Area: the core, one register per
    input, the buffer.
    """

    class Parameters(Parameters):
        core: type[Component]
        of: StationaryCoreParameters
        buffer: int
        user: data.Layout | None = None

    @staticmethod
    def members(p):
        y = Packet(Lanes(p.of.result, p.of.cols), p.user)
        return {
            "moving": In(lanes(p.of.moving, p.of.rows, p.user)),
            "still": In(lanes(p.of.still, p.of.cols)),
            "y": Out(stream.Signature(y, always_ready=p.buffer == 0)),
        }

    @staticmethod
    def latency(p) -> int:
        return 1 + p.core.latency(p.of) + (BUFFER_LATENCY if p.buffer else 0)

    @staticmethod
    def full_speed(core: type[Component], of: StationaryCoreParameters) -> int:
        """Return the rows of buffer with which the core never waits for an output that is always ready."""
        return 1 + core.latency(of) + ROUND_TRIP

    def elaborate(self, platform):
        m = Module()
        p = self.p

        core = place(m, platform, "core", p.core, **dict(p.of))
        register = place(m, platform, "still_register", StreamRegister, payload=self.still.payload.shape())
        still = register.o
        m.d.comb += [
            register.i.payload.eq(self.still.payload),
            register.i.valid.eq(self.still.valid),
            self.still.ready.eq(register.i.ready),
        ]

        rows_left = Signal(p.of.left, init=p.of.rows - 1)
        ending = Signal(init=p.of.rows == 1)  # `rows_left` is 0
        loaded = Signal()  # a complete tile is pending
        complete = Signal()  # a complete tile is pending, or will be in the next cycle
        m.d.comb += [
            still.ready.eq(~loaded),
            core.still.eq(still.payload.data),
            core.load.eq(still.valid & still.ready),
            core.left.eq(rows_left),
            complete.eq(loaded | (still.valid & (still.payload.last | ending))),
        ]
        with m.If(core.load):
            m.d.sync += [rows_left.eq(rows_left - 1), ending.eq(rows_left == 1)]
            with m.If(complete):
                m.d.sync += [rows_left.eq(rows_left.init), ending.eq(ending.init)]

        # Rows are admitted before their register, so that the core's first wires start at flip-flops.
        room = Signal()
        enter = Signal()  # a row enters the core in the next cycle
        fresh = Signal(init=1)  # the next row is the first of its tile
        swap = Signal()
        moving = Signal(self.moving.payload.data.shape(), reset_less=True)
        m.d.comb += [
            self.moving.ready.eq(room & (~fresh | complete)),
            enter.eq(self.moving.valid & self.moving.ready),
            core.moving.eq(moving),
            core.swap.eq(swap),
        ]
        m.d.sync += [
            moving.eq(self.moving.payload.data),
            swap.eq(enter & fresh),
            loaded.eq(complete & ~(enter & fresh)),
        ]
        with m.If(enter):
            m.d.sync += fresh.eq(self.moving.payload.last)

        latency = 1 + p.core.latency(p.of)
        valid = Signal(latency)
        last = Signal(latency)
        m.d.sync += [valid.eq(Cat(enter, valid)), last.eq(Cat(self.moving.payload.last, last))]
        row = Signal(self.y.payload.shape())
        m.d.comb += [row.data.eq(core.y), row.last.eq(last[-1])]
        if p.user:
            user = Signal(p.user.size * latency, reset_less=True)
            m.d.sync += user.eq(Cat(self.moving.payload.user, user))
            m.d.comb += row.user.as_value().eq(user[-p.user.size :])
        if p.buffer == 0:
            m.d.comb += [room.eq(1), self.y.payload.eq(row), self.y.valid.eq(valid[-1])]
        else:
            buffered(m, platform, take=enter, room=room, row=row, valid=valid[-1], out=self.y, depth=p.buffer)
        return m
