"""Systolic grid of bfloat16: weight stationary, with fp32 psums through a pipelined adder."""

from amaranth.hdl import Cat, Module, Shape, Signal

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..mac.bfloat16 import Bfloat16Multiply
from ..mac.fp32 import Fp32Add, Subnormals
from ..stream.delay import Delay, DelayStyle
from .mesh import Cell, Mesh, extended
from .skew import Skew, SteppedSkew
from .weight_stationary import StationaryCoreParameters, core_members

STEP = Fp32Add.LATENCY
"""Cycles per row for all data that move down the grid."""


class Bfloat16Parameters(StationaryCoreParameters):
    """A core of bfloat16 codes whose sums are fp32 words."""

    subnormals: Subnormals

    def psum(self, rows: int) -> Shape:
        return Shape(32)


class Bfloat16Cell(Cell):
    """psum_south = psum_north + streamed * weight, in fp32, with a double-buffered weight: current and pending.

    `streamed`, with `swap` and `load`, goes east by one cell per cycle; `weight` and `psum` go south, by one cell in
    STEP cycles. `load` stores the weight from the north as pending, `swap` makes the pending one current.

    Latency: `streamed` to `psum` 1 + that of the product + STEP. Area: a multiplier, an adder, a register for
    `streamed` and two for weights, STEP words of delay for a weight that passes.
    """

    class Parameters(Parameters):
        subnormals: Subnormals
        delays: DelayStyle

    @staticmethod
    def sides(p):
        row = Bundle({"streamed": 16, "swap": 1, "load": 1})
        column = Bundle({"weight": 16, "psum": 32})
        return {"west": row, "east": row, "north": column, "south": column}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        east = Signal(self.east.shape(), reset_less=True)
        m.d.comb += self.east.eq(east)
        m.d.sync += east.eq(self.west)
        ports = {"i": self.north.weight, "o": self.south.weight}
        place(m, platform, "pass", Delay, ports, width=16, cycles=STEP, style=p.delays)
        waiting = Signal(16, reset_less=True)
        with m.If(self.west.load):
            m.d.sync += waiting.eq(self.north.weight)
        weight = Signal(16, reset_less=True)
        with m.If(self.west.swap):
            m.d.sync += weight.eq(waiting)
        ports = {"a": east.streamed, "b": weight}
        multiply = place(m, platform, "multiply", Bfloat16Multiply, ports, subnormals=p.subnormals)
        ports = {"x": self.north.psum, "y": multiply.product, "sum": self.south.psum}
        place(m, platform, "add", Fp32Add, ports, subnormals=p.subnormals)
        return m


class Bfloat16Head(Cell):
    """Row control: joins the row's operand with `swap` and `load`, which move down by one row in STEP cycles.

    A weight with `down` > 0 remaining rows passes; the row where `down` is 0 stores it.
    """

    class Parameters(Parameters):
        down: Shape

    @staticmethod
    def sides(p):
        column = Bundle({"swap": 1, "load": 1, "down": p.down})
        return {
            "west": Bundle({"streamed": 16}),
            "east": Bundle({"streamed": 16, "swap": 1, "load": 1}),
            "north": column,
            "south": column,
        }

    def elaborate(self, platform):
        m = Module()
        north = self.north
        here = Signal()
        m.d.comb += [
            here.eq(north.down == 0),
            self.east.streamed.eq(self.west.streamed),
            self.east.swap.eq(north.swap),
            self.east.load.eq(north.load & here),
        ]
        passed = Cat(north.swap, north.load & ~here, (north.down - 1)[: len(north.down)])
        stages = Signal(STEP * len(passed))  # with a reset, which discards data in flight
        m.d.sync += stages.eq(Cat(passed, stages))
        m.d.comb += self.south.as_value().eq(stages[-len(passed) :])
        return m


class Bfloat16Stationary(Component):
    """Systolic grid core in fp32 (ports: :func:`.core_members`). A sum starts at +0 and adds one product per row, k = 0
    first.

    Sums are rounded, so their order matters: lane 0 of `streamed` enters the top row, and weight k of a tile is stored
    in row k, so later weights pass the rows of earlier ones. All data that move down take STEP cycles per row, because
    psums do. There are no global signals.

    Latency STEP * rows + cols + that of a product. Initiation interval 1; a tile loads in `rows` cycles while the
    current one is in use. Area: rows x cols cells, and triangular delays at three edges; that of `streamed` is STEP
    times as deep.
    """

    Parameters = Bfloat16Parameters
    members = staticmethod(core_members)

    @staticmethod
    def latency(p: Bfloat16Parameters) -> int:
        return STEP * p.rows + p.cols + Bfloat16Multiply.latency(_arithmetic(p))

    def elaborate(self, platform):
        m = Module()
        p = self.p
        streamed = Signal(Lanes(16, p.rows))
        ports = {"i": self.streamed, "o": streamed}
        place(m, platform, "streamed_skew", SteppedSkew, ports, width=16, count=p.rows, style=p.delays, step=STEP)
        stationary = Signal(Lanes(Bundle({"weight": 16}), p.cols))
        place(
            m,
            platform,
            "stationary_skew",
            Skew,
            {"i": self.stationary, "o": stationary},
            width=16,
            count=p.cols,
            style=p.delays,
        )

        cell_parameters = Bfloat16Head.Parameters(down=p.rows_left)
        sides = Bfloat16Head.sides(cell_parameters)
        control = Signal(sides["north"])
        m.d.comb += [
            control.swap.eq(self.swap),
            control.load.eq(self.load),
            control.down.eq(p.rows - 1 - self.rows_left),
        ]
        east = Signal(Lanes(sides["east"], p.rows))
        ports = {"west": streamed, "north": control, "east": east}
        place(
            m, platform, "heads", Mesh, ports, cell=Bfloat16Head, cell_parameters=cell_parameters, rows=p.rows, cols=1
        )

        cell_parameters = Bfloat16Cell.Parameters(subnormals=p.subnormals, delays=p.delays)
        sides = Bfloat16Cell.sides(cell_parameters)
        north = extended(m, platform, "enter", stationary, sides["north"])
        south = Signal(Lanes(sides["south"], p.cols))
        ports = {"west": east, "north": north, "south": south}
        place(
            m,
            platform,
            "cells",
            Mesh,
            ports,
            cell=Bfloat16Cell,
            cell_parameters=cell_parameters,
            rows=p.rows,
            cols=p.cols,
        )
        sums = extended(m, platform, "sums", south, Bundle({"psum": 32}))
        ports = {"i": sums, "o": self.y}
        place(m, platform, "result_skew", Skew, ports, width=32, count=p.cols, style=p.delays, reverse=True)
        return m


def _arithmetic(p: Bfloat16Parameters) -> Bfloat16Multiply.Parameters:
    return Bfloat16Multiply.Parameters(subnormals=p.subnormals)
