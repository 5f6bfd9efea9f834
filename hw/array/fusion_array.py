"""Array of Fusion Units: weight stationary, operands of 2 to 16 bits, with widths selected per tile."""

from amaranth.hdl import Module
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..bundle import Lanes
from ..component import Component, place
from ..mac.fused_multiply import ACTIVATION, BRICKS, WEIGHT
from ..mac.fusion_digits import AddDigits
from ..mac.fusion_operands import MODE, PART, WORD, Activations, Weights
from ..stream.packet import Packet, join, lanes
from ..stream.register import StreamRegister
from .engine import MatrixEngine
from .parameters import MatrixEngineParameters
from .stationary import Stationary
from .weight_stationary import StationaryCoreParameters, WeightStationary


class FusionArray(MatrixEngine):
    """Systolic array of Fusion Units: Y = A @ W, values of 2, 4, 8 or 16 bits, widths and signs chosen tile by tile.

    Streams as `systolic` with dataflow ws, each lane a word of 32 bits that holds p = 1 to 16 values, the first lowest:
    `a` carries A[m, 0 : rows * p], lane r with the p values from r * p on; `w` carries W[0 : rows * p, 0:cols] in
    `rows` beats, beat r and lane c with W[r * p + l, c] for l = 0 to p - 1; `y` carries Y[m, 0:cols]. Each beat of `a`
    and `w` has its mode as `tuser`; the table of `fusion_unit` lists the modes, p and the cycles per row of `a`.
    Products of a unit are added: they belong to adjacent k of one result. Where K is no multiple of rows * p, the
    operands are padded with zeros.

    The next tile of weights loads while the current one is in use, and mode and weights change between two rows without
    a bubble. There are no global signals: the mode is decoded at the edges, where slices are distributed to their
    bricks (rows + cols times), and travels east in each row with the operands. Results are exact modulo 2^acc_width.

    Latency, with P = operand_register + product_register and B = 2 (0 without a buffer), of a row that takes c cycles,
    1, 2 or 4: rows + cols + 2 + c + P + B. Initiation interval c; tiles of M rows have a period of max(M * c, rows)
    cycles: 16, 4, 1, 1/4 products per unit and cycle at 2, 4, 8, 16 bits. Back-pressure: any stream may pause at
    any time.

    Area grows with rows x cols: sixteen BitBricks, their tree, 32 bits of operand and twice 32 of weights each.

    Source: H. Sharma et al., Bit Fusion, ISCA 2018, sections II to IV.
    """

    elastic = True

    class Parameters(MatrixEngineParameters):
        operand_register: bool = Field(True, description="a register after each quad of BitBricks")
        product_register: bool = Field(True, description="a register between a unit's sum and the adder of psums")

    @staticmethod
    def members(p):
        y = Packet(Lanes(p.result, p.cols))
        return {
            "a": In(lanes(WORD, p.rows, MODE)),
            "w": In(lanes(WORD, p.cols, MODE)),
            "y": Out(stream.Signature(y, always_ready=p.buffer == 0)),
        }

    @property
    def engine(self) -> tuple[type[Component], dict]:
        p = self.p
        core_parameters = StationaryCoreParameters(
            rows=p.rows,
            cols=p.cols,
            streamed=ACTIVATION,
            stationary=WEIGHT,
            acc_width=p.acc_width,
            **p.multiplier,
            delays=p.delays,
        )
        buffer = Stationary.full_speed(WeightStationary, core_parameters) if p.buffer == "auto" else p.buffer
        return Stationary, {
            "core": WeightStationary,
            "core_parameters": core_parameters,
            "buffer": buffer,
            "user": PART,
        }

    @property
    def peak(self) -> int:
        return self.p.rows * self.p.cols * BRICKS

    @property
    def edge(self) -> int:
        return 2

    def elaborate(self, platform):
        m = Module()
        p, (kind, engine) = self.p, self.engine
        register = place(m, platform, "a_register", StreamRegister, payload=self.a.payload.shape())
        activations = place(m, platform, "activations", Activations, lanes=p.rows)
        weights = place(m, platform, "weights", Weights, lanes=p.cols)
        inner = place(m, platform, "engine", kind, **engine)
        digits = place(
            m,
            platform,
            "digits",
            AddDigits,
            lanes=p.cols,
            part_shape=engine["core_parameters"].result,
            sum_shape=p.result,
            always_ready=p.buffer == 0,
        )
        join(m, self.a, register.i)
        join(m, register.o, activations.i)
        join(m, activations.o, inner.streamed)
        join(m, self.w, weights.i)
        join(m, weights.o, inner.stationary)
        join(m, inner.y, digits.i)
        join(m, digits.o, self.y)
        return m
