"""Systolic array: weight, output or input stationary."""

from typing import Literal

from amaranth.hdl import Module
from pydantic import Field, model_validator

from ..bundle import Bundle, Lanes
from ..component import Component, place
from ..formats.decoders import Decoders
from ..stream.packet import join
from .engine import DATAFLOWS, MatrixEngine
from .mesh import extended
from .output_stationary import OutputStationary
from .parameters import ArrayParameters
from .stationary import Stationary
from .weight_stationary import StationaryCoreParameters, WeightStationary


class Systolic(MatrixEngine):
    """Systolic matrix engine: Y = A @ W in a grid of rows x cols multiply-accumulate cells.

    ======== ====================== ============================ ==================== ========================
    dataflow stationary             a beat of `a`                a beat of `w`        a beat of `y`
    ======== ====================== ============================ ==================== ========================
    ws       W[0:rows, 0:cols]      A[m, 0:rows]                 W[k, 0:cols]         Y[m, 0:cols]
    os       Y[0:rows, 0:cols]      A[0:rows, k]                 W[k, 0:cols]         Y[r, 0:cols], r = 0 first
    is       A[0:cols, 0:rows]      A[0:cols, k]                 W[0:rows, n]         Y[0:cols, n]
    ======== ====================== ============================ ==================== ========================

    ws, is: the stationary tile is loaded in `rows` beats, k = 0 first, `last` on the final one; `last` on a streamed
    row marks the last row that uses the current tile, and leaves with its result. The next tile loads concurrently.
    os: `a` and `w` are consumed together, k = 0 first, `last` with the final k; `rows` beats of `y` follow.

    Results are exact modulo 2^acc_width and leave sign-extended. Back-pressure: any stream may pause at any time; a
    row enters the grid only when the output buffer has space for its result (buffer = 0: `y` has no ready and the
    consumer must accept every beat). Initiation interval 1.

    Latency, with P = operand_register + product_register and B = 2 (0 without a buffer): ws, is: row to result rows +
    cols + 1 + P + B; M rows take M + rows + cols - 2 cycles to the last result plus 2 + P + B; tiles of M rows
    enter every max(M, rows) cycles. os: last beat to first result rows + cols + 1 + P + B, then rows - 1 more;
    tiles of K beats enter every max(K, rows) cycles.

    Formats other than integers arrive as codes, which decoders at the edge (rows + cols of them) convert to integers
    and shifts; the bits that some of them need with each beat are its `user`. P is then 1 more; and twice
    product_register where products are shifted, which is the case for all of them except codebooks.

    Area grows with rows x cols (a multiplier, an adder and, per bit, a register for each operand and psum), and with
    rows^2 + cols^2 for the delays at the edges.

    Source: H. T. Kung, Why systolic architectures?, 1982; N. Jouppi et al., ISCA 2017, section 2 (double-buffered
    weights, the swap moving with the wavefront).
    """

    class Parameters(ArrayParameters):
        dataflow: Literal["ws", "os", "is"] = Field("ws", description="stationary operand: weights, outputs or inputs")

        @model_validator(mode="after")
        def _buffer_holds_a_tile(self):
            if self.dataflow == "os" and self.buffer != "auto" and 0 < self.buffer < self.rows:
                raise ValueError(
                    f"buffer={self.buffer}: with dataflow=os buffer must be 0, auto, or at least rows={self.rows}, "
                    "because a whole tile leaves at once."
                )
            return self

        @property
        def sides(self):
            return {"a": "cols", "w": "rows"} if self.dataflow == "is" else super().sides

    @staticmethod
    def members(p):
        return p.streams()

    @property
    def stationary(self) -> str:
        return next(name for name, dataflow in DATAFLOWS.items() if dataflow == self.p.dataflow)

    @property
    def engine(self) -> tuple[type[Component], dict]:
        p = self.p
        if p.dataflow == "os":
            parameters = {
                "rows": p.rows,
                "cols": p.cols,
                "a": p.a,
                "w": p.w,
                "acc_width": p.acc_width,
                **p.multiplier,
                "delays": p.delays,
            }
            probe = OutputStationary.Parameters(**parameters, buffer=0)
            buffer = OutputStationary.full_speed(probe) if p.buffer == "auto" else p.buffer
            return OutputStationary, dict(parameters, buffer=buffer)
        streamed, stationary = (p.w, p.a) if p.dataflow == "is" else (p.a, p.w)
        return stationary_engine(WeightStationary, p, streamed, stationary)

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
        names = {"a": "a", "w": "w"}
        if engine is Stationary:
            names = (
                {"w": "streamed", "a": "stationary"}
                if self.p.dataflow == "is"
                else {"a": "streamed", "w": "stationary"}
            )
        connect_streams(m, platform, self, inner, names)
        return m


def stationary_engine(core: type[Component], p: ArrayParameters, streamed, stationary) -> tuple[type[Component], dict]:
    """Return a stationary edge around `core`, with the array's parameters."""
    core_parameters = StationaryCoreParameters(
        rows=p.rows,
        cols=p.cols,
        streamed=streamed,
        stationary=stationary,
        acc_width=p.acc_width,
        **p.multiplier,
        delays=p.delays,
    )
    buffer = Stationary.full_speed(core, core_parameters) if p.buffer == "auto" else p.buffer
    return Stationary, {"core": core, "core_parameters": core_parameters, "buffer": buffer}


def connect_streams(m, platform, outer, inner, names):
    """Connect the input streams of `outer` to those of `inner` by `names`, and the results back, lane by lane.

    Where formats are coded, decoders are placed between them.
    """
    for ours, side in outer.p.sides.items():
        source, sink = getattr(outer, ours), getattr(inner, names[ours])
        if outer.p.coded:
            format, count = outer.p.formats[ours], getattr(outer.p, side)
            decoders = place(m, platform, f"{ours}_decoders", Decoders, format=format, count=count)
            join(m, source, decoders.i)
            source = decoders.o
        join(m, source, sink)
    connect_results(m, platform, outer, inner)


def connect_results(m, platform, outer, inner):
    """Connect the results of `inner` to those of `outer`, lane by lane, extended by their sign."""
    lane = inner.y.payload.data.shape().elem_shape
    narrow = Lanes(Bundle({"y": lane}), outer.p.cols)(inner.y.payload.data.as_value())
    m.d.comb += [
        outer.y.valid.eq(inner.y.valid),
        outer.y.payload.last.eq(inner.y.payload.last),
        outer.y.payload.data.as_value().eq(
            extended(m, platform, "extend_y", narrow, Bundle({"y": outer.p.result})).as_value()
        ),
    ]
    if not outer.y.signature.always_ready:
        m.d.comb += inner.y.ready.eq(outer.y.ready)
