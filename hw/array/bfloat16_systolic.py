"""Systolic array of bfloat16: products of bfloat16, sums in fp32."""

from typing import Annotated, Literal

from amaranth.hdl import Module, Shape
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..bundle import Lanes
from ..component import Component, Parameters, place
from ..mac.fp32 import Subnormals
from ..stream.delay import DelayStyle
from ..stream.packet import Packet, join, lanes
from .bfloat16_stationary import Bfloat16Parameters, Bfloat16Stationary
from .engine import MatrixEngine
from .parameters import Side
from .stationary import Stationary


class Bfloat16Systolic(MatrixEngine):
    """Systolic matrix engine for bfloat16: Y = A @ W in a grid of rows x cols cells, weight stationary, sums in fp32.

    Streams, tiles and back-pressure are those of `systolic` with dataflow ws: `a` carries A[m, 0:rows], `w` carries
    W[k, 0:cols] in `rows` beats, k = 0 first, as bfloat16 codes; `y` carries Y[m, 0:cols] as fp32 words.

    y starts at +0 and adds one product after the other, k = 0 first. A product is exact unless it underflows; each sum
    is rounded to nearest, ties to even. Infinities and NaN as in IEEE 754, every NaN as 7FC00000. `subnormals`:
    kept, or flushed to a zero of their sign, in operands, products and sums.

    Initiation interval 1. Latency, with S = 6, the cycles of an addition, P = 6, those of a product (3 if flushed),
    and B = 2 (0 without a buffer): row to result S * rows + cols + 1 + P + B, because psums, and also operands,
    weights and swap, take S cycles per row down the column. M rows take M - 1 more; tiles of M rows enter
    every max(M, rows) cycles, as in an array of integers.

    Area grows with rows x cols (a multiplier, an adder, and S words of delay for the weights that pass) and with
    S * rows^2 + cols^2 for the delays at the edges.

    Source: T. Norrie et al., The Design Process for Google's Training Chips: TPUv2 and TPUv3, IEEE Micro 2021
    (bfloat16 products, fp32 sums; the order and the rounding of sums are not published: see docs/concepts/formats.md).
    """

    class Parameters(Parameters):
        rows: Side = Field(16, description="multipliers in a column: the length of an inner product")
        cols: Side = Field(16, description="columns: results per beat")
        subnormals: Subnormals = Field("keep", description="subnormal numbers are kept, or flushed to zeros")
        buffer: Annotated[int, Field(ge=0, le=4096)] | Literal["auto"] = Field(
            "auto",
            description="rows of the output buffer; auto: full speed; 0: none, the consumer must always be ready",
            json_schema_extra={"legal": "an integer from 0 to 4096, or auto"},
        )
        delays: DelayStyle = Field("memory", description="delays in distributed memory or in flip-flops")

    @staticmethod
    def members(p):
        y = Packet(Lanes(Shape(32), p.cols))
        return {
            "a": In(lanes(Shape(16), p.rows)),
            "w": In(lanes(Shape(16), p.cols)),
            "y": Out(stream.Signature(y, always_ready=p.buffer == 0)),
        }

    @property
    def engine(self) -> tuple[type[Component], dict]:
        p = self.p
        core_parameters = Bfloat16Parameters(
            rows=p.rows,
            cols=p.cols,
            streamed=Shape(16),
            stationary=Shape(16),
            acc_width=32,
            operand_register=True,
            product_register=True,
            delays=p.delays,
            subnormals=p.subnormals,
        )
        buffer = Stationary.full_speed(Bfloat16Stationary, core_parameters) if p.buffer == "auto" else p.buffer
        return Stationary, {"core": Bfloat16Stationary, "core_parameters": core_parameters, "buffer": buffer}

    def elaborate(self, platform):
        m = Module()
        kind, parameters = self.engine
        engine = place(m, platform, "engine", kind, **parameters)
        join(m, self.a, engine.streamed)
        join(m, self.w, engine.stationary)
        m.d.comb += [self.y.payload.eq(engine.y.payload), self.y.valid.eq(engine.y.valid)]
        if self.p.buffer != 0:
            m.d.comb += engine.y.ready.eq(self.y.ready)
        return m
