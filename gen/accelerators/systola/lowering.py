"""Lowering of graphs to placed layers: which nodes `systola` runs, and where their tensors are in DRAM."""

from dataclasses import dataclass

import numpy as np

from ....hw.cores.systola.parameters import CoreParameters
from ....sim.network.arithmetic import Tflite, fold
from ....sim.network.graph import Addition, Convolution, Dense, Graph, Node, Pooling, Reshape, Tensor
from ...compile import layers
from ...compile.image import PAGE, Image
from ...compile.job import Place
from ...compile.placement import place

W_FORMAT = "int8"
SCALES = 1 << 15
"""Factors of an addition are from -SCALES to below it."""


def refuses(p: CoreParameters, graph: Graph, node: Node) -> str | None:
    """The reason why a node cannot run on a machine with parameters `p`; None if it can."""
    if not isinstance(node, Convolution | Dense | Pooling | Addition | Reshape):
        return f"it has no instruction for {type(node).__name__.lower()}"
    if isinstance(node, Reshape):
        return None
    for name in (node.inputs[0], node.output):
        if graph[name].type != p.format:
            return f"{name} is {graph[name].type}, and activations are {p.format} with format={p.format}"
    if not isinstance(node.arithmetic, Tflite):
        return f"its arithmetic is {type(node.arithmetic).__name__}, and the machine's is Tflite"
    scaled = node.arithmetic.multiplier is not None
    if scaled and node.arithmetic.rounding != p.rounding:
        return f"it rounds as {node.arithmetic.rounding}, and the machine with rounding={p.rounding}"
    return _REFUSES[type(node)](p, graph, node)


def _convolution(p, graph, node):
    return _weights(p, graph, node) or _window(node, padding=True)


def _weights(p, graph, node):
    if not graph[node.inputs[1]].constant or any(not graph[name].constant for name in node.inputs[2:]):
        return "its weights and bias must be constants"
    if graph[node.inputs[1]].type != W_FORMAT:
        return f"weights are {graph[node.inputs[1]].type}, and the machine's are {W_FORMAT}"
    if graph[node.inputs[1]].zero_point:
        return "its weights have a zero point"
    return None


def _window(node, padding: bool):
    if getattr(node, "groups", 1) != 1:
        return f"groups={node.groups}: it has one group only"
    if getattr(node, "dilation", (1, 1)) != (1, 1):
        return f"dilation={node.dilation}: windows are dense"
    if any(before != after for before, after in node.padding):
        return f"padding={node.padding}: padding must be the same on opposite sides"
    if not padding and any(map(any, node.padding)):
        return f"padding={node.padding}: pooling takes no padding"
    return None


def _pooling(p, graph, node):
    if node.kind == "average" and node.arithmetic.multiplier is not None:
        return "an average that is scaled as well needs two instructions"
    return _window(node, padding=False)


def _addition(p, graph, node):
    a, b = (graph[name] for name in node.inputs)
    if a.shape != b.shape:
        return f"shapes {a.shape} and {b.shape} must be equal"
    if a.zero_point or b.zero_point:
        return "zero points of addends must be 0: fold them into the bias"
    factors = node.arithmetic.operands
    if not all(isinstance(factor, int) and -SCALES <= factor < SCALES for factor in factors):
        return f"operands={factors}: the factors of the addends must be integers of 16 bits"
    return None


_REFUSES = {
    Convolution: _convolution,
    Dense: lambda p, graph, node: _weights(p, graph, node),
    Pooling: _pooling,
    Addition: _addition,
}


@dataclass
class Placed:
    """Layers with addresses, in order; the image of DRAM with the constants; places of tensors by name."""

    layers: list
    image: Image
    places: dict[str, Place]


def lower(p: CoreParameters, graph: Graph) -> Placed:
    """Place all tensors in DRAM and give each node its layer. The graph's nodes are such that `refuses` is None."""
    image = Image()
    roots = _views(graph)
    moving = {name: life for name, life in _lifetimes(graph, roots).items() if roots[name] == name}
    sizes = {name: graph[name].size * graph[name].dtype.itemsize for name in moving}
    addresses, end = place(sizes, moving, PAGE)
    base = image.room(end)
    places = {name: Place(base + addresses[root], graph[name].shape, graph[name].dtype) for name, root in roots.items()}
    found = [_layer(p, graph, node, image, places) for node in graph.nodes if not isinstance(node, Reshape)]
    return Placed(found, image, places)


def _views(graph: Graph) -> dict[str, str]:
    """For each tensor that is no constant the one in whose memory it is: a reshaped tensor is a view."""
    roots = {name: name for name, tensor in graph.tensors.items() if not tensor.constant}
    for node in graph.nodes:
        if isinstance(node, Reshape):
            roots[node.output] = roots[node.inputs[0]]
    return roots


def _lifetimes(graph: Graph, roots: dict[str, str]):
    """Lifetimes of memory: a tensor's lasts as long as that of its last view."""
    lives = dict(graph.lifetimes)
    for name, root in roots.items():
        life, view = lives[root], lives[name]
        lives[root] = life._replace(first=min(life.first, view.first), last=max(life.last, view.last))
    return lives


def _layer(p: CoreParameters, graph: Graph, node: Node, image: Image, places: dict[str, Place]):
    x, y = graph[node.inputs[0]], graph[node.output]
    source, output = _tensor(x, places[x.name]), places[y.name].address
    clamp = _clamp(node.arithmetic, y)
    if isinstance(node, Pooling):
        return layers.Pooling(source, output, node.window, node.stride, node.kind == "max", clamp)
    if isinstance(node, Addition):
        a, second = node.arithmetic, places[node.inputs[1]].address
        scaled = (1 << 30, 1) if a.multiplier is None else (int(a.multiplier), int(a.shift))
        return layers.Addition(source, second, output, a.operands, *scaled, a.bias, clamp)
    weights = graph[node.inputs[1]]
    bias = graph[node.inputs[2]].value if len(node.inputs) == 3 else np.zeros(weights.shape[-1], np.int32)
    a = node.arithmetic
    settings = layers.records(
        np.broadcast_to(a.multiplier, bias.shape),
        fold(bias, _integers(weights), x.zero_point),
        np.broadcast_to(a.shift, bias.shape),
    )
    common = (image.put(weights.value), image.put(settings), output, weights.shape[-1])
    if isinstance(node, Dense):
        rows = x.size // x.shape[-1]
        return layers.Convolution(layers.Tensor(source.address, 1, 1, rows, x.shape[-1]), *common, clamp=clamp)
    return layers.Convolution(
        source,
        *common,
        kernel=weights.shape[:2],
        stride=node.stride,
        padding=(node.padding[0][0], node.padding[1][0]),
        padding_value=x.zero_point,
        clamp=clamp,
    )


def _integers(weights: Tensor) -> np.ndarray:
    return weights.format.decode(weights.value) if weights.format else weights.value


def _tensor(tensor: Tensor, at: Place) -> layers.Tensor:
    """A tensor of any rank as images of pixels."""
    shape = tensor.shape if len(tensor.shape) == 4 else (1, 1, tensor.size // tensor.shape[-1], tensor.shape[-1])
    return layers.Tensor(at.address, *shape)


def _clamp(arithmetic: Tflite, output: Tensor) -> layers.Clamp:
    bounds = zip((arithmetic.low, arithmetic.high), output.limits, strict=True)
    return layers.Clamp(output.zero_point, *(limit if bound is None else bound for bound, limit in bounds))
