"""Parameters of a core, and derived sizes."""

from typing import Annotated, Literal

from amaranth.hdl import Shape
from pydantic import BeforeValidator, Field, model_validator

from ...component import Parameters
from ...dma.descriptor import DmaParameters
from ...formats import integer
from ...vector.requantise_lane import Rounding
from . import array_slot
from .array_slot import ArraySlot


def _power_of_two(name: str, value: int):
    if value & (value - 1):
        raise ValueError(f"{name}={value}: {name} must be a power of two.")


class SystolaParameters(Parameters):
    """Parameters of a core with an array of `size` x `size` multipliers.

    `array` names the matrix engine; from Python it may be a class that fulfils the contract of `hw.array.engine`.

    Scratchpads hold one byte per lane. The array reads a byte of activations as a code of `a_format` and a byte of
    weights as one of `w_format`; a code of fewer than 8 bits is in the low bits, and the others are ignored. Formats
    whose lanes are decoded in pairs (OliVe) pair adjacent lanes of a word. The vector lanes support integers only:
    the data they read from and write to the activation scratchpad are of `format`. With a coded `a_format` the
    activations of a layer are therefore codes from DRAM, or results that the table has converted to codes.
    """

    size: int = Field(
        16, ge=4, le=64, description="rows and columns of the array", json_schema_extra={"legal": "4, 8, 16, 32 or 64"}
    )
    array: Annotated[str, BeforeValidator(array_slot.named)] = Field(
        "systolic", description="the matrix engine", json_schema_extra={"legal": array_slot.LEGAL}
    )
    format: Literal["int8", "uint8"] = Field("int8", description="format of results, and of the vector lanes' operands")
    a_format: str = Field(
        "auto",
        description="format of a byte of activations in the array; auto: format",
        json_schema_extra={"legal": f"auto, {array_slot.FORMATS}"},
    )
    w_format: str = Field(
        "int8",
        description="format of a byte of weights in the array",
        json_schema_extra={"legal": array_slot.FORMATS},
    )
    activation_bytes: int = Field(131072, ge=1024, le=1 << 22, description="activation scratchpad; a power of two")
    weight_bytes: int = Field(131072, ge=1024, le=1 << 22, description="weight scratchpad; a power of two")
    accumulators: int = Field(1024, ge=32, le=65536, description="rows of 32-bit sums, in two halves; a power of two")
    banks: int = Field(4, ge=1, le=16, description="memories of the activation scratchpad; a power of two")
    sram_latency: int = Field(
        2, ge=2, le=3, description="cycles of a read of activations; 3: a faster clock where memories are far apart"
    )
    data_width: int = Field(
        64,
        ge=32,
        le=128,
        description="bits of a beat on the bus to DRAM",
        json_schema_extra={"legal": "32, 64 or 128"},
    )
    dims: int = Field(3, ge=2, le=4, description="dimensions of the box that one LOAD or STORE moves")
    rounding: Rounding = Field("gemmlowp", description="TFLite's two roundings, its single one, or float32")
    table: bool = Field(True, description="a table after requantisation, for sigmoid, tanh and similar functions")
    instructions: int = Field(256, ge=32, le=4096, description="instructions buffered ahead; a power of two")
    queue: int = Field(8, ge=2, le=64, description="instructions queued for each unit")

    @model_validator(mode="after")
    def _sizes(self):
        for name in ("size", "activation_bytes", "weight_bytes", "accumulators", "banks", "data_width", "instructions"):
            _power_of_two(name, getattr(self, name))
        if self.data_width > 8 * self.size:
            raise ValueError(
                f"data_width={self.data_width}: data_width must be at most {8 * self.size} with size={self.size}."
            )
        array_slot.check_format(self.operand, "a_format")
        array_slot.check_format(self.w_format, "w_format")
        _ = self.slot.fitted
        return self

    @property
    def operand(self) -> str:
        """The format in which the array reads activations."""
        return self.format if self.a_format == "auto" else self.a_format

    @property
    def slot(self) -> ArraySlot:
        """Slot of the array."""
        return ArraySlot(array=self.array, size=self.size, a_format=self.operand, w_format=self.w_format)

    @property
    def activation(self) -> Shape:
        return integer.shape(self.format)

    @property
    def word(self) -> int:
        """Bits of a scratchpad's word: one byte per lane."""
        return 8 * self.size

    @property
    def activation_words(self) -> int:
        return self.activation_bytes // self.size

    @property
    def weight_words(self) -> int:
        return self.weight_bytes // self.size

    @property
    def units(self) -> dict:
        """Common parameters of the array and the vector unit."""
        names = ("size", "accumulators", "queue", "activation_words", "weight_words")
        return {name: getattr(self, name) for name in names}

    @property
    def stores(self) -> DmaParameters:
        """Parameters of the store half of the DMA engine, which reads activations."""
        return DmaParameters(**dict(self.dma) | {"local_bytes": self.activation_bytes, "padding": False})

    @property
    def dma(self) -> DmaParameters:
        """Parameters of the DMA engine: its local memory is the activation scratchpad, then the weight scratchpad."""
        return DmaParameters(
            addr_width=32,
            data_width=self.data_width,
            local_bytes=self.activation_bytes + self.weight_bytes,
            dims=self.dims,
            padding=True,
            burst=min(256, 4096 * 8 // self.data_width),
        )
