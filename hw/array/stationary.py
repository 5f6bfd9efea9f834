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
"""Cycles in addition to the core's latency for which a row reserves space in the output buffer."""


class Stationary(Component):
    """y = streamed @ tile, row by row, with double-buffered tiles: the next one loads while the current one is in use.

    `stationary` carries a tile of `rows` beats (fewer if `last` comes early: the remaining rows keep their weights).
    `streamed` carries rows; its `last` marks the last row that uses the current tile, and passes through to `y`, as do
    `user` bits.

    Latency: 1 + the core's from `streamed` to `y`, plus 2 with a buffer. Initiation interval 1; tiles of B rows have a
    period of max(B, rows) cycles. A row enters the core only when the output buffer has space for its result, so the
    core never stalls; no stream's `ready` depends combinationally on another stream. Area: the core, one register per
    input, the buffer.
    """

    class Parameters(Parameters):
        core: type[Component]
        core_parameters: StationaryCoreParameters
        buffer: int
        user: data.Layout | None = None

    @staticmethod
    def members(p):
        y = Packet(Lanes(p.core_parameters.result, p.core_parameters.cols), p.user)
        return {
            "streamed": In(lanes(p.core_parameters.streamed, p.core_parameters.rows, p.user)),
            "stationary": In(lanes(p.core_parameters.stationary, p.core_parameters.cols)),
            "y": Out(stream.Signature(y, always_ready=p.buffer == 0)),
        }

    @staticmethod
    def latency(p) -> int:
        return 1 + p.core.latency(p.core_parameters) + (BUFFER_LATENCY if p.buffer else 0)

    @staticmethod
    def full_speed(core: type[Component], core_parameters: StationaryCoreParameters) -> int:
        """Return the buffer depth, in rows, at which the core never stalls while `y` is always ready."""
        return 1 + core.latency(core_parameters) + ROUND_TRIP

    def elaborate(self, platform):
        m = Module()
        p = self.p

        core = place(m, platform, "core", p.core, **dict(p.core_parameters))
        register = place(m, platform, "stationary_register", StreamRegister, payload=self.stationary.payload.shape())
        stationary = register.o
        m.d.comb += [
            register.i.payload.eq(self.stationary.payload),
            register.i.valid.eq(self.stationary.valid),
            self.stationary.ready.eq(register.i.ready),
        ]

        rows_left = Signal(p.core_parameters.rows_left, init=p.core_parameters.rows - 1)
        ending = Signal(init=p.core_parameters.rows == 1)  # `rows_left` is 0
        loaded = Signal()  # a complete tile is pending
        complete = Signal()  # a complete tile is pending, or will be in the next cycle
        m.d.comb += [
            stationary.ready.eq(~loaded),
            core.stationary.eq(stationary.payload.data),
            core.load.eq(stationary.valid & stationary.ready),
            core.rows_left.eq(rows_left),
            complete.eq(loaded | (stationary.valid & (stationary.payload.last | ending))),
        ]
        with m.If(core.load):
            m.d.sync += [rows_left.eq(rows_left - 1), ending.eq(rows_left == 1)]
            with m.If(complete):
                m.d.sync += [rows_left.eq(rows_left.init), ending.eq(ending.init)]

        # Rows are admitted before their register, so that the core's first wires start at flip-flops.
        space = Signal()
        enter = Signal()  # a row enters the core in the next cycle
        fresh = Signal(init=1)  # the next row is the first of its tile
        swap = Signal()
        streamed = Signal(self.streamed.payload.data.shape(), reset_less=True)
        m.d.comb += [
            self.streamed.ready.eq(space & (~fresh | complete)),
            enter.eq(self.streamed.valid & self.streamed.ready),
            core.streamed.eq(streamed),
            core.swap.eq(swap),
        ]
        m.d.sync += [
            streamed.eq(self.streamed.payload.data),
            swap.eq(enter & fresh),
            loaded.eq(complete & ~(enter & fresh)),
        ]
        with m.If(enter):
            m.d.sync += fresh.eq(self.streamed.payload.last)

        latency = 1 + p.core.latency(p.core_parameters)
        valid = Signal(latency)
        last = Signal(latency)
        m.d.sync += [valid.eq(Cat(enter, valid)), last.eq(Cat(self.streamed.payload.last, last))]
        row = Signal(self.y.payload.shape())
        m.d.comb += [row.data.eq(core.y), row.last.eq(last[-1])]
        if p.user:
            user = Signal(p.user.size * latency, reset_less=True)
            m.d.sync += user.eq(Cat(self.streamed.payload.user, user))
            m.d.comb += row.user.as_value().eq(user[-p.user.size :])
        if p.buffer == 0:
            m.d.comb += [space.eq(1), self.y.payload.eq(row), self.y.valid.eq(valid[-1])]
        else:
            buffered(m, platform, reserve=enter, space=space, row=row, valid=valid[-1], out=self.y, depth=p.buffer)
        return m
