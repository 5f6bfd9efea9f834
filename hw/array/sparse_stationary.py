"""Systolic grid of N:M sparsity: weights and their places are stationary, groups of activations are streamed."""

from amaranth.hdl import Module, Shape, Signal

from ..bundle import Bundle
from ..component import Parameters, place
from ..formats.integer import sum_shape
from ..formats.sparse import SparsityPattern
from ..mac.nm_mac import NmMac
from .mesh import Cell
from .weight_stationary import StationaryCoreParameters, WeightStationary


class SparseParameters(StationaryCoreParameters):
    """Parameters of a core whose row is a group: a lane of `streamed` is m activations of shape `a`, a lane of
    `stationary` is n weights of shape `w` with their places."""

    pattern: SparsityPattern
    a: Shape
    w: Shape

    def psum(self, rows: int) -> Shape:
        return sum_shape(self.a, self.w, rows * self.pattern.n, self.acc_width)


class SparseCell(Cell):
    """psum_south = psum_north + the group's product: `StationaryCell` around an :class:`.NmMac`.

    Latency: `streamed` to `psum` 2 + that of the NmMac; everything else 1. Area: an NmMac, one adder and register of
    the psum's width, a register for m activations and two for n weights and their places.
    """

    class Parameters(Parameters):
        mac: NmMac.Parameters
        psum: Shape

    @staticmethod
    def sides(p):
        row = Bundle({"streamed": p.mac.pattern.m * p.mac.a.width, "swap": 1, "load": 1})
        column = Bundle({"weight": p.mac.pattern.group(p.mac.w).size, "psum": p.psum})
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
        current = Signal(p.mac.pattern.group(p.mac.w), reset_less=True)
        with m.If(self.west.swap):
            m.d.sync += current.as_value().eq(south.weight)
        ports = {"a": east.streamed, "w": current.values, "places": current.places}
        mac = place(m, platform, "mac", NmMac, ports, **dict(p.mac))
        m.d.sync += south.psum.eq(self.north.psum + mac.y)
        return m


class SparseStationary(WeightStationary):
    """Systolic grid of groups (ports: :func:`.core_members`): y[c] = sum over g of group g's product.

    Data movement as in :class:`.WeightStationary`. Latency rows + cols + that of an NmMac, rows counting groups.
    """

    Parameters = SparseParameters

    @staticmethod
    def latency(p: SparseParameters) -> int:
        return p.rows + p.cols + NmMac.latency(_mac(p))

    @staticmethod
    def cell(p: SparseParameters, psum: Shape) -> tuple[type[Cell], Parameters]:
        return SparseCell, SparseCell.Parameters(mac=_mac(p), psum=psum)


def _mac(p: SparseParameters) -> NmMac.Parameters:
    return NmMac.Parameters(
        pattern=p.pattern, a=p.a, w=p.w, operand_register=p.operand_register, product_register=p.product_register
    )
