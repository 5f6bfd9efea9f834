"""Sparse systolic array: N of M weights are stored and multiplied, N and M by parameter."""

from typing import Annotated, Literal

from amaranth.hdl import Module, Shape
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from pydantic import Field, model_validator

from ..bundle import Lanes
from ..component import Component, place
from ..formats import integer
from ..formats.sparse import SparseDecoder, SparsityPattern
from ..stream.packet import Packet, join, lanes
from .engine import MatrixEngine
from .parameters import ArrayParameters
from .sparse_stationary import SparseParameters, SparseStationary
from .stationary import Stationary
from .systolic import connect_results


class SparseSystolic(MatrixEngine):
    """Systolic matrix engine for N:M sparse weights: Y = A @ W, of every M weights along K at most N nonzero.

    `rows` x `cols` multipliers hold the kept weights of K = rows * M / N rows of W, so that a product takes N / M of
    the cycles that the same multipliers take with dense weights; each row of A is M / N times as wide. A row of cells
    is a group: its N multipliers select from the M activations that pass. Weight stationary, with G = rows / N groups:

    ========== ===================================================================================================
    stream     a beat
    ========== ===================================================================================================
    a          A[m, 0:K]; `last` on the last row that uses the current weights
    w          the N kept values of group g for each column, those of column c in lanes c * N to c * N + N - 1;
               G beats per tile, g = 0 first, fewer with `last` (the remaining groups keep their weights)
    meta       one word per column: the places of its next groups, low end first, ceil(log2 M) bits each, a group's
               first place lowest: for 2:4 as NVIDIA packs it. As many whole groups as fit, further bits are ignored;
               a tile begins with a new word
    y          Y[m, 0:cols], with the `last` of A[m]
    bad        a group with metadata that does not ascend: `tile` (counted from reset, modulo 2^16), `group` in it,
               `cols` (one bit per such column). It multiplies as zeros in these columns; all other results are
               unaffected. `bad` has no ready and may be ignored
    ========== ===================================================================================================

    Results, back-pressure and buffer as in `systolic`. Initiation interval 1.

    Latency, with P = operand_register + product_register + ceil(log2 N) and B = 2 (0 without a buffer): row to result
    G + cols + 1 + P + B; M rows take M + G + cols - 2 cycles to the last result plus 2 + P + B; tiles of M rows
    enter every max(M, G) cycles; the first tile's last beat of weights is followed by its first row 2 cycles later.

    Area grows with rows x cols; in addition to a dense array each multiplier has an M-to-1 multiplexer and its place,
    and M / N registers for activations, while N multipliers share a psum.

    Source: A. Mishra et al., Accelerating Sparse Deep Neural Networks, 2021; the metadata as PyTorch and CUTLASS pack
    it (`to_sparse_semi_structured`), without the permutation of words between rows.
    """

    class Parameters(ArrayParameters):
        a_format: integer.IntegerFormat = integer.format_field("format of the activations A")
        w_format: integer.IntegerFormat = integer.format_field("format of the weights W")
        sparsity: Literal["2:4", "1:4", "4:8", "1:2"] = Field("2:4", description="weights kept of every M, as N:M")
        word: Annotated[int, Field(ge=16, le=32, multiple_of=16)] = Field(
            32,
            description="bits of a metadata word: NVIDIA's have 32 for weights of 8 bits, 16 for wider ones",
            json_schema_extra={"legal": "16 or 32"},
        )

        @model_validator(mode="after")
        def _rows_are_groups(self):
            n = self.pattern.n
            if self.rows % n:
                raise ValueError(f"rows={self.rows}: with sparsity={self.sparsity} rows must be a multiple of {n}.")
            return self

        @property
        def pattern(self) -> SparsityPattern:
            n, m = self.sparsity.split(":")
            return SparsityPattern(n=int(n), m=int(m))

        @property
        def groups(self) -> int:
            return self.rows // self.pattern.n

    @staticmethod
    def members(p):
        decoder = SparseDecoder.members(_decoder(p))
        y = Packet(Lanes(p.result, p.cols))
        return {
            "a": In(lanes(p.a, p.groups * p.pattern.m)),
            "w": decoder["w"],
            "meta": decoder["meta"],
            "y": Out(stream.Signature(y, always_ready=p.buffer == 0)),
            "bad": decoder["bad"],
        }

    @property
    def engine(self) -> tuple[type[Component], dict]:
        p = self.p
        core_parameters = SparseParameters(
            rows=p.groups,
            cols=p.cols,
            streamed=Shape(p.pattern.m * p.a.width),
            stationary=Shape(p.pattern.group(p.w).size),
            acc_width=p.acc_width,
            **p.multiplier,
            delays=p.delays,
            pattern=p.pattern,
            a=p.a,
            w=p.w,
        )
        buffer = Stationary.full_speed(SparseStationary, core_parameters) if p.buffer == "auto" else p.buffer
        return Stationary, {"core": SparseStationary, "core_parameters": core_parameters, "buffer": buffer}

    def elaborate(self, platform):
        m = Module()
        decoder = place(m, platform, "decoder", SparseDecoder, **dict(_decoder(self.p)))
        join(m, self.w, decoder.w)
        join(m, self.meta, decoder.meta)
        m.d.comb += [self.bad.payload.eq(decoder.bad.payload), self.bad.valid.eq(decoder.bad.valid)]

        kind, parameters = self.engine
        engine = place(m, platform, "engine", kind, **parameters)
        m.d.comb += [
            engine.stationary.payload.as_value().eq(decoder.o.payload.as_value()),
            engine.stationary.valid.eq(decoder.o.valid),
            decoder.o.ready.eq(engine.stationary.ready),
        ]
        m.d.comb += [
            engine.streamed.payload.as_value().eq(self.a.payload.as_value()),
            engine.streamed.valid.eq(self.a.valid),
            self.a.ready.eq(engine.streamed.ready),
        ]
        connect_results(m, platform, self, engine)
        return m


def _decoder(p: SparseSystolic.Parameters) -> SparseDecoder.Parameters:
    return SparseDecoder.Parameters(pattern=p.pattern, value=p.w, word=p.word, cols=p.cols, groups=p.groups)
