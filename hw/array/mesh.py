"""A rectangle of equal cells, each wired to its four neighbours."""

from amaranth.hdl import Cat, Module, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters, place

GROUP = 16
"""Most children of one module: about the root of the largest side, so that no level wires many bits."""


class Cell(Component):
    """A component with a bundle on each side: `west` and `north` enter, `east` and `south` leave.

    A subclass gives the four layouts in :meth:`sides`; opposite sides agree wherever cells stand side by side.
    """

    @staticmethod
    def sides(p) -> dict[str, data.Layout]:
        raise NotImplementedError

    @classmethod
    def members(cls, p):
        sides = cls.sides(p)
        return {side: (In if side in ("west", "north") else Out)(layout) for side, layout in sides.items()}


class Mesh(Component):
    """`rows` x `cols` cells; `west[r]` enters row r, `north[c]` enters column c, `east` and `south` leave likewise.

    Latency and interval are the cell's. Rows, and groups of :data:`GROUP` rows or cells, are components of their own,
    so that the emitted text grows with rows + cols and not with their product.
    """

    class Parameters(Parameters):
        cell: type[Cell]
        of: Parameters
        rows: int
        cols: int

    @staticmethod
    def members(p):
        count = {"west": p.rows, "east": p.rows, "north": p.cols, "south": p.cols}
        sides = p.cell.sides(p.of)
        return {
            side: (In if side in ("west", "north") else Out)(data.ArrayLayout(sides[side], n))
            for side, n in count.items()
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        across, along = (("north", "south"), ("west", "east"))
        if p.rows == 1:
            across, along = along, across
        # Children stand in a line `across` which data moves from one to the next; `along` it each has its own slice.
        flowing = Value.cast(getattr(self, across[0]))
        leaving = []
        start = 0
        for size in _split(p.rows if p.rows > 1 else p.cols):
            shape = (size, p.cols) if p.rows > 1 else (1, size)
            name = f"{'row' if p.rows > 1 else 'cell'}{start}" + (f"_{start + size - 1}" if size > 1 else "")
            if shape == (1, 1):
                child = place(m, platform, name, p.cell, **dict(p.of))
            else:
                child = place(m, platform, name, Mesh, cell=p.cell, of=p.of, rows=shape[0], cols=shape[1])
            enter, leave = (Value.cast(getattr(child, side)) for side in along)
            span = slice(start * len(enter) // size, (start + size) * len(enter) // size)
            m.d.comb += [
                Value.cast(getattr(child, across[0])).eq(flowing),
                enter.eq(Value.cast(getattr(self, along[0]))[span]),
            ]
            leaving.append(leave)
            flowing = Value.cast(getattr(child, across[1]))
            start += size
        m.d.comb += [
            Value.cast(getattr(self, along[1])).eq(Cat(leaving)),
            Value.cast(getattr(self, across[1])).eq(flowing),
        ]
        return m


def _split(count: int) -> list[int]:
    if count <= GROUP:
        return [1] * count
    return [GROUP] * (count // GROUP) + [count % GROUP] * (count % GROUP > 0)
