"""Tasks of `systola run`: networks, and values of their inputs."""

from typing import NamedTuple

import numpy as np
from pydantic import Field

from ...hw.component import ParameterError, Parameters
from ...sim.network.graph import Convolution, Dense, Graph
from ..accelerators.operands import Operands


class Work(NamedTuple):
    """A network and the values of its inputs."""

    graph: Graph
    inputs: dict[str, np.ndarray]


class Task(Parameters):
    """Base of tasks: a family of networks; the fields are the parameters of the task."""

    def work(self, operands: Operands) -> Work:
        """Network in the number format of `operands`, with values of its inputs."""
        raise NotImplementedError

    def facts(self, results: dict[str, np.ndarray]) -> dict[str, float]:
        """Figures of merit of the results, by name."""
        return {}


class GemmTask(Task):
    """Matrix product C = finish(A @ B) of random A (m x k) and B (k x n)."""

    m: int = Field(256, ge=1, le=16384, description="rows of A and C")
    k: int = Field(256, ge=1, le=16384, description="columns of A, rows of B")
    n: int = Field(256, ge=1, le=16384, description="columns of B and C")

    def work(self, operands):
        a, value = operands.activations("a", (self.m, self.k))
        b = operands.weights("gemm", (self.k, self.n), a, (self.m, self.n))
        node = Dense("gemm", ("a", *(each.name for each in b.constants)), b.output.name, b.arithmetic)
        return Work(Graph((a, *b.constants, b.output), (node,), ("a",), (b.output.name,)), {"a": value})


class ConvTask(Task):
    """Convolution of random tensors: (images, height, width, channels) to (images, rows, columns, filters)."""

    height: int = Field(56, ge=1, le=4096, description="rows of the image")
    width: int = Field(56, ge=1, le=4096, description="columns of the image")
    channels: int = Field(64, ge=1, le=4096, description="channels of the image")
    filters: int = Field(64, ge=1, le=4096, description="channels of the result")
    kernel: int = Field(3, ge=1, le=15, description="rows and columns of the kernel")
    stride: int = Field(1, ge=1, le=15, description="stride of the windows in rows and columns")
    padding: int = Field(1, ge=0, le=14, description="rows and columns of padding on each side of the image")
    images: int = Field(1, ge=1, le=4096, description="images per batch")

    def work(self, operands):
        x, value = operands.activations("x", (self.images, self.height, self.width, self.channels))
        sides = [(size + 2 * self.padding - self.kernel) // self.stride + 1 for size in (self.height, self.width)]
        shape = (self.kernel, self.kernel, self.channels, self.filters)
        if min(sides) < 1:
            raise ParameterError(f"kernel={self.kernel}: the kernel must fit into the padded image.")
        w = operands.weights("conv", shape, x, (self.images, *sides, self.filters))
        names = ("x", *(each.name for each in w.constants))
        pair = (self.padding, self.padding)
        node = Convolution(
            "conv", names, w.output.name, w.arithmetic, stride=(self.stride, self.stride), padding=(pair, pair)
        )
        return Work(Graph((x, *w.constants, w.output), (node,), ("x",), (w.output.name,)), {"x": value})
