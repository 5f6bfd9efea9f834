"""The systolic grid in which one operand stays and the other moves (weight and input stationary)."""

from itertools import groupby

from amaranth.hdl import C, Cat, Module, Shape, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters, place
from ..formats.integer import extend, sum_shape
from ..mac.multiply import Multiply
from .mesh import Cell, Mesh
from .skew import DelayStyle, Skew


class CoreParameters(Parameters):
    """A core multiplies a stationary tile by moving rows; a stationary edge feeds it."""

    rows: int
    cols: int
    moving: Shape
    still: Shape
    acc_width: int
    product_register: bool
    delays: DelayStyle

    @property
    def left(self) -> Shape:
        return Shape(max(1, (self.rows - 1).bit_length()))

    @property
    def result(self) -> Shape:
        return sum_shape(self.moving, self.still, self.rows, self.acc_width)


def core_members(p: CoreParameters) -> dict:
    """Ports of a core: y[c] = sum over k of moving[k] * tile[k, c], `latency` cycles after `moving`.

    Beat k of a tile comes on `still` with `load`, while `left` beats of the full tile are still to come. `swap`, with
    the first row that uses the tile, makes it current; the next tile may load from that very cycle on.
    """
    return {
        "moving": In(data.ArrayLayout(p.moving, p.rows)),
        "swap": In(1),
        "still": In(data.ArrayLayout(p.still, p.cols)),
        "load": In(1),
        "left": In(p.left),
        "y": Out(data.ArrayLayout(p.result, p.cols)),
    }


class StationaryCell(Cell):
    """psum_south = psum_north + moving * weight, the weight held here while the next one waits behind it.

    `moving`, with `swap` and `load`, goes east one cell a cycle; `weight` and `psum` go south. `load` takes the weight
    from the north into waiting; `swap` makes the waiting weight current for the operand that it travels with.

    Latency: `moving` to `psum` 2 + product_register cycles; everything else 1. Area: one multiplier, one adder and
    register of the psum's width, a register for each operand.
    """

    class Parameters(Parameters):
        moving: Shape
        still: Shape
        psum: Shape
        product_register: bool

    @staticmethod
    def sides(p):
        row = data.StructLayout({"moving": p.moving, "swap": 1, "load": 1})
        column = data.StructLayout({"weight": p.still, "psum": p.psum})
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
        multiply = place(
            m, platform, "multiply", Multiply, a=p.moving, b=p.still, product_register=p.product_register
        )
        m.d.comb += [
            multiply.a.eq(self.west.moving), multiply.b.eq(south.weight), multiply.load.eq(self.west.swap),
        ]
        m.d.sync += south.psum.eq(self.north.psum + multiply.product)
        return m


class RowControl(Cell):
    """The head of a row: joins the row's operand with `swap` and `load`, which come down the rows one a cycle.

    A weight with `left` beats behind it belongs `left` rows further down: every row on its way takes it and hands it
    on, and the row where `left` is 0 keeps it.
    """

    class Parameters(Parameters):
        left: Shape
        moving: Shape

    @staticmethod
    def sides(p):
        column = data.StructLayout({"swap": 1, "load": 1, "left": p.left})
        return {
            "west": data.StructLayout({"moving": p.moving}),
            "east": data.StructLayout({"moving": p.moving, "swap": 1, "load": 1}),
            "north": column,
            "south": column,
        }

    def elaborate(self, platform):
        m = Module()
        north = self.north
        south = Signal(north.shape(), reset_less=True)
        m.d.comb += [
            self.east.moving.eq(self.west.moving),
            self.east.swap.eq(north.swap),
            self.east.load.eq(north.load),
            self.south.eq(south),
        ]
        m.d.sync += [
            south.swap.eq(north.swap),
            south.load.eq(north.load & (north.left != 0)),
            south.left.eq(north.left - 1),
        ]
        return m


class WeightStationary(Component):
    """A core (see :func:`core_members`) as a systolic grid.

    Lane k of `moving` enters the row k-th from the bottom, because the first weight of a tile travels furthest. A psum
    is as wide in each row as the sums that can arrive there. Nothing is global: operands, weights, `swap` and `load`
    move one cell a cycle.

    Latency rows + cols + product_register. Initiation interval 1; a tile loads in `rows` cycles under the present one.
    Area: rows x cols cells, and triangles of delays on three sides.
    """

    Parameters = CoreParameters
    members = staticmethod(core_members)

    @staticmethod
    def latency(p: CoreParameters) -> int:
        return p.rows + p.cols + p.product_register

    def elaborate(self, platform):
        m = Module()
        p = self.p

        def skewed(name, shape, count, lanes):
            skew = place(m, platform, name, Skew, width=shape.width, count=count, style=p.delays)
            m.d.comb += skew.i.as_value().eq(Value.cast(lanes))
            return skew.o.as_value()

        top_down = Cat(self.moving[row] for row in reversed(range(p.rows)))
        moving = skewed("moving_skew", p.moving, p.rows, top_down)
        still = skewed("still_skew", p.still, p.cols, self.still)

        heads = place(m, platform, "heads", Mesh, cell=RowControl, rows=p.rows, cols=1,
                      of=RowControl.Parameters(left=p.left, moving=p.moving))
        m.d.comb += [
            heads.west.as_value().eq(moving),
            heads.north[0].swap.eq(self.swap),
            heads.north[0].load.eq(self.load),
            heads.north[0].left.eq(self.left),
        ]
        psums = [sum_shape(p.moving, p.still, row + 1, p.acc_width) for row in range(p.rows)]
        weights = data.ArrayLayout(p.still, p.cols)(still)
        sums = [C(0, psums[0])] * p.cols
        start = 0
        for psum, run in groupby(psums):
            count = len(list(run))
            mesh = place(m, platform, f"rows{start}_{start + count - 1}", Mesh, cell=StationaryCell,
                         of=StationaryCell.Parameters(moving=p.moving, still=p.still, psum=psum,
                                                      product_register=p.product_register),
                         rows=count, cols=p.cols)
            row_width = len(mesh.west.as_value()) // count
            m.d.comb += mesh.west.as_value().eq(
                heads.east.as_value()[start * row_width:(start + count) * row_width])
            m.d.comb += mesh.north.as_value().eq(Cat(
                part for c in range(p.cols) for part in (weights[c], extend(sums[c], psum))))
            weights = [mesh.south[c].weight for c in range(p.cols)]
            sums = [mesh.south[c].psum for c in range(p.cols)]
            start += count

        right_to_left = Cat(extend(sums[c], p.result) for c in reversed(range(p.cols)))
        deskewed = data.ArrayLayout(p.result, p.cols)(skewed("result_skew", p.result, p.cols, right_to_left))
        m.d.comb += self.y.as_value().eq(Cat(deskewed[c] for c in reversed(range(p.cols))))
        return m
