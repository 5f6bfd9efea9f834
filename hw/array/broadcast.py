"""Broadcast matrix unit: inner products with common activations, each summed by an adder tree."""

from amaranth.hdl import Cat, Const, Module, Shape, Signal
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..component import Component, Parameters, place
from ..formats.integer import sum_shape
from ..formats.operand import Operand
from ..mac.multiplier import multiplier
from .engine import MatrixEngine
from .parameters import ArrayParameters
from .systolic import connect_streams, stationary_engine
from .weight_stationary import StationaryCoreParameters, core_members


class Broadcast(MatrixEngine):
    """Broadcast matrix unit: Y[m, c] = sum over k of A[m, k] * W[k, c], `cols` adder trees that share each row of A.

    Streams, tiles and results are those of `systolic` with dataflow ws, so that the two can be swapped: `a` carries
    A[m, 0:rows], `w` carries W[k, 0:cols] in `rows` beats, k = 0 first, `y` carries Y[m, 0:cols].

    Back-pressure as in `systolic`. Initiation interval 1. Latency, with P = operand_register + product_register and B =
    2 (0 without a buffer): 2 + P + ceil(log2 rows) + B from row to result; M rows take M - 1 more. Compared with the
    grid it needs fewer delays and cycles but more fan-out: an activation drives `cols` multipliers, a weight lane
    `rows` registers, and `swap` all.

    Formats other than integers: as `systolic`.

    Area grows with rows x cols; the trees have (rows - 1) x cols adders, each as wide as its sums need.

    Source: T. Chen et al., DianNao, ASPLOS 2014, section 5 (NFU-1 and NFU-2).
    """

    class Parameters(ArrayParameters):
        pass

    @staticmethod
    def members(p):
        return p.streams()

    @property
    def engine(self) -> tuple[type[Component], dict]:
        return stationary_engine(BroadcastTree, self.p, self.p.a, self.p.w)

    @property
    def edge(self) -> int:
        return int(self.p.coded)

    @property
    def elastic(self) -> bool:
        return self.p.coded

    def elaborate(self, platform):
        m = Module()
        engine, parameters = self.engine
        inner = place(m, platform, "engine", engine, **parameters)
        connect_streams(m, platform, self, inner, {"a": "streamed", "w": "stationary"})
        return m


class BroadcastTree(Component):
    """Broadcast core (ports: :func:`.weight_stationary.core_members`): `cols` inner products of one row of activations.

    Latency 1 + the multiplier's + ceil(log2 rows). Area: rows x cols multipliers, cols trees.
    """

    Parameters = StationaryCoreParameters
    members = staticmethod(core_members)

    @staticmethod
    def latency(p: StationaryCoreParameters) -> int:
        return 1 + p.registers + _levels(p.rows)

    def elaborate(self, platform):
        m = Module()
        p = self.p
        load = Signal(p.rows)
        with m.If(self.load):
            m.d.comb += load.eq(Const(1 << p.rows - 1) >> self.rows_left)
        streamed = Signal(self.streamed.shape(), reset_less=True)
        m.d.sync += streamed.eq(self.streamed)
        sums = []
        for c in range(p.cols):
            column = place(
                m,
                platform,
                f"column{c}",
                InnerProduct,
                length=p.rows,
                a=p.streamed,
                w=p.stationary,
                acc_width=p.acc_width,
                operand_register=p.operand_register,
                product_register=p.product_register,
            )
            m.d.comb += [
                column.a.eq(streamed),
                column.swap.eq(self.swap),
                column.w.eq(self.stationary[c]),
                column.load.eq(load),
            ]
            sums.append(column.y)
        m.d.comb += self.y.as_value().eq(Cat(sums))
        return m


class InnerProduct(Component):
    """y = sum of a[k] * w[k] over `length` terms; `load[k]` stores w[k] as pending, `swap` makes all current.

    `a` arrives one cycle after the `swap` for it. A balanced tree, with a register after every addition. Latency: the
    multiplier's + ceil(log2 length).
    """

    class Parameters(Parameters):
        length: int
        a: Shape | Operand
        w: Shape | Operand
        acc_width: int
        operand_register: bool
        product_register: bool

    @staticmethod
    def members(p):
        return {
            "a": In(Lanes(p.a, p.length)),
            "swap": In(1),
            "w": In(p.w),
            "load": In(p.length),
            "y": Out(sum_shape(p.a, p.w, p.length, p.acc_width)),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        if p.length == 1:
            waiting = Signal(p.w, reset_less=True)
            with m.If(self.load):
                m.d.sync += waiting.eq(self.w)
            weight = Signal(p.w, reset_less=True)
            with m.If(self.swap):
                m.d.sync += weight.eq(waiting)
            multiply = place(
                m,
                platform,
                "multiply",
                multiplier(p.a, p.w),
                {"a": self.a.as_value(), "b": weight},
                a=p.a,
                b=p.w,
                operand_register=p.operand_register,
                product_register=p.product_register,
            )
            m.d.comb += self.y.eq(multiply.product)
            return m
        half = 1 << _levels(p.length) - 1
        width = Shape.cast(p.a).width
        halves = []
        for name, start, stop in (("low", 0, half), ("high", half, p.length)):
            part = place(m, platform, name, InnerProduct, **dict(p) | {"length": stop - start})
            m.d.comb += [
                part.a.as_value().eq(self.a.as_value()[start * width : stop * width]),
                part.swap.eq(self.swap),
                part.w.eq(self.w),
                part.load.eq(self.load[start:stop]),
            ]
            y = part.y
            for _ in range(_levels(half) - _levels(stop - start)):  # delay a shorter half to align with the longer
                y, early = Signal(part.y.shape(), name=f"{name}_wait", reset_less=True), y
                m.d.sync += y.eq(early)
            halves.append(y)
        total = Signal(self.y.shape(), reset_less=True)
        m.d.sync += total.eq(halves[0] + halves[1])
        m.d.comb += self.y.eq(total)
        return m


def _levels(terms: int) -> int:
    return (terms - 1).bit_length()
