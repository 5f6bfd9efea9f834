"""Layers on tensors in DRAM: convolution (including matrix products), depthwise convolution, pooling, and addition or
multiplication.

Tensors are dense, in NHWC order, with one byte per element. The requantisation parameters of a channel are a record of
16 bytes. Every class checks its fields and raises `ValueError`, which names the field, its value and the legal values.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ...hw.cores.systola.isa import RECORD
from .boxes import COUNT_LIMIT, PAD_LIMIT
from .fields import DRAM_BYTES, instance, integers, pairs, region, sides

BYTE = -128, 255
"""Limits of a byte, signed or unsigned."""
WORD = -(1 << 31), (1 << 31) - 1
SHIFTS = -31, 30
SCALES = -(1 << 17), (1 << 17) - 1
LARGEST_AVERAGE = 2048
"""Elements of a window up to which the multiplier of an average, of 31 bits, is exact for all sums of bytes."""


@dataclass(frozen=True)
class DramTensor:
    """Tensor of images x height x width x channels bytes at a DRAM address."""

    address: int
    images: int
    height: int
    width: int
    channels: int

    def __post_init__(self):
        integers(self, ("images", "height", "width", "channels"), 1, DRAM_BYTES - 1)
        region(self, "address", self.bytes)

    @property
    def bytes(self) -> int:
        return self.images * self.height * self.width * self.channels

    @property
    def strides(self) -> tuple[int, int, int]:
        """Bytes from one column, row and image to the next."""
        return self.channels, self.width * self.channels, self.height * self.width * self.channels


@dataclass(frozen=True)
class Clamp:
    """Requantisation parameters common to all channels: y = min(max(scaled + zero_point, low), high)."""

    zero_point: int = 0
    low: int = -128
    high: int = 127

    def __post_init__(self):
        integers(self, ("zero_point", "low", "high"), *BYTE)
        if self.low > self.high:
            raise ValueError(f"low={self.low}: low must be at most high, {self.high}.")


class PaddedWindows:
    """Layer whose results are those of windows of a padded image."""

    input: DramTensor
    stride: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]
    reach: Any

    @property
    def padded_size(self) -> tuple[int, int]:
        (top, bottom), (left, right) = self.padding
        return self.input.height + top + bottom, self.input.width + left + right

    @property
    def output_size(self) -> tuple[int, int]:
        parts = zip(self.padded_size, self.reach, self.stride, strict=True)
        rows, columns = ((size - reach) // stride + 1 for size, reach, stride in parts)
        return rows, columns


@dataclass(frozen=True)
class ConvolutionLayer(PaddedWindows):
    """Convolution of `input` x with weights w.

    y[i, oy, ox, f] = requantise(sum over ky, kx, c of x[i, oy sy + ky - top, ox sx + kx - left, c] w[ky, kx, c, f])

    Outside the image x is `padding_value`. `weights` is the address of w (int8, row-major), `records` that of one
    record per filter, `output` that of y. Pairs are (rows, columns), `padding` is ((top, bottom), (left, right)).
    """

    input: DramTensor
    weights: int
    records: int
    output: int
    filters: int
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    padding_value: int = 0
    clamp: Clamp = Clamp()

    def __post_init__(self):
        instance(self, "input", DramTensor)
        instance(self, "clamp", Clamp)
        integers(self, ("filters",), 1, DRAM_BYTES - 1)
        integers(self, ("padding_value",), *BYTE)
        pairs(self, ("kernel", "stride"), 1, COUNT_LIMIT)
        sides(self, "padding", 0, PAD_LIMIT)
        if any(max(padding) >= kernel for padding, kernel in zip(self.padding, self.kernel, strict=True)):
            raise ValueError(f"padding={self.padding}: padding must be less than the kernel, {self.kernel}.")
        if any(kernel > size for kernel, size in zip(self.kernel, self.padded_size, strict=True)):
            raise ValueError(f"kernel={self.kernel}: kernel must fit into the padded image, {self.padded_size}.")
        region(self, "weights", self.depth * self.filters)
        region(self, "records", RECORD * self.filters)
        region(self, "output", self.input.images * prod(self.output_size) * self.filters)

    @property
    def reach(self) -> tuple[int, int]:
        """Rows and columns of a window."""
        return self.kernel

    @property
    def result(self) -> DramTensor:
        return DramTensor(self.output, self.input.images, *self.output_size, self.filters)

    @property
    def depth(self) -> int:
        """Number of products per sum."""
        return self.kernel[0] * self.kernel[1] * self.input.channels

    @property
    def macs(self) -> int:
        return self.result.bytes * self.depth

    @property
    def read_bytes(self) -> int:
        """Minimum number of bytes read: each operand once."""
        return self.input.bytes + self.depth * self.filters + RECORD * self.filters

    @property
    def written_bytes(self) -> int:
        return self.result.bytes


def gemm(m: int, k: int, n: int, a: int, b: int, records: int, c: int, clamp: Clamp = Clamp()) -> ConvolutionLayer:
    """Matrix product C[m, n] = requantise(A[m, k] @ B[k, n]): a convolution of 1 x 1 over an image of one row."""
    return ConvolutionLayer(DramTensor(a, 1, 1, m, k), b, records, c, n, clamp=clamp)


@dataclass(frozen=True)
class DepthwiseLayer(PaddedWindows):
    """Depthwise convolution: each channel of `input` x has its own filter.

    y[i, oy, ox, c] = requantise(sum over ky, kx of x[i, oy sy + ky dy - top, ox sx + kx dx - left, c]
                      (w[ky, kx, c] + `offset`))

    Outside the image x is `padding_value`. `weights` is the address of w (rows x columns x channels bytes of the format
    of x), `records` that of one record per channel, `output` that of y. Pairs are (rows, columns), `padding` is
    ((top, bottom), (left, right)).
    """

    input: DramTensor
    weights: int
    records: int
    output: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    padding_value: int = 0
    offset: int = 0
    clamp: Clamp = Clamp()

    def __post_init__(self):
        instance(self, "input", DramTensor)
        instance(self, "clamp", Clamp)
        integers(self, ("padding_value",), *BYTE)
        integers(self, ("offset",), *SCALES)
        pairs(self, ("kernel", "stride", "dilation"), 1, COUNT_LIMIT)
        sides(self, "padding", 0, PAD_LIMIT)
        if any(reach > size for reach, size in zip(self.reach, self.padded_size, strict=True)):
            raise ValueError(f"kernel={self.kernel}: kernel must fit into the padded image, {self.padded_size}.")
        region(self, "weights", prod(self.kernel) * self.input.channels)
        region(self, "records", RECORD * self.input.channels)
        region(self, "output", self.input.images * prod(self.output_size) * self.input.channels)

    @property
    def reach(self) -> tuple[int, int]:
        """Rows and columns of a window, dilation included."""
        rows, columns = ((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True))
        return rows, columns

    @property
    def result(self) -> DramTensor:
        return DramTensor(self.output, self.input.images, *self.output_size, self.input.channels)

    @property
    def macs(self) -> int:
        return self.result.bytes * prod(self.kernel)

    @property
    def read_bytes(self) -> int:
        """Minimum number of bytes read: each operand once."""
        return self.input.bytes + (prod(self.kernel) + RECORD) * self.input.channels


@dataclass(frozen=True)
class Scale:
    """Requantisation of a sum: (sum + bias) * multiplier * 2^(shift - 31)."""

    multiplier: int
    shift: int
    bias: int = 0

    def __post_init__(self):
        integers(self, ("multiplier", "bias"), *WORD)
        integers(self, ("shift",), *SHIFTS)


SAME = Scale(1 << 30, 1)
"""Scale of 1."""


@dataclass(frozen=True)
class PoolingLayer:
    """Maximum or average pooling. An average is the requantised sum, with a scale of 1 / area unless `scale` is given.

    `table`: address of a table of 256 bytes. If given, each result r is replaced by byte r mod 256 of the table, for
    example by its code.
    """

    input: DramTensor
    output: int
    window: tuple[int, int]
    stride: tuple[int, int]
    maximum: bool = True
    clamp: Clamp = Clamp()
    table: int | None = None
    scale: Scale | None = None

    def __post_init__(self):
        instance(self, "input", DramTensor)
        instance(self, "maximum", bool)
        if self.scale is not None:
            instance(self, "scale", Scale)
        instance(self, "clamp", Clamp)
        pairs(self, ("window", "stride"), 1, COUNT_LIMIT)
        image = self.input.height, self.input.width
        if any(window > size for window, size in zip(self.window, image, strict=True)):
            raise ValueError(f"window={self.window}: window must fit into the image, {image}.")
        if not self.maximum and self.scale is None and prod(self.window) > LARGEST_AVERAGE:
            raise ValueError(
                f"window={self.window}: an average has at most {LARGEST_AVERAGE:,} elements, beyond which it is not"
                " exact."
            )
        region(self, "output", self.input.images * prod(self.output_size) * self.input.channels)
        if self.table is not None:
            region(self, "table", 256)

    @property
    def output_size(self) -> tuple[int, int]:
        sizes = (self.input.height, self.input.width)
        rows, columns = ((s - w) // t + 1 for s, w, t in zip(sizes, self.window, self.stride, strict=True))
        return rows, columns

    @property
    def result(self) -> DramTensor:
        return DramTensor(self.output, self.input.images, *self.output_size, self.input.channels)


@dataclass(frozen=True)
class AdditionLayer:
    """Element-wise y = requantise(a x + b z) with the `factors` a and b, signed, 18 bits.

    With `multiply`, y = requantise(x z + a x + b z): the product (x - p)(z - q) if a = -q, b = -p and the bias is p q.
    """

    input: DramTensor
    second: int
    output: int
    factors: tuple[int, int]
    scale: Scale
    clamp: Clamp = Clamp()
    multiply: bool = False

    def __post_init__(self):
        instance(self, "input", DramTensor)
        instance(self, "clamp", Clamp)
        pairs(self, ("factors",), *SCALES)
        instance(self, "scale", Scale)
        instance(self, "multiply", bool)
        region(self, "second", self.input.bytes)
        region(self, "output", self.input.bytes)

    @property
    def result(self) -> DramTensor:
        t = self.input
        return DramTensor(self.output, t.images, t.height, t.width, t.channels)


def records(multiplier, bias, shift) -> np.ndarray:
    """Records of requantisation, one row of 16 bytes each; every argument is a number or one number per record.

    Raises `ValueError` for a multiplier or a bias that is not int32, and for a shift that is not from -31 to 30.
    """
    for name, value, (low, high) in (("multiplier", multiplier, WORD), ("bias", bias, WORD), ("shift", shift, SHIFTS)):
        numbers = np.atleast_1d(value)
        if (wrong := numbers[(numbers < low) | (numbers > high)]).size:
            raise ValueError(f"{name}={wrong[0]}: {name} must be from {low:,} to {high:,}.")
    multiplier, bias, shift = np.broadcast_arrays(*(np.atleast_1d(part) for part in (multiplier, bias, shift)))
    rows = np.zeros((multiplier.size, RECORD), np.uint8)
    rows[:, 0:4] = multiplier.astype("<i4").reshape(-1, 1).view(np.uint8)
    rows[:, 4:8] = bias.astype("<i4").reshape(-1, 1).view(np.uint8)
    rows[:, 8] = shift.astype(np.int8).view(np.uint8)
    return rows
