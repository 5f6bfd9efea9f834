"""Layers on tensors in DRAM: convolution (including matrix products), pooling and addition.

Tensors are dense, in NHWC order, with one byte per element. The requantisation parameters of a channel are a record of
16 bytes.
"""

from dataclasses import dataclass

import numpy as np

from ...hw.cores.systola.isa import RECORD


@dataclass(frozen=True)
class DramTensor:
    """Tensor of images x height x width x channels bytes at a DRAM address."""

    address: int
    images: int
    height: int
    width: int
    channels: int

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


@dataclass(frozen=True)
class ConvolutionLayer:
    """Convolution of `input` x with weights w.

    y[i, oy, ox, f] = requantise(sum over ky, kx, c of x[i, oy sy + ky - py, ox sx + kx - px, c] w[ky, kx, c, f])

    Outside the image x is `padding_value`. `weights` is the address of w (int8, row-major), `records` that of one
    record per filter, `output` that of y. Pairs are (rows, columns).
    """

    input: DramTensor
    weights: int
    records: int
    output: int
    filters: int
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    padding_value: int = 0
    clamp: Clamp = Clamp()

    def __post_init__(self):
        for name in ("kernel", "stride"):
            if min(getattr(self, name)) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: {name} must be two numbers of 1 or more.")
        for padding, kernel in zip(self.padding, self.kernel, strict=True):
            if not 0 <= padding < kernel:
                raise ValueError(f"padding={self.padding}: padding must be less than the kernel, {self.kernel}.")
        if min(self.output_size) < 1:
            raise ValueError(f"kernel={self.kernel}: the kernel must fit into the padded image.")

    @property
    def output_size(self) -> tuple[int, int]:
        sizes = (self.input.height, self.input.width)
        parts = zip(sizes, self.padding, self.kernel, self.stride, strict=True)
        return tuple((size + 2 * padding - kernel) // stride + 1 for size, padding, kernel, stride in parts)

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
class PoolingLayer:
    """Maximum or average pooling. An average is the requantised sum, with a scale of 1 / area.

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

    @property
    def output_size(self) -> tuple[int, int]:
        sizes = (self.input.height, self.input.width)
        return tuple((s - w) // t + 1 for s, w, t in zip(sizes, self.window, self.stride, strict=True))

    @property
    def result(self) -> DramTensor:
        return DramTensor(self.output, self.input.images, *self.output_size, self.input.channels)


@dataclass(frozen=True)
class AdditionLayer:
    """Element-wise addition y = requantise(scale_a x + scale_b z, multiplier, shift); scales are signed, 16 bits."""

    input: DramTensor
    second: int
    output: int
    scale: tuple[int, int]
    multiplier: int
    shift: int
    bias: int = 0
    clamp: Clamp = Clamp()

    @property
    def result(self) -> DramTensor:
        t = self.input
        return DramTensor(self.output, t.images, t.height, t.width, t.channels)


def records(multiplier, bias, shift) -> np.ndarray:
    """Records of requantisation, one row of 16 bytes each; every argument is a number or one number per record."""
    multiplier, bias, shift = np.broadcast_arrays(*(np.atleast_1d(part) for part in (multiplier, bias, shift)))
    rows = np.zeros((multiplier.size, RECORD), np.uint8)
    rows[:, 0:4] = multiplier.astype("<i4").reshape(-1, 1).view(np.uint8)
    rows[:, 4:8] = bias.astype("<i4").reshape(-1, 1).view(np.uint8)
    rows[:, 8] = shift.astype(np.int8).view(np.uint8)
    return rows
