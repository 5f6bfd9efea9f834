"""Processing element: one cell of the arrays with its decoders, registers and streams."""

from typing import Literal

from amaranth.hdl import Cat, Module, Shape, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from pydantic import Field, model_validator

from ..bundle import Bundle
from ..component import Component, Parameters, place
from ..formats import names
from ..formats.decoder import Format
from ..formats.decoders import Decoders, codes
from ..mac.multiplier import check_formats, multiplier
from ..stream.buffer import buffered
from ..stream.delay import Delay
from ..stream.packet import Packet, join
from ..stream.register import StreamRegister
from .output_stationary import OutputCell
from .stationary import BUFFER_LATENCY, ROUND_TRIP
from .weight_stationary import StationaryCell


class Pe(Component):
    """Processing element of the systolic arrays: one multiply-accumulate cell with decoders, as streams.

    ======== ================================ =============================== ============================
    dataflow a beat of `w`                    a beat of `a` (and of `psum`)   a beat of `y`
    ======== ================================ =============================== ============================
    ws       the next weight, loaded while    an activation, and the partial  psum + a * w
             the current one is in use        sum that enters from the north
    os       the weight of the same product   an activation                   the sum of a * w of a tile
    ======== ================================ =============================== ============================

    ws: `last` of `a` marks the last activation that uses the current weight, and leaves with its result. os: `a` and
    `w` are consumed together, `last` of either ends a tile. Results are exact modulo 2^acc_width, as two's complement.

    Operands are codes, as at an array's edge (docs/concepts/formats.md): a beat has one lane, or a pair of lanes in
    formats that are decoded in pairs, of which the element multiplies lane 0; `user` where the format has it.

    Latency, from the beat that completes a result: 5 + P, where P is the multiplier's registers: operand_register +
    product_register, and once more product_register where products are shifted. Initiation interval 1; a weight enters
    every second cycle at most. Back-pressure: any stream may pause at any time; an operand enters the cell only when
    the output buffer has space for its result. Area: one multiplier, one adder, two decoders, a buffer of 6 + P words.

    Source: N. Jouppi et al., ISCA 2017, section 2 (double-buffered weights); see :class:`.StationaryCell` and
    :class:`.OutputCell`.
    """

    class Parameters(Parameters):
        dataflow: Literal["ws", "os"] = Field("ws", description="stationary operand: weight or output")
        a_format: names.ArrayFormat = names.format_field("format of the activations A")
        w_format: names.ArrayFormat = names.format_field("format of the weights W")
        acc_width: int = Field(32, ge=1, le=64, description="bits of a sum; sums wrap modulo 2^acc_width")
        operand_register: bool = Field(True, description="registers at the multiplier's inputs")
        product_register: bool = Field(True, description="a register between multiplier and adder")

        @model_validator(mode="after")
        def _formats_have_a_multiplier(self):
            check_formats(self.a, self.w)
            return self

        @property
        def a(self) -> Format:
            return names.find(self.a_format)

        @property
        def w(self) -> Format:
            return names.find(self.w_format)

        @property
        def sum(self) -> Shape:
            return Shape(self.acc_width, signed=True)

        @property
        def registers(self) -> dict[str, bool]:
            return {"operand_register": self.operand_register, "product_register": self.product_register}

        @property
        def stages(self) -> int:
            """Cycles from the multiplier's operands to its product."""
            return multiplier(self.a.operand, self.w.operand).stages(**self.registers)

    @staticmethod
    def members(p):
        return {
            "a": In(codes(p.a, p.a.decoder_parameters.group)),
            "w": In(codes(p.w, p.w.decoder_parameters.group)),
            **({"psum": In(stream.Signature(p.sum))} if p.dataflow == "ws" else {}),
            "y": Out(stream.Signature(Packet(p.sum))),
        }

    @property
    def latency(self) -> int:
        return 1 + self.cell_latency + BUFFER_LATENCY

    @property
    def cell_latency(self) -> int:
        """Cycles from the operand at the cell to its result."""
        return 2 + self.p.stages

    peak = 1

    def elaborate(self, platform):
        m = Module()
        p = self.p
        operands = {}
        for name, format in (("a", p.a), ("w", p.w)):
            decoders = place(
                m, platform, f"{name}_decoder", Decoders, format=format, count=format.decoder_parameters.group
            )
            join(m, getattr(self, name), decoders.i)
            operands[name] = decoders.o
        space = Signal()
        accepts = Signal()  # the operands of a result have entered
        last = Signal()  # last of its tile
        cell = self._ws if p.dataflow == "ws" else self._os
        result = cell(m, platform, operands["a"], operands["w"], space, accepts, last)
        valid, lasts = Signal(self.cell_latency), Signal(self.cell_latency)
        m.d.sync += [valid.eq(Cat(accepts, valid)), lasts.eq(Cat(last, lasts))]
        row = Signal(Packet(p.sum))
        m.d.comb += [row.data.eq(result), row.last.eq(lasts[-1])]
        depth = self.cell_latency + ROUND_TRIP
        buffered(
            m, platform, reserve=accepts, space=space, row=row, valid=valid[-1], out=self.y, depth=depth, style="auto"
        )
        return m

    def _ws(self, m, platform, a, w, space, accepts, last):
        p = self.p
        cell_parameters = {"streamed": p.a.operand, "stationary": p.w.operand, "psum": p.sum}
        cell = place(m, platform, "cell", StationaryCell, **cell_parameters, **p.registers)
        psum = place(m, platform, "psum_register", StreamRegister, payload=Bundle({"sum": p.sum}))
        late = place(m, platform, "psum_delay", Delay, width=p.acc_width, cycles=1 + p.stages, style="registers")
        loaded = Signal()  # a weight is pending
        fresh = Signal(init=1)  # the next operand is the first of its weight
        ready = Signal()
        m.d.comb += [
            psum.i.payload.sum.eq(self.psum.payload),
            psum.i.valid.eq(self.psum.valid),
            self.psum.ready.eq(psum.i.ready),
            ready.eq(space & (~fresh | loaded)),
            accepts.eq(a.valid & psum.o.valid & ready),
            a.ready.eq(psum.o.valid & ready),
            psum.o.ready.eq(a.valid & ready),
            last.eq(a.payload.last),
            w.ready.eq(~loaded),
            cell.west.streamed.eq(a.payload.data[0]),
            cell.west.swap.eq(accepts & fresh),
            cell.west.load.eq(w.valid & w.ready),
            cell.north.weight.eq(w.payload.data[0]),
            late.i.eq(psum.o.payload.sum),
            cell.north.psum.eq(late.o),
        ]
        with m.If(accepts):
            m.d.sync += fresh.eq(a.payload.last)
        with m.If(cell.west.load):
            m.d.sync += loaded.eq(1)
        with m.Elif(cell.west.swap):
            m.d.sync += loaded.eq(0)
        return cell.south.psum

    def _os(self, m, platform, a, w, space, accepts, last):
        p = self.p
        cell = place(m, platform, "cell", OutputCell, a=p.a.operand, w=p.w.operand, sum=p.sum, **p.registers)
        cleared = Signal()  # the first cycle after reset sends a `last`, which clears the sum
        ends = Signal()
        ready = Signal()
        enter = Signal()
        m.d.sync += cleared.eq(1)
        m.d.comb += [
            ends.eq(a.payload.last | w.payload.last),
            ready.eq(cleared & (~ends | space)),
            enter.eq(a.valid & w.valid & ready),
            a.ready.eq(w.valid & ready),
            w.ready.eq(a.valid & ready),
            accepts.eq(enter & ends),
            last.eq(1),
            cell.west.last.eq(accepts | ~cleared),
            cell.north.w.eq(w.payload.data[0]),
        ]
        with m.If(enter):  # an idle cycle adds zero
            m.d.comb += cell.west.a.eq(a.payload.data[0])
        return cell.south.result
