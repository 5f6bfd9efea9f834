"""What every dense matrix engine can be told."""

from typing import Annotated, Literal

from amaranth.hdl import Shape
from amaranth.lib import stream
from amaranth.lib.wiring import In, Member, Out
from pydantic import Field

from ..bundle import Lanes
from ..bus.stream import Packet, lanes
from ..component import Parameters
from ..formats import integer
from .skew import DelayStyle

Side = Annotated[int, Field(ge=1, le=256)]


class GridParameters(Parameters):
    """Parameters of a matrix engine of `rows` x `cols` multipliers, whatever they multiply."""

    rows: Side = Field(16, description="multipliers in a column: the length of an inner product")
    cols: Side = Field(16, description="columns: results per beat")
    acc_width: int = Field(32, ge=1, le=64, description="bits of a result lane; results wrap modulo 2^acc_width")
    operand_register: bool = Field(True, description="registers at the multiplier's inputs, as DSP blocks have inside")
    product_register: bool = Field(True, description="a register between multiplier and adder")
    buffer: Annotated[int, Field(ge=0, le=4096)] | Literal["auto"] = Field(
        "auto",
        description="rows of the output buffer; auto: full speed; 0: none, the consumer is always ready",
        json_schema_extra={"legal": "an integer from 0 to 4096, or auto"},
    )
    delays: DelayStyle = Field("memory", description="skew at the edges in distributed memory or in flip-flops")

    @property
    def multiplier(self) -> dict[str, bool]:
        return {"operand_register": self.operand_register, "product_register": self.product_register}

    @property
    def result(self) -> Shape:
        return Shape(self.acc_width, signed=True)


class ArrayParameters(GridParameters):
    """Parameters of a matrix engine of integers."""

    a_format: integer.IntegerFormat = integer.format_field("format of the activations A")
    w_format: integer.IntegerFormat = integer.format_field("format of the weights W")

    def streams(self, lanes_a: int, lanes_w: int) -> dict[str, Member]:
        """Ports of an engine: the streams of A, W and Y."""
        y = Packet(Lanes(self.result, self.cols))
        return {
            "a": In(lanes(self.a, lanes_a)),
            "w": In(lanes(self.w, lanes_w)),
            "y": Out(stream.Signature(y, always_ready=self.buffer == 0)),
        }

    @property
    def a(self) -> Shape:
        return integer.shape(self.a_format)

    @property
    def w(self) -> Shape:
        return integer.shape(self.w_format)
