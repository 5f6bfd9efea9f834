"""Output-stationary systolic grid: both operands are streamed."""

from amaranth.hdl import Cat, Module, Shape, Signal, Value
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..formats.operand import Operand
from ..mac.multiplier import multiplier
from ..stream.buffer import StreamBuffer
from ..stream.delay import DelayStyle
from ..stream.packet import Packet, lanes
from ..stream.register import StreamRegister
from .mesh import Cell, Mesh, extended
from .skew import Skew
from .stationary import BUFFER_LATENCY, ROUND_TRIP


class OutputCell(Cell):
    """sum += a * w in every cycle; with `last`, the sum leaves to the south and restarts at zero.

    `a` and `last` go east, `w` goes south, by one cell per cycle. Results go south at half that speed, through two
    registers per cell: the bottom row's leaves first, the others follow at one per cycle, without any control.

    Latency: `a`, `w` to `result` 2 cycles and the multiplier's. Area: one multiplier, one adder,
    three registers of the sum's width.
    """

    class Parameters(Parameters):
        a: Shape | Operand
        w: Shape | Operand
        sum: Shape
        operand_register: bool
        product_register: bool

    @staticmethod
    def sides(p):
        row = Bundle({"a": p.a, "last": 1})
        column = Bundle({"w": p.w, "result": p.sum})
        return {"west": row, "east": row, "north": column, "south": column}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        east = Signal(self.east.shape(), reset_less=True)
        south = Signal(self.south.shape(), reset_less=True)
        above = Signal(p.sum, reset_less=True)
        m.d.comb += [self.east.eq(east), self.south.eq(south)]
        m.d.sync += [east.eq(self.west), south.w.eq(self.north.w), above.eq(self.north.result)]

        multiply = place(
            m,
            platform,
            "multiply",
            multiplier(p.a, p.w),
            {"a": east.a, "b": south.w},
            a=p.a,
            b=p.w,
            operand_register=p.operand_register,
            product_register=p.product_register,
        )
        last = east.last
        for stage in range(multiplier(p.a, p.w).stages(p.operand_register, p.product_register)):
            last, earlier = Signal(reset_less=True, name=f"last{stage}"), last
            m.d.sync += last.eq(earlier)

        running = Signal(p.sum, reset_less=True)
        total = Signal(p.sum)
        m.d.comb += total.eq(running + multiply.product)
        m.d.sync += [running.eq(total), south.result.eq(above)]
        with m.If(last):
            m.d.sync += [running.eq(0), south.result.eq(total)]
        return m


class OutputStationary(Component):
    """y[r] = sum over k of a[k][r] * w[k], r = 0 first: `a` carries columns of A, `w` rows of W, both ending in `last`.

    The two streams are consumed together; the tile ends when either has `last`. Lane 0 of `a` enters the bottom row,
    because the bottom row's results leave first.

    Latency: rows + cols + 1 cycles and the multiplier's from the last beat of `a`, `w` to the first of `y`, plus 2 with
    a buffer. Tiles of K beats have a period of max(K, rows) cycles: one drains while the next accumulates. A tile's
    last beat is accepted only when the output buffer has space for its `rows` results, so the grid never stalls. Area:
    rows x cols cells, and triangular delays on three sides.
    """

    class Parameters(Parameters):
        rows: int
        cols: int
        a: Shape | Operand
        w: Shape | Operand
        acc_width: int
        operand_register: bool
        product_register: bool
        delays: DelayStyle
        buffer: int

    @staticmethod
    def members(p):
        y = Packet(Lanes(Shape(p.acc_width, signed=True), p.cols))
        return {
            "a": In(lanes(p.a, p.rows)),
            "w": In(lanes(p.w, p.cols)),
            "y": Out(stream.Signature(y, always_ready=p.buffer == 0)),
        }

    @staticmethod
    def latency(p) -> int:
        return OutputStationary.core_latency(p) + 1 + (BUFFER_LATENCY if p.buffer else 0)

    @staticmethod
    def core_latency(p) -> int:
        return p.rows + p.cols + multiplier(p.a, p.w).stages(p.operand_register, p.product_register)

    @staticmethod
    def full_speed(p) -> int:
        """Return the buffer depth, in rows, at which the grid never stalls while `y` is always ready."""
        return OutputStationary.core_latency(p) + ROUND_TRIP + 2 * p.rows

    def elaborate(self, platform):
        m = Module()
        p = self.p
        result = Shape(p.acc_width, signed=True)

        a, w = (
            place(m, platform, f"{name}_register", StreamRegister, payload=getattr(self, name).payload.shape())
            for name in "aw"
        )
        for outside, register in ((self.a, a), (self.w, w)):
            m.d.comb += [
                register.i.payload.eq(outside.payload),
                register.i.valid.eq(outside.valid),
                outside.ready.eq(register.i.ready),
            ]

        # In the first cycle after reset the edge sends a `last` through the grid, which clears every running sum.
        cleared = Signal()
        m.d.sync += cleared.eq(1)
        space = Signal()
        spacing = Signal(range(p.rows))  # cycles for which the previous tile still occupies the output path
        last = Signal()
        enter = Signal()
        ready = Signal()
        m.d.comb += [
            last.eq(a.o.payload.last | w.o.payload.last),
            ready.eq(cleared & (~last | (space & (spacing == 0)))),
            enter.eq(a.o.valid & w.o.valid & ready),
            a.o.ready.eq(w.o.valid & ready),
            w.o.ready.eq(a.o.valid & ready),
        ]
        ends = Signal()
        m.d.comb += ends.eq(enter & last)
        with m.If(ends):
            m.d.sync += spacing.eq(p.rows - 1)
        with m.Elif(spacing != 0):
            m.d.sync += spacing.eq(spacing - 1)

        lane = Bundle({"a": p.a, "last": 1})
        tag = ends | ~cleared  # an idle cycle adds zero
        bottom_up = Cat(
            part
            for row in reversed(range(p.rows))
            for part in (Value.cast(a.o.payload.data[row]).as_unsigned() & enter.replicate(lane.size - 1), tag)
        )
        a_skew = place(m, platform, "a_skew", Skew, width=lane.size, count=p.rows, style=p.delays)
        w_skew = place(m, platform, "w_skew", Skew, width=Shape.cast(p.w).width, count=p.cols, style=p.delays)
        cell_parameters = OutputCell.Parameters(
            a=p.a, w=p.w, sum=result, operand_register=p.operand_register, product_register=p.product_register
        )
        mesh = place(
            m, platform, "cells", Mesh, cell=OutputCell, cell_parameters=cell_parameters, rows=p.rows, cols=p.cols
        )
        y_skew = place(m, platform, "y_skew", Skew, width=p.acc_width, count=p.cols, style=p.delays, reverse=True)
        m.d.comb += [
            a_skew.i.as_value().eq(bottom_up),
            w_skew.i.as_value().eq(w.o.payload.data.as_value()),
            mesh.west.as_value().eq(a_skew.o.as_value()),
        ]
        columns = extended(
            m,
            platform,
            "columns",
            Lanes(Bundle({"w": p.w}), p.cols)(w_skew.o.as_value()),
            OutputCell.sides(cell_parameters)["north"],
        )
        results = extended(m, platform, "results", mesh.south, Bundle({"result": result}))
        row = Signal(Packet(Lanes(result, p.cols)))
        m.d.comb += [
            mesh.north.eq(columns),
            y_skew.i.as_value().eq(results.as_value()),
            row.data.as_value().eq(y_skew.o.as_value()),
        ]

        # `rows` results leave one per cycle, from the core's latency after the tile's last beat.
        due = Signal(self.core_latency(p) - 1)
        remaining = Signal(range(p.rows + 1))
        valid = Signal()
        m.d.sync += due.eq(Cat(ends, due))
        m.d.comb += [valid.eq(remaining != 0), row.last.eq(remaining == 1)]
        with m.If(due[-1]):
            m.d.sync += remaining.eq(p.rows)
        with m.Elif(valid):
            m.d.sync += remaining.eq(remaining - 1)

        if p.buffer == 0:
            m.d.comb += [space.eq(1), self.y.payload.eq(row), self.y.valid.eq(valid)]
        else:
            buffer = place(m, platform, "buffer", StreamBuffer, payload=row.shape(), depth=p.buffer, claim=p.rows)
            m.d.comb += [
                buffer.reserve.eq(ends),
                space.eq(buffer.space),
                buffer.write.payload.eq(row),
                buffer.write.valid.eq(valid),
                self.y.payload.eq(buffer.o.payload),
                self.y.valid.eq(buffer.o.valid),
                buffer.o.ready.eq(self.y.ready),
            ]
        return m
