"""Mesh: every cell is reached, in order, for every grouping."""

import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator

from systola.hw.array.mesh import GROUP, Cell, Mesh
from systola.hw.bundle import Bundle
from systola.hw.component import Parameters


class Count(Cell):
    """Adds one on the path east and two on the path south."""

    class Parameters(Parameters):
        width: int

    @staticmethod
    def sides(p):
        return dict.fromkeys(("west", "east", "north", "south"), Bundle({"n": p.width}))

    def elaborate(self, platform):
        m = Module()
        m.d.comb += [self.east.n.eq(self.west.n + 1), self.south.n.eq(self.north.n + 2)]
        return m


@pytest.mark.parametrize(("rows", "cols"), [(1, 1), (3, 2), (1, GROUP + 3), (GROUP + 1, 2), (GROUP + 2, GROUP + 5)])
def test_every_cell_is_on_the_path(rows, cols):
    mesh = Mesh(cell=Count, cell_parameters=Count.Parameters(width=10), rows=rows, cols=cols)

    async def bench(ctx):
        for row in range(rows):
            ctx.set(mesh.west[row].n, 10 * row)
        for col in range(cols):
            ctx.set(mesh.north[col].n, 7 * col)
        await ctx.delay(1e-9)
        assert [ctx.get(mesh.east[row].n) for row in range(rows)] == [10 * row + cols for row in range(rows)]
        assert [ctx.get(mesh.south[col].n) for col in range(cols)] == [7 * col + 2 * rows for col in range(cols)]

    simulator = Simulator(mesh)
    simulator.add_testbench(bench)
    simulator.run()
