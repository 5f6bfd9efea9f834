"""Lowering of graphs to chains of descriptors: dense layers, and convolutions of one pixel."""

from dataclasses import dataclass

import numpy as np

from ....hw.cores.outer_product.descriptor import BEATS, BYTES, SIZE
from ....sim.network.arithmetic import Exact
from ....sim.network.graph import Convolution, Dense, Graph, Node
from ...compile.image import Image
from ...compile.job import Place

MOST = (1 << 16) - 1
"""Blocks of rows of one descriptor."""


def rejects(p, graph: Graph, node: Node) -> str | None:
    """Reason why a node cannot run on a machine with parameters `p`; None if it can."""
    if not isinstance(node, Dense | Convolution):
        return "only matrix products are supported"
    if isinstance(node, Convolution):
        kernel = graph[node.inputs[1]].shape[:2]
        if kernel != (1, 1) or node.stride != (1, 1) or any(map(any, node.padding)) or node.groups != 1:
            return "its convolutions have one pixel, stride 1, no padding and one group"
    if not isinstance(node.arithmetic, Exact):
        return f"its arithmetic is {type(node.arithmetic).__name__}, but only Exact is supported"
    x, w, *bias = node.inputs
    if bias:
        return "a bias is not supported"
    for tensor in (graph[x], graph[w]):
        if tensor.type != "int8" or tensor.zero_point:
            return f"{tensor.name} must be int8 with zero point 0"
    if not graph[w].constant:
        return "its weights must be a constant"
    if graph[x].constant:
        return f"{x} is a constant, but only weights may be"
    if graph.producer(x):
        return "its input is a result, and results are 32 bits"
    rows = graph[node.output].size // graph[node.output].shape[-1]
    if rows > SIZE * MOST:
        return f"its result has {rows:,} rows; the limit of a descriptor is {SIZE * MOST:,}"
    depth = graph[w].shape[-2]
    if depth > p.depth:
        return f"a sum has {depth} products; the limit is depth={p.depth}"
    return None


@dataclass(frozen=True)
class Panels(Place):
    """Operand layout in DRAM: blocks of 4 rows, each column by column, k padded to 16."""

    def write(self, value: np.ndarray) -> np.ndarray:
        rows = value.reshape(-1, value.shape[-1])
        m, k = (-(-n // step) * step for n, step in zip(rows.shape, (SIZE, BEATS), strict=True))
        padded = np.zeros((m, k), np.int8)
        padded[: rows.shape[0], : rows.shape[1]] = rows
        return padded.reshape(-1, SIZE, k).transpose(0, 2, 1).copy().view(np.uint8).reshape(-1)


@dataclass(frozen=True)
class Strips(Place):
    """Result layout in DRAM: strips of 4 columns, each in blocks of 4 x 4 sums of 32 bits."""

    @property
    def rows(self) -> int:
        return int(np.prod(self.shape[:-1]))

    @property
    def size(self) -> int:
        return _blocks(self.rows) * _blocks(self.shape[-1]) * BYTES

    def read(self, dram: np.ndarray) -> np.ndarray:
        blocks = dram[self.address : self.address + self.size].view("<i4")
        blocks = blocks.reshape(_blocks(self.shape[-1]), _blocks(self.rows) * SIZE, SIZE)
        whole = blocks.transpose(1, 0, 2).reshape(_blocks(self.rows) * SIZE, -1)
        return whole[: self.rows, : self.shape[-1]].astype(np.int32).reshape(self.shape)


@dataclass
class DescriptorChain:
    """Chain of descriptors in a DRAM image, and the places of inputs and outputs."""

    image: Image
    entry: int
    inputs: dict[str, Place]
    outputs: dict[str, Place]
    length: int
    roof: dict[str, int]


def lower(p, graph: Graph) -> DescriptorChain:
    """Lower a graph to one descriptor per strip of 4 columns. `rejects` must be None for all nodes."""
    image, inputs, outputs, descriptors = Image(align=BYTES), {}, {}, []
    columns = reads = writes = 0
    for name in graph.inputs:
        tensor = graph[name]
        m, k = (-(-n // step) for n, step in ((tensor.size // tensor.shape[-1], SIZE), (tensor.shape[-1], BEATS)))
        inputs[name] = Panels(image.reserve(m * k * BYTES), tensor.shape, tensor.dtype)
    for node in graph.nodes:
        x, w, y = graph[node.inputs[0]], graph[node.inputs[1]], graph[node.output]
        depth, filters = w.shape[-2:]
        k = -(-depth // BEATS) * BEATS
        place = Strips(0, y.shape, y.dtype)
        place = outputs[y.name] = Strips(image.reserve(place.size), y.shape, y.dtype)
        rows = _blocks(place.rows)
        for first in range(0, filters, SIZE):
            panel = np.zeros((k, SIZE), np.int8)
            part = w.contents.reshape(depth, filters)[:, first : first + SIZE]
            panel[:depth, : part.shape[1]] = part
            strip = place.address + first // SIZE * rows * BYTES
            descriptors.append((k // BEATS | rows << 16, inputs[x.name].address, image.put(panel), strip))
            columns, reads, writes = columns + k * rows, reads + k * (rows + 1), writes + BEATS * rows
    entry = image.reserve(BYTES * len(descriptors))
    words = np.zeros((len(descriptors), BEATS), "<u4")
    for n, fields in enumerate(descriptors):
        words[n, :4] = fields
        words[n, 4] = entry + BYTES * (n + 1) if n + 1 < len(descriptors) else 0
    image.parts.append((entry, words.view(np.uint8).reshape(-1)))
    roof = {"multipliers": columns, "reading": reads + BEATS * len(descriptors), "writing": writes}
    return DescriptorChain(image, entry, inputs, outputs, len(descriptors), roof)


def _blocks(count: int) -> int:
    return -(-count // SIZE)
