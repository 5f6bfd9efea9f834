"""What a layer computes, on tensors in DRAM: a convolution, of which a matrix product is one, pooling, an addition.

Tensors are dense, NHWC, a byte an element. Requantisation's settings for each channel are records of 16 bytes.
"""

from dataclasses import dataclass

import numpy as np

from ...hw.cores.systola.isa import RECORD


@dataclass(frozen=True)
class DramTensor:
    """Images x height x width x channels bytes at a DRAM address."""

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
    """What is common to all channels: y = min(max(scaled + zero_point, low), high)."""

    zero_point: int = 0
    low: int = -128
    high: int = 127


@dataclass(frozen=True)
class ConvolutionLayer:
    """y[i, oy, ox, f] = requantise(sum over ky, kx, c of x[i, oy sy + ky - py, ox sx + kx - px, c] w[ky, kx, c, f]).

    Outside the image x is `padding_value`. `weights` is the address of w (int8, row-major), `records` that of a record
    for each filter, `output` that of y. Pairs are (rows, columns).
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
        rows, columns = ((size + 2 * padding - kernel) // stride + 1 for size, padding, kernel, stride in parts)
        return rows, columns

    @property
    def result(self) -> DramTensor:
        return DramTensor(self.output, self.input.images, *self.output_size, self.filters)

    @property
    def depth(self) -> int:
        """Products in a sum."""
        return self.kernel[0] * self.kernel[1] * self.input.channels

    @property
    def macs(self) -> int:
        return self.result.bytes * self.depth

    @property
    def read_bytes(self) -> int:
        """What must be read at least: each operand once."""
        return self.input.bytes + self.depth * self.filters + RECORD * self.filters

    @property
    def written_bytes(self) -> int:
        return self.result.bytes


def gemm(m: int, k: int, n: int, a: int, b: int, records: int, c: int, clamp: Clamp = Clamp()) -> ConvolutionLayer:
    """C[m, n] = requantise(A[m, k] @ B[k, n]): a convolution of 1 x 1 over an image of one row."""
    return ConvolutionLayer(DramTensor(a, 1, 1, m, k), b, records, c, n, clamp=clamp)


@dataclass(frozen=True)
class PoolingLayer:
    """Largest values or averages of windows. Averages are rounded as requantisation does it, with 1 / area.

    `table`: the address of 256 bytes, of which result r is replaced by byte r mod 256: by its code, for example.
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
        rows, columns = ((s - w) // t + 1 for s, w, t in zip(sizes, self.window, self.stride, strict=True))
        return rows, columns

    @property
    def result(self) -> DramTensor:
        return DramTensor(self.output, self.input.images, *self.output_size, self.input.channels)


@dataclass(frozen=True)
class AdditionLayer:
    """y = requantise(scale_a x + scale_b z, multiplier, shift), element by element; scales are 16 bits, signed."""

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
    """Records of requantisation, a row of 16 bytes each, from a number or an array for each setting."""
    multiplier, bias, shift = np.broadcast_arrays(*(np.atleast_1d(part) for part in (multiplier, bias, shift)))
    rows = np.zeros((multiplier.size, RECORD), np.uint8)
    rows[:, 0:4] = multiplier.astype("<i4").reshape(-1, 1).view(np.uint8)
    rows[:, 4:8] = bias.astype("<i4").reshape(-1, 1).view(np.uint8)
    rows[:, 8] = shift.astype(np.int8).view(np.uint8)
    return rows
