"""Parameters of the dense matrix engines."""

from typing import Annotated, Literal

from amaranth.hdl import Shape
from amaranth.lib import stream
from amaranth.lib.wiring import In, Member, Out
from pydantic import Field, model_validator

from ..bundle import Lanes
from ..component import Parameters
from ..formats import names
from ..formats.decoder import Format
from ..formats.decoders import codes
from ..formats.operand import Operand
from ..mac.multiplier import check_formats
from ..stream.delay import DelayStyle
from ..stream.packet import Packet

Side = Annotated[int, Field(ge=1, le=256)]


class MatrixEngineParameters(Parameters):
    """Parameters of a matrix engine of `rows` x `cols` multipliers of any kind."""

    rows: Side = Field(16, description="multipliers in a column: the length of an inner product")
    cols: Side = Field(16, description="columns: results per beat")
    acc_width: int = Field(32, ge=1, le=64, description="bits of a result lane; results wrap modulo 2^acc_width")
    operand_register: bool = Field(True, description="registers at the multiplier's inputs, as DSP blocks have inside")
    product_register: bool = Field(True, description="a register between multiplier and adder")
    buffer: Annotated[int, Field(ge=0, le=4096)] | Literal["auto"] = Field(
        "auto",
        description="rows of the output buffer; auto: full speed; 0: none, the consumer must always be ready",
        json_schema_extra={"legal": "an integer from 0 to 4096, or auto"},
    )
    delays: DelayStyle = Field("memory", description="skew at the edges in distributed memory or in flip-flops")

    @property
    def multiplier(self) -> dict[str, bool]:
        return {"operand_register": self.operand_register, "product_register": self.product_register}

    @property
    def result(self) -> Shape:
        return Shape(self.acc_width, signed=True)


class ArrayParameters(MatrixEngineParameters):
    """Parameters of a matrix engine whose operands have formats."""

    a_format: names.ArrayFormat = names.format_field("format of the activations A")
    w_format: names.ArrayFormat = names.format_field("format of the weights W")

    @model_validator(mode="after")
    def _lanes_in_groups(self):
        for name, side in self.sides.items():
            format, count = self.formats[name], getattr(self, side)
            if count % format.decoder_parameters.group:
                raise ValueError(
                    f"{side}={count}: with {name}_format={format} {side} must be even, because neighbouring lanes are "
                    "decoded together."
                )
        return self

    @model_validator(mode="after")
    def _formats_have_a_multiplier(self):
        check_formats(**self.formats)
        return self

    @property
    def sides(self) -> dict[str, str]:
        """Name of the parameter with the number of lanes, for each stream."""
        return {"a": "rows", "w": "cols"}

    def streams(self) -> dict[str, Member]:
        """Ports of an engine: the streams of A, W and Y."""
        y = Packet(Lanes(self.result, self.cols))
        return {
            **{name: In(codes(self.formats[name], getattr(self, side))) for name, side in self.sides.items()},
            "y": Out(stream.Signature(y, always_ready=self.buffer == 0)),
        }

    @property
    def formats(self) -> dict[str, Format]:
        """The format of each stream."""
        return {"a": names.find(self.a_format), "w": names.find(self.w_format)}

    @property
    def coded(self) -> bool:
        """Whether decoders precede the engine: if either format needs them, both streams have them."""
        return any(format.decoder for format in self.formats.values())

    @property
    def a(self) -> Shape | Operand:
        return self.formats["a"].operand

    @property
    def w(self) -> Shape | Operand:
        return self.formats["w"].operand
