"""Mesh: a rectangle of equal cells, each connected to its four neighbours."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..component import Component, Parameters, place

GROUP = 16
"""Maximum number of children of a module: about the square root of the longest side, which limits the wires per
level."""


class Cell(Component):
    """Cell of a mesh: a bundle on some of its sides; `west` and `north` enter, `east` and `south` leave.

    A subclass defines their layouts in :meth:`sides`; the layouts of sides that face each other must agree.
    """

    @staticmethod
    def sides(p) -> dict[str, data.Layout]:
        raise NotImplementedError

    @classmethod
    def members(cls, p):
        return {side: FLOW[side](layout) for side, layout in cls.sides(p).items()}


FLOW = {"west": In, "north": In, "east": Out, "south": Out}


class Mesh(Component):
    """Mesh of `rows` x `cols` cells; `west[r]` enters row r, `north[c]` column c, `east` and `south` leave likewise.

    Latency and interval are the cell's. Columns of blocks, blocks, and rows of a block are separate components, so that
    the emitted text grows with rows + cols and not with their product.
    """

    class Parameters(Parameters):
        cell: type[Cell]
        cell_parameters: Parameters
        rows: int
        cols: int

    @staticmethod
    def members(p):
        count = {"west": p.rows, "east": p.rows, "north": p.cols, "south": p.cols}
        return {
            side: FLOW[side](Lanes(layout, count[side])) for side, layout in p.cell.sides(p.cell_parameters).items()
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        down = p.rows > 1 and p.cols <= GROUP  # narrow blocks first: few wires cross their edges
        # Children form a chain along which data flow from one to the next; each has a slice of the other two sides.
        (enter, leave), (source, sink) = ("north", "south"), ("west", "east")
        if not down:
            (enter, leave), (source, sink) = (source, sink), (enter, leave)
        own = {side: Value.cast(getattr(self, side)) for side in p.cell.sides(p.cell_parameters)}
        flowing = own.get(enter)
        start = 0
        for size in _split(p.rows if down else p.cols):
            stop = start + size
            last = stop == (p.rows if down else p.cols)
            connect = {}
            for side in (source, sink):
                if side in own:
                    lane = len(own[side]) // (p.rows if down else p.cols)
                    connect[side] = own[side][start * lane : stop * lane]
            if enter in own:
                connect[enter] = flowing
            if leave in own:
                flowing = own[leave] if last else Signal(len(own[leave]), name=f"{leave}{stop - 1}")
                connect[leave] = flowing
            rows, cols = (size, p.cols) if down else (p.rows, size)
            name = f"{'row' if down else 'col'}{start}" + (f"_{stop - 1}" if size > 1 else "")
            if rows == cols == 1:
                place(m, platform, name, p.cell, connect, **dict(p.cell_parameters))
            else:
                place(
                    m,
                    platform,
                    name,
                    Mesh,
                    connect,
                    cell=p.cell,
                    cell_parameters=p.cell_parameters,
                    rows=rows,
                    cols=cols,
                )
            start = stop
        return m


class Extend(Cell):
    """Sign extension: each field of `south` is the field of that name of `north`, extended; 0 if `north` has none."""

    class Parameters(Parameters):
        north: data.StructLayout
        south: data.StructLayout

    @staticmethod
    def sides(p):
        return {"north": p.north, "south": p.south}

    def elaborate(self, platform):
        m = Module()
        for name, _ in self.p.south:
            if name in self.p.north.members:
                m.d.comb += self.south[name].eq(self.north[name])
        return m


def extended(m, platform, name: str, lanes, south: data.StructLayout):
    """Return every lane of `lanes`, an array of structs, extended by :class:`Extend`."""
    layout = lanes.shape()
    south = Signal(Lanes(south, layout.length), name=f"{name}_lanes")
    place(
        m,
        platform,
        name,
        Mesh,
        {"north": lanes, "south": south},
        cell=Extend,
        rows=1,
        cols=layout.length,
        cell_parameters=Extend.Parameters(north=layout.elem_shape, south=south.shape().elem_shape),
    )
    return south


def _split(count: int) -> list[int]:
    if count <= GROUP:
        return [1] * count
    return [GROUP] * (count // GROUP) + [count % GROUP] * (count % GROUP > 0)
