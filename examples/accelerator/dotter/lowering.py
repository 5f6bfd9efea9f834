"""Lowering of graphs to chains of descriptors, one per dense layer."""

from dataclasses import dataclass

import numpy as np

from systola.gen.compile.image import Image
from systola.gen.compile.job import Job, Place
from systola.sim.network.arithmetic import Exact
from systola.sim.network.graph import Dense, Graph, Node

from .hardware import PITCH

WORDS = PITCH // 4


def rejects(graph: Graph, node: Node) -> str | None:
    """Reason why a node cannot run, as the end of a sentence; None if it can."""
    if not isinstance(node, Dense):
        return "only matrix products are supported"
    if not isinstance(node.arithmetic, Exact):
        return f"its arithmetic is {type(node.arithmetic).__name__}, but only Exact is supported"
    if len(node.inputs) > 2:
        return "a bias is not supported"
    for tensor in (graph[name] for name in node.inputs):
        if tensor.type != "int8" or tensor.zero_point:
            return f"{tensor.name} must be int8 with zero point 0"
    if not graph[node.inputs[1]].constant:
        return "its weights must be a constant"
    return None


@dataclass(frozen=True)
class Rows(Place):
    """A matrix of int8 in DRAM: its rows, each padded with zeros to whole words."""

    lanes: int

    @property
    def pitch(self) -> int:
        """Bytes from one row to the next."""
        return -(-self.shape[-1] // self.lanes) * self.lanes

    @property
    def size(self) -> int:
        return int(np.prod(self.shape[:-1])) * self.pitch

    def write(self, value: np.ndarray) -> np.ndarray:
        rows = value.reshape(-1, self.shape[-1])
        padded = np.zeros((len(rows), self.pitch), np.int8)
        padded[:, : rows.shape[1]] = rows
        return padded.view(np.uint8).reshape(-1)


def lower(p, graph: Graph) -> Job:
    """Lower a graph, of which `rejects` rejects no node, to a job."""
    image, inputs, outputs = Image(), {}, {}
    lanes, words, macs = p.lanes, 0, 0
    chain = np.zeros((len(graph.nodes), WORDS), np.int64)
    entry = image.reserve(PITCH * len(chain))
    for name in graph.inputs:
        place = Rows(0, graph[name].shape, graph[name].dtype, lanes)
        inputs[name] = place.at(image.reserve(place.size))
    for number, node in enumerate(graph.nodes):
        x, w, y = inputs[node.inputs[0]], graph[node.inputs[1]], graph[node.output]
        outputs[y.name] = place = Place(image.reserve(4 * y.size), y.shape, y.dtype)
        columns = Rows(0, w.shape[::-1], w.dtype, lanes)
        b = image.put(columns.write(w.value.T))
        depth, rows, filters = columns.pitch // lanes, y.size // w.shape[1], w.shape[1]
        last = number == len(chain) - 1
        header = 1 if last else entry + PITCH * (number + 1)
        operands = (x.address, b, depth, lanes, lanes, filters, 0, columns.pitch, rows, columns.pitch, 0)
        chain[number, :13] = (header, *operands, place.address)
        words += depth * rows * filters
        macs += y.size * w.shape[0]
    image.parts.append((entry, chain.astype("<u4").view(np.uint8).reshape(-1)))
    roof = {"multipliers": words, "reading": 2 * words}
    return Job(image, entry, inputs, outputs, macs, roof, None, len(chain))
