"""Descriptors and status of a DMA engine, and the pieces into which a descriptor is cut."""

from enum import IntEnum

from amaranth.hdl import signed
from amaranth.utils import ceil_log2
from pydantic import Field, model_validator

from ..bundle import Bundle
from ..bus.axi import BOUNDARY
from ..component import Parameters

COUNT_WIDTH = 16
PAD_WIDTH = 8
TAG_WIDTH = 8


class DmaCode(IntEnum):
    """Completion code of a descriptor."""

    OK = 0
    SLVERR = 2
    """the bus responded SLVERR; the status has the address"""
    DECERR = 3
    """the bus responded DECERR; the status has the address"""
    ZERO_COUNT = 4
    """rejected: a count is zero"""
    LOCAL_RANGE = 5
    """rejected: an element lies outside the local memory"""
    SIZE = 6
    """rejected: an element is wider than the bus"""
    UNSUPPORTED = 7
    """rejected: padding of a store, or together with fill"""
    PADDING = 8
    """rejected: before + after > count"""
    ALIGNMENT = 9
    """rejected: a corner turn whose addresses or strides are no multiples of the element size"""


class DmaParameters(Parameters):
    """Parameters of a DMA engine, and the widths derived from them."""

    addr_width: int = Field(32, ge=16, le=64, description="bits of a bus address")
    data_width: int = Field(64, ge=16, le=512, description="bits of a bus beat and of a local word; a power of two")
    local_bytes: int = Field(32768, ge=4, le=1 << 24, description="bytes of the local memory; a multiple of a word's")
    dims: int = Field(4, ge=1, le=4, description="dimensions of a descriptor")
    padding: bool = Field(False, description="loads may surround the loaded box with a value")
    fill: bool = Field(False, description="descriptors may write a constant value without reading")
    scatter: bool = Field(False, description="corner turn: long bursts whose elements go to strided local addresses")
    burst: int = Field(256, ge=1, le=256, description="maximum beats of a burst; a power of two, at most 4 KiB")
    outstanding: int = Field(16, ge=2, le=256, description="runs in flight on each channel")
    queue: int = Field(0, ge=0, le=256, description="descriptors queued in addition to those in progress")

    @model_validator(mode="after")
    def _powers_of_two(self):
        for name in ("data_width", "burst"):
            if (value := getattr(self, name)) & (value - 1):
                raise ValueError(f"{name}={value}: {name} must be a power of two.")
        if self.burst * self.bytes > BOUNDARY:
            raise ValueError(
                f"burst={self.burst}: burst must be at most {BOUNDARY // self.bytes} with data_width={self.data_width}."
            )
        if self.local_bytes % self.bytes or self.local_bytes < 2 * self.bytes:
            raise ValueError(
                f"local_bytes={self.local_bytes}: local_bytes must be a multiple of {self.bytes}, "
                f"{2 * self.bytes} at least, with data_width={self.data_width}."
            )
        return self

    @property
    def bytes(self) -> int:
        """Bytes of a beat."""
        return self.data_width // 8

    @property
    def lanes(self) -> int:
        """Bits of a byte offset within a beat."""
        return ceil_log2(self.bytes)

    @property
    def local_width(self) -> int:
        """Bits of a local byte address."""
        return ceil_log2(self.local_bytes)

    @property
    def run_width(self) -> int:
        """Bits of a run's length in bytes."""
        return COUNT_WIDTH + self.lanes

    @property
    def values(self) -> bool:
        """Whether values are written that were not read."""
        return self.padding or self.fill


def descriptor(p: DmaParameters) -> Bundle:
    """Descriptor: a box of elements, `count` in each dimension, 0 the innermost: 2^size bytes each, between the bus and
    the local memory. All addresses and strides are in bytes."""
    fields = {"store": 1, "bus_addr": p.addr_width, "local_addr": p.local_width, "size": 3}
    for d in range(p.dims):
        fields |= {
            f"count{d}": COUNT_WIDTH,
            f"bus_stride{d}": signed(p.addr_width),
            f"local_stride{d}": signed(p.local_width + 1),
        }
        if p.padding:
            fields |= {f"before{d}": PAD_WIDTH, f"after{d}": PAD_WIDTH}
    if p.fill:
        fields["fill"] = 1
    if p.values:
        fields["value"] = p.data_width
    return Bundle(fields | {"wait": 1, "tag": TAG_WIDTH})


def checked(p: DmaParameters) -> Bundle:
    """Legal descriptor, and whether its innermost dimension is one run of bytes: on both sides (`rows`), or on the bus
    alone and transposed by a corner turn (`turn`)."""
    return Bundle({name: field.shape for name, field in descriptor(p)} | {"rows": 1, "turn": 1})


def status(p: DmaParameters) -> Bundle:
    """Status of a descriptor: its tag, a :class:`DmaCode`, and the bus address of the first error."""
    return Bundle({"tag": TAG_WIDTH, "code": 4, "addr": p.addr_width})


def piece(p: DmaParameters) -> Bundle:
    """Piece: bytes that are contiguous on both sides (`turn`: on the bus, their elements `step` apart in local memory).

    `fill`: there is no source, the target is filled with `value`. `last`: the descriptor ends here.
    """
    fields = {"bus": p.addr_width, "local": p.local_width, "bytes": p.run_width, "last": 1}
    if p.values:
        fields |= {"fill": 1, "value": p.data_width}
    if p.scatter:
        fields |= {"turn": 1, "step": p.local_width, "size": 3}
    return Bundle(fields)


def outcome(p: DmaParameters) -> Bundle:
    """Result of a descriptor in its engine: the error bits of the bus, and the beat's address."""
    return Bundle({"failed": 1, "decerr": 1, "beat": p.addr_width - p.lanes})
