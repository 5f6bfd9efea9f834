"""What `systola run` runs: tensors and layers in an image of DRAM, the program for them, and what must come out."""

from dataclasses import dataclass, field, replace

import numpy as np
from pydantic import Field

from ...hw.component import Parameters
from ...hw.cores.systola.parameters import CoreParameters
from ...sim.golden import layers as reference
from ...sim.golden import operands
from ...sim.golden.requantise import requantise
from ..accelerators.systola.compiler import Layer, compile
from ..accelerators.systola.program import Program
from ..compile.layers import Clamp, Convolution, Tensor, gemm, records
from ..compile.tiling import Tiling

PAGE = 4096


@dataclass
class Image:
    """DRAM that is filled from address 0 on."""

    parts: list[tuple[int, np.ndarray]] = field(default_factory=list)
    end: int = 0

    def room(self, bytes: int) -> int:
        """The address of so many bytes, at the start of a page."""
        address = self.end
        self.end = -(-(address + bytes) // PAGE) * PAGE
        return address

    def put(self, values: np.ndarray) -> int:
        """The address of a tensor of bytes."""
        data = np.ascontiguousarray(values).view(np.uint8).reshape(-1)
        address = self.room(data.size)
        self.parts.append((address, data))
        return address

    def bytes(self) -> np.ndarray:
        dram = np.zeros(self.end, np.uint8)
        for address, data in self.parts:
            dram[address : address + data.size] = data
        return dram


@dataclass
class Task:
    """A program in an image of DRAM, its layers, and where which result is expected."""

    parameters: CoreParameters
    layers: list[Layer]
    image: Image
    address: int
    expected: np.ndarray
    program: Program
    parts: list[range]
    at: int

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers if isinstance(layer, Convolution))

    @property
    def roof(self) -> tuple[int, int, int]:
        """The fewest cycles there can be: multiplications, bytes read and bytes written, of each layer by itself."""
        p, found = self.parameters, (0, 0, 0)
        for layer in self.layers:
            if isinstance(layer, Convolution):
                bytes = layer.read_bytes, layer.written_bytes
                macs = layer.macs
            else:
                inputs = 1 + hasattr(layer, "second")
                bytes, macs = (inputs * layer.input.bytes, layer.result.bytes), 0
            per = p.data_width // 8
            found = tuple(
                a + b for a, b in zip(found, (-(-macs // p.size**2), *(-(-n // per) for n in bytes)), strict=True)
            )
        return found

    def mismatches(self, dram: np.ndarray) -> int:
        """Bytes of the result that are wrong."""
        got = dram[self.address : self.address + self.expected.size]
        return int(np.count_nonzero(got != self.expected.reshape(-1).view(np.uint8)))


def finish(
    parameters: CoreParameters, layers, image: Image, expected: np.ndarray, order: str, tiling: Tiling | None = None
) -> Task:
    """Compile the layers, and put the program behind their data."""
    program, parts = compile(parameters, layers, order, tiling=tiling)
    at = image.put(np.frombuffer(program.encode(), np.uint8))
    return Task(parameters, list(layers), image, layers[-1].output, expected, program, parts, at)


class GemmTask(Parameters):
    """C = requantise(A @ B), A m x k and B k x n, random codes of the core's formats, a scale for each column."""

    m: int = Field(256, ge=1, le=16384, description="rows of A and C")
    k: int = Field(256, ge=1, le=16384, description="columns of A, rows of B")
    n: int = Field(256, ge=1, le=16384, description="columns of B and C")

    def task(self, core: CoreParameters, order: str, seed: int, tiling: Tiling | None = None) -> Task:
        random, image = _Random(core, seed), Image()
        a, b = random.activations(1, 1, self.m, self.k), random.weights(1, 1, self.k, self.n)
        layer = gemm(
            self.m,
            self.k,
            self.n,
            image.put(a),
            image.put(b),
            image.put(random.records(self.n, self.k)),
            image.room(self.m * self.n),
            random.clamp,
        )
        return finish(core, [layer], image, random.expected(layer, a, b), order, tiling)


class ConvTask(Parameters):
    """A convolution of random tensors, codes of the core's formats, a scale for each filter."""

    height: int = Field(56, ge=1, le=4096, description="rows of the image")
    width: int = Field(56, ge=1, le=4096, description="columns of the image")
    channels: int = Field(64, ge=1, le=4096, description="channels of the image")
    filters: int = Field(64, ge=1, le=4096, description="channels of the result")
    kernel: int = Field(3, ge=1, le=15, description="rows and columns of a window")
    stride: int = Field(1, ge=1, le=15, description="from one window to the next")
    padding: int = Field(1, ge=0, le=14, description="rows and columns of zero points around the image")
    images: int = Field(1, ge=1, le=4096, description="images of a batch")

    def task(self, core: CoreParameters, order: str, seed: int) -> Task:
        random, image = _Random(core, seed), Image()
        x = random.activations(self.images, self.height, self.width, self.channels)
        w = random.weights(self.kernel, self.kernel, self.channels, self.filters)
        layer = Convolution(
            Tensor(image.put(x), *x.shape),
            image.put(w),
            image.put(random.records(self.filters, w[..., 0].size)),
            0,
            self.filters,
            *((number, number) for number in (self.kernel, self.stride, self.padding)),
            padding_value=3,
            clamp=random.clamp,
        )
        layer = replace(layer, output=image.room(layer.written_bytes))
        return finish(core, [layer], image, random.expected(layer, x, w), order)


EIGHT_BITS = 74
"""Root of the mean square of a random int8."""


class _Random:
    """Random tensors in the formats of a core, and the result that they must have."""

    def __init__(self, core: CoreParameters, seed: int):
        self.core, self.random = core, np.random.default_rng(seed)
        self.type = np.int8 if core.format == "int8" else np.uint8
        self.magnitude = {}
        limits = np.iinfo(self.type)
        self.clamp = Clamp(zero_point=limits.min + 120, low=limits.min, high=limits.max)

    def activations(self, *shape: int) -> np.ndarray:
        return self._codes(self.core.operand, shape)

    def weights(self, *shape: int) -> np.ndarray:
        return self._codes(self.core.w_format, shape)

    def _codes(self, format: str, shape: tuple[int, ...]) -> np.ndarray:
        """Random bytes that hold codes of a format."""
        signed, bits = format.startswith("int"), operands.bits(format)
        first, kind = (-(1 << bits - 1), np.int8) if signed else (0, np.uint8)
        codes = self.random.integers(first, first + (1 << bits), shape, dtype=kind)
        if format not in ("int8", "uint8"):
            values = operands.from_bytes(format, codes).astype(float)
            self.magnitude[format] = max(float(np.sqrt(np.mean(values**2))), 1.0) / EIGHT_BITS
        return codes

    def records(self, count: int, depth: int) -> np.ndarray:
        """Scales that spread sums of `depth` products over the range of results."""
        self.multiplier = self.random.integers(1 << 30, 1 << 31, count)
        formats = self.core.operand, self.core.w_format
        magnitude = np.prod([self.magnitude.get(format, 1.0) for format in formats])
        self.shift = np.full(count, 1 - int(np.log2(128 * np.sqrt(depth) * magnitude)))
        self.bias = (self.random.integers(-1000, 1000, count) * magnitude).astype(np.int64)
        return records(self.multiplier, self.bias, self.shift)

    def expected(self, layer: Convolution, x: np.ndarray, w: np.ndarray) -> np.ndarray:
        x, w = operands.from_bytes(self.core.operand, x), operands.from_bytes(self.core.w_format, w)
        value = operands.from_bytes(self.core.operand, np.full(2, layer.padding_value, np.uint8))[0]
        sums = reference.convolution(x, w, stride=layer.stride, padding=layer.padding, value=int(value))
        clamp = {"zero_point": self.clamp.zero_point, "low": self.clamp.low, "high": self.clamp.high}
        settings = {"multiplier": self.multiplier, "shift": self.shift, "bias": self.bias}
        return requantise(sums, **settings, **clamp, rounding=self.core.rounding).astype(self.type)
