"""Systolic grid with one stationary and one streamed operand (weight and input stationary)."""

from itertools import groupby

from amaranth.hdl import Cat, Module, Shape, Signal
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..formats.integer import sum_shape
from ..formats.operand import Operand
from ..mac.multiplier import multiplier
from ..stream.delay import DelayStyle
from .mesh import Cell, Mesh, extended
from .skew import Skew


class StationaryCoreParameters(Parameters):
    """Parameters of a core, which multiplies streamed rows by a stationary tile; a stationary edge supplies both."""

    rows: int
    cols: int
    streamed: Shape | Operand
    stationary: Shape | Operand
    acc_width: int
    operand_register: bool
    product_register: bool
    delays: DelayStyle

    @property
    def registers(self) -> int:
        """Cycles from a multiplier's operands to its product."""
        return multiplier(self.streamed, self.stationary).stages(self.operand_register, self.product_register)

    @property
    def rows_left(self) -> Shape:
        return Shape(max(1, (self.rows - 1).bit_length()))

    @property
    def result(self) -> Shape:
        return self.psum(self.rows)

    def psum(self, rows: int) -> Shape:
        """Return the shape of a sum over the first `rows` rows."""
        return sum_shape(self.streamed, self.stationary, rows, self.acc_width)


def core_members(p: StationaryCoreParameters) -> dict:
    """Return the ports of a core: y[c] = sum over k of streamed[k] * tile[k, c], `latency` cycles after `streamed`.

    Beat k of a tile arrives on `stationary` with `load`; `rows_left` is the number of beats of the full tile that
    follow. `swap`, with the first row that uses the tile, makes it current; the next tile may load from that very cycle
    on.
    """
    return {
        "streamed": In(Lanes(p.streamed, p.rows)),
        "swap": In(1),
        "stationary": In(Lanes(p.stationary, p.cols)),
        "load": In(1),
        "rows_left": In(p.rows_left),
        "y": Out(Lanes(p.result, p.cols)),
    }


class StationaryCell(Cell):
    """psum_south = psum_north + streamed * weight, with a double-buffered weight: current and pending.

    `streamed`, with `swap` and `load`, goes east by one cell per cycle; `weight` and `psum` go south. `load` stores the
    weight from the north as pending; `swap` makes the pending weight current for the operand that it accompanies.

    Latency: `streamed` to `psum` 2 cycles and the multiplier's; everything else 1. Area: one multiplier,
    one adder and register of the psum's width, a register for `streamed` and two for the weights.
    """

    class Parameters(Parameters):
        streamed: Shape | Operand
        stationary: Shape | Operand
        psum: Shape
        operand_register: bool
        product_register: bool

    @staticmethod
    def sides(p):
        row = Bundle({"streamed": p.streamed, "swap": 1, "load": 1})
        column = Bundle({"weight": p.stationary, "psum": p.psum})
        return {"west": row, "east": row, "north": column, "south": column}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        east = Signal(self.east.shape(), reset_less=True)
        south = Signal(self.south.shape(), reset_less=True)
        m.d.comb += [self.east.eq(east), self.south.eq(south)]
        m.d.sync += east.eq(self.west)
        with m.If(self.west.load):
            m.d.sync += south.weight.eq(self.north.weight)
        weight = Signal(p.stationary, reset_less=True)
        with m.If(self.west.swap):
            m.d.sync += weight.eq(south.weight)
        multiply = place(
            m,
            platform,
            "multiply",
            multiplier(p.streamed, p.stationary),
            {"a": east.streamed, "b": weight},
            a=p.streamed,
            b=p.stationary,
            operand_register=p.operand_register,
            product_register=p.product_register,
        )
        m.d.sync += south.psum.eq(self.north.psum + multiply.product)
        return m


class RowControl(Cell):
    """Row control: joins the row's operand with `swap` and `load`, which move down by one row per cycle.

    A weight with `rows_left` following beats belongs to the row `rows_left` rows further down: every row on its path
    stores it and passes it on, and the row where `rows_left` is 0 keeps it.
    """

    class Parameters(Parameters):
        rows_left: Shape
        streamed: Shape | Operand

    @staticmethod
    def sides(p):
        column = Bundle({"swap": 1, "load": 1, "rows_left": p.rows_left})
        return {
            "west": Bundle({"streamed": p.streamed}),
            "east": Bundle({"streamed": p.streamed, "swap": 1, "load": 1}),
            "north": column,
            "south": column,
        }

    def elaborate(self, platform):
        m = Module()
        north = self.north
        south = Signal(north.shape(), reset_less=True)
        m.d.comb += [
            self.east.streamed.eq(self.west.streamed),
            self.east.swap.eq(north.swap),
            self.east.load.eq(north.load),
            self.south.eq(south),
        ]
        m.d.sync += [
            south.swap.eq(north.swap),
            south.load.eq(north.load & (north.rows_left != 0)),
            south.rows_left.eq(north.rows_left - 1),
        ]
        return m


class WeightStationary(Component):
    """Weight-stationary systolic grid (ports: :func:`core_members`).

    Lane 0 of `streamed` enters the bottom row, because the first weight of a tile travels furthest. A psum is as wide
    in each row as the sums that can arrive there. There are no global signals: operands, weights, `swap` and `load`
    advance by one cell per cycle.

    Latency rows + cols and the multiplier's. Initiation interval 1; a tile loads in `rows` cycles while the current one
    is in use. Area: rows x cols cells, and triangular delays on three sides.
    """

    Parameters = StationaryCoreParameters
    members = staticmethod(core_members)

    @staticmethod
    def latency(p: StationaryCoreParameters) -> int:
        return p.rows + p.cols + p.registers

    @staticmethod
    def cell(p: StationaryCoreParameters, psum: Shape) -> tuple[type[Cell], Parameters]:
        """Return the cells of a row whose psums are `psum`."""
        return StationaryCell, StationaryCell.Parameters(
            streamed=p.streamed,
            stationary=p.stationary,
            psum=psum,
            operand_register=p.operand_register,
            product_register=p.product_register,
        )

    def elaborate(self, platform):
        m = Module()
        p = self.p

        def skewed(name, lanes, **options):
            layout = lanes.shape()
            width = Shape.cast(layout.elem_shape).width
            skew = place(m, platform, name, Skew, width=width, count=layout.length, style=p.delays, **options)
            m.d.comb += skew.i.as_value().eq(lanes.as_value())
            return layout(skew.o.as_value())

        top_down = self.streamed.shape()(Cat(self.streamed[row] for row in reversed(range(p.rows))))
        streamed = skewed("streamed_skew", top_down)
        stationary = skewed("stationary_skew", self.stationary)

        heads = place(
            m,
            platform,
            "heads",
            Mesh,
            cell=RowControl,
            cell_parameters=RowControl.Parameters(rows_left=p.rows_left, streamed=p.streamed),
            rows=p.rows,
            cols=1,
        )
        m.d.comb += [
            heads.west.as_value().eq(streamed.as_value()),
            heads.north[0].swap.eq(self.swap),
            heads.north[0].load.eq(self.load),
            heads.north[0].rows_left.eq(self.rows_left),
        ]
        # Rows with psums of equal width form one mesh; between meshes the psums of all columns are extended.
        flowing = Lanes(Bundle({"weight": p.stationary}), p.cols)(stationary.as_value())
        start = 0
        for psum, run in groupby(p.psum(row + 1) for row in range(p.rows)):
            count = len(list(run))
            cell, cell_parameters = self.cell(p, psum)
            sides = cell.sides(cell_parameters)
            north = extended(m, platform, f"extend{start}", flowing, sides["north"])
            flowing = Signal(Lanes(sides["south"], p.cols), name=f"south{start + count - 1}")
            width = sides["west"].size
            place(
                m,
                platform,
                f"rows{start}_{start + count - 1}",
                Mesh,
                {
                    "west": heads.east.as_value()[start * width : (start + count) * width],
                    "north": north,
                    "south": flowing,
                },
                cell=cell,
                cell_parameters=cell_parameters,
                rows=count,
                cols=p.cols,
            )
            start += count
        sums = extended(m, platform, "sums", flowing, Bundle({"psum": p.result}))
        m.d.comb += self.y.as_value().eq(skewed("result_skew", sums, reverse=True).as_value())
        return m
