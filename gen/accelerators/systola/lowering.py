"""Lowering of graphs to placed layers: supported nodes, and addresses of tensors in DRAM."""

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from ....hw.cores.systola.parameters import SystolaParameters
from ....sim.golden.integer import limits
from ....sim.golden.requantise import float_scale
from ....sim.network.arithmetic import Coded, Onnx, Tflite, fold
from ....sim.network.graph import (
    Activation,
    Addition,
    Convolution,
    Dense,
    Graph,
    Multiplication,
    Node,
    Pooling,
    Reshape,
    Subtraction,
    Tensor,
)
from ...compile import layers
from ...compile.boxes import PAD_LIMIT
from ...compile.image import PAGE, Image
from ...compile.job import Place
from ...compile.placement import place
from .addition import exact_sum
from .residency import LayerTensors

INTEGERS = "int8", "uint8"
"""Formats of the vector lanes' operands."""
LARGEST_SCALE = 2.0**30
"""Bound of scales in float32: the largest shift of a multiplier is 30."""


def rejects(p: SystolaParameters, graph: Graph, node: Node) -> str | None:
    """Reason why a node cannot run on a machine with parameters `p`; None if it can."""
    check = _REJECTIONS.get(type(node))
    if check is None:
        return f"it has no instruction for {type(node).__name__.lower()}"
    for name in node.inputs[: 2 if isinstance(node, Addition | Subtraction | Multiplication) else 1]:
        if graph[name].constant:
            return f"{name} is a constant, but only weights, bias and tables may be"
    return check(p, graph, node)


def _convolution(p, graph, node):
    if node.depthwise(graph):
        return _weights(p, graph, node) or _depthwise(p, graph, node)
    return _weights(p, graph, node) or _window(node, graph[node.inputs[1]].shape[:2])


def _depthwise(p, graph, node):
    """Reason why the vector lanes cannot execute a convolution with a group for each channel."""
    if (filters := graph[node.inputs[1]].shape[3]) != node.groups:
        return f"its depth multiplier is {filters // node.groups}, but must be 1 where there are several channels"
    if p.operand != p.format or p.w_format not in INTEGERS:
        return f"a depthwise convolution needs integers, but a_format={p.a_format} and w_format={p.w_format}"
    if any(max(sides) > PAD_LIMIT for sides in node.padding):
        return f"padding={node.padding}: padding must be at most {PAD_LIMIT}"
    return None


def _weights(p, graph, node):
    weights = graph[node.inputs[1]]
    if any(not graph[name].constant for name in node.inputs[1:]):
        return "its weights and bias must be constants"
    if weights.zero_point:
        return "its weights have a zero point"
    if weights.type != p.w_format:
        return f"weights are {weights.type}, but w_format={p.w_format}"
    return _types(p, graph, node, p.operand) or _arithmetic(p, scale(node))


def _types(p, graph, node, operand):
    for name, type in (*((name, operand) for name in node.inputs[:1]), (node.output, p.format)):
        if graph[name].type != type:
            return f"{name} is {graph[name].type}, but must be {type}"
    return None


def _arithmetic(p, arithmetic):
    if isinstance(arithmetic, Onnx):
        if p.rounding != "float32":
            return f"it scales in float32, but rounding={p.rounding}"
        return None if np.max(arithmetic.scale) < LARGEST_SCALE else "its scale must be less than 2^30"
    if not isinstance(arithmetic, Tflite):
        return f"its arithmetic is {type(arithmetic).__name__}, but only Tflite and Onnx are supported"
    if arithmetic.multiplier is not None and arithmetic.rounding != p.rounding:
        return f"it rounds as {arithmetic.rounding}, but rounding={p.rounding}"
    return None


def scale(node: Node):
    """Arithmetic that converts the sums of a node to results."""
    return node.arithmetic.arithmetic if isinstance(node.arithmetic, Coded) else node.arithmetic


def _tflite(node: Node) -> Tflite:
    """Requantisation of a node that the machine accepts."""
    found = scale(node)
    if isinstance(found, Onnx):
        scales = np.asarray(found.scale)
        pairs = np.array([float_scale(each) for each in scales.ravel()]).reshape(*scales.shape, 2)
        return Tflite(pairs[..., 0], pairs[..., 1], found.low, found.high, rounding="float32")
    assert isinstance(found, Tflite)
    return found


def _window(node, kernel):
    if getattr(node, "groups", 1) != 1:
        return f"groups={node.groups}: groups must be 1 or one for each channel"
    if getattr(node, "dilation", (1, 1)) != (1, 1):
        return f"dilation={node.dilation}: dilation must be (1, 1)"
    if isinstance(node, Pooling) and any(map(any, node.padding)):
        return f"padding={node.padding}: padding of a pooling must be 0"
    if any(max(sides) >= size for sides, size in zip(node.padding, kernel, strict=True)):
        return f"padding={node.padding}: padding must be less than the kernel, {tuple(kernel)}"
    return None


def _pooling(p, graph, node):
    arithmetic, area = scale(node), prod(node.window)
    if node.kind == "average" and isinstance(arithmetic, Tflite) and arithmetic.multiplier is None:
        if p.rounding == "float32" and area % 2 == 0:
            return f"rounding=float32 has no ties away from zero, which an average of {area} elements needs"
        if area > layers.LARGEST_AVERAGE:
            return f"an average of {area} elements is not exact, but only of up to {layers.LARGEST_AVERAGE}"
    return _types(p, graph, node, p.format) or _arithmetic(p, node.arithmetic) or _window(node, node.window)


def _addition(p, graph, node):
    if reason := _types(p, graph, node, p.format):
        return reason
    if not isinstance(node.arithmetic, Tflite):
        return f"its arithmetic is {type(node.arithmetic).__name__}, but only Tflite is supported"
    a, b = (graph[name] for name in node.inputs)
    if a.shape != b.shape or a.type != b.type:
        return f"{a.name} and {b.name} must have the same shape and type"
    multiplier = node.arithmetic.multiplier
    if np.size(0 if multiplier is None else multiplier) > 1 or np.size(node.arithmetic.shift) > 1:
        return "an addition has one multiplier and one shift"
    if exact_sum(graph, node, p.rounding) is None:
        return f"no factors of {layers.SCALES[1].bit_length() + 1} bits were found that make all results exact"
    return None


def _multiplication(p, graph, node):
    if reason := _types(p, graph, node, p.format) or _arithmetic(p, node.arithmetic):
        return reason
    a, b = (graph[name] for name in node.inputs)
    if a.shape != b.shape or a.type != b.type:
        return f"{a.name} and {b.name} must have the same shape and type"
    if np.size(node.arithmetic.multiplier) > 1 or np.size(node.arithmetic.shift) > 1:
        return "a multiplication has one multiplier and one shift"
    return None


def _activation(p, graph, node):
    """Reason why an activation cannot run: only tables after a pooling without other readers are supported."""
    producer = graph.producer(node.inputs[0])
    if node.table is None or node.table.shape != (256,):
        return f"it has no instruction for {node.function}"
    if not p.table:
        return "a table needs table=true"
    if not isinstance(producer, Pooling) or len(graph.consumers(node.inputs[0])) > 1:
        return "a table must follow a pooling whose result has no other reader"
    if node.inputs[0] in graph.outputs:
        return f"{node.inputs[0]} is an output, but a table would overwrite it"
    if graph[node.output].type not in (p.operand, p.format):
        return f"{node.output} is {graph[node.output].type}, but must be {p.operand}"
    return None


_REJECTIONS = {
    Convolution: _convolution,
    Dense: _weights,
    Pooling: _pooling,
    Addition: _addition,
    Subtraction: _addition,
    Multiplication: _multiplication,
    Activation: _activation,
    Reshape: lambda p, graph, node: None,
}


@dataclass
class Placed:
    """Layers with addresses, in order, by their results; the DRAM image with the constants; places of tensors; the
    memories that each layer reads and writes, in the order of the layers."""

    layers: dict[str, layers.ConvolutionLayer | layers.PoolingLayer | layers.AdditionLayer]
    image: Image
    places: dict[str, Place]
    memories: list[LayerTensors]


def lower(p: SystolaParameters, graph: Graph) -> Placed:
    """Place all tensors in DRAM and convert each node to a layer. `rejects` must be None for all nodes."""
    image = Image()
    roots = _views(graph)
    intervals = {name: life for name, life in _lifetimes(graph, roots).items() if roots[name] == name}
    sizes = {name: graph[name].size * graph[name].dtype.itemsize for name in intervals}
    addresses, end = place(sizes, intervals, PAGE)
    base = image.reserve(end)
    places = {name: Place(base + addresses[root], graph[name].shape, graph[name].dtype) for name, root in roots.items()}
    found, tables = {}, {}
    for node in graph.nodes:
        if isinstance(node, Activation):
            assert node.table is not None
            key, pooled = node.table.tobytes(), node.inputs[0]
            tables[key] = tables[key] if key in tables else image.put(node.table)
            found[pooled] = replace(found[pooled], table=tables[key])
        elif not isinstance(node, Reshape):
            found[node.output] = _layer(p, graph, node, image, places)
    outputs = {roots[name] for name in graph.outputs}
    memories = []
    for name, layer in found.items():
        node = graph.producer(name)
        assert node is not None
        sources = tuple(roots[each] for each in node.inputs if each in roots)
        memories.append(LayerTensors(layer, sources, roots[name], roots[name] in outputs))
    return Placed(found, image, places, memories)


def _views(graph: Graph) -> dict[str, str]:
    """For each non-constant tensor, the tensor whose memory it shares: a reshaped tensor is a view, and a table
    works in place."""
    roots = {name: name for name, tensor in graph.tensors.items() if not tensor.constant}
    for node in graph.nodes:
        if isinstance(node, Reshape | Activation):
            roots[node.output] = roots[node.inputs[0]]
    return roots


def _lifetimes(graph: Graph, roots: dict[str, str]):
    """Lifetimes of memory: a tensor lives as long as its last view."""
    lives = dict(graph.lifetimes)
    for name, root in roots.items():
        life, view = lives[root], lives[name]
        lives[root] = life._replace(first=min(life.first, view.first), last=max(life.last, view.last))
    return lives


def _layer(p: SystolaParameters, graph: Graph, node: Node, image: Image, places: dict[str, Place]):
    x, y = graph[node.inputs[0]], graph[node.output]
    source, output = _tensor(x, places[x.name]), places[y.name].address
    arithmetic = _tflite(node)
    clamp = _clamp(arithmetic, y)
    multiplier, shift = arithmetic.multiplier, np.asarray(arithmetic.shift)
    if isinstance(node, Pooling):
        common = source, output, node.window, node.stride
        if node.kind == "max" or multiplier is None:  # integers go through the lanes with their zero point
            return layers.PoolingLayer(*common, node.kind == "max", replace(clamp, zero_point=0))
        scaled = _scale(arithmetic, -prod(node.window) * x.zero_point)
        return layers.PoolingLayer(*common, maximum=False, clamp=clamp, scale=scaled)
    if isinstance(node, Addition | Subtraction):
        exact = exact_sum(graph, node, p.rounding)
        assert exact is not None
        return layers.AdditionLayer(source, places[node.inputs[1]].address, output, *exact, clamp)
    if isinstance(node, Multiplication):
        b, second = graph[node.inputs[1]], places[node.inputs[1]].address
        factors = -b.zero_point, -x.zero_point
        scaled = _scale(arithmetic, x.zero_point * b.zero_point)
        return layers.AdditionLayer(source, second, output, factors, scaled, clamp, multiply=True)
    weights = graph[node.inputs[1]]
    bias = graph[node.inputs[2]].contents if len(node.inputs) == 3 else np.zeros(weights.shape[-1], np.int32)
    assert multiplier is not None
    settings = layers.records(
        np.broadcast_to(multiplier, bias.shape),
        fold(bias, _integers(weights), x.zero_point),
        np.broadcast_to(shift, bias.shape),
    )
    if isinstance(node, Convolution) and node.depthwise(graph):
        offset = limits(weights.type)[0] - limits(x.type)[0]
        contents = (weights.contents.astype(np.int64) - offset).astype(x.dtype)
        return layers.DepthwiseLayer(
            source,
            image.put(contents),
            image.put(settings),
            output,
            kernel=(weights.shape[0], weights.shape[1]),
            stride=node.stride,
            dilation=node.dilation,
            padding=node.padding,
            padding_value=x.zero_point,
            offset=offset,
            clamp=clamp,
        )
    common = (image.put(weights.contents), image.put(settings), output, weights.shape[-1])
    if isinstance(node, Dense):
        rows = x.size // x.shape[-1]
        return layers.ConvolutionLayer(layers.DramTensor(source.address, 1, 1, rows, x.shape[-1]), *common, clamp=clamp)
    assert isinstance(node, Convolution)
    return layers.ConvolutionLayer(
        source,
        *common,
        kernel=(weights.shape[0], weights.shape[1]),
        stride=node.stride,
        padding=node.padding,
        padding_value=_zero(x),
        clamp=clamp,
    )


def _scale(arithmetic: Tflite, bias: int) -> layers.Scale:
    """Requantisation with one multiplier; without one the sum is unchanged but for its bias."""
    if arithmetic.multiplier is None:
        return replace(layers.SAME, bias=bias)
    return layers.Scale(np.asarray(arithmetic.multiplier).item(), np.asarray(arithmetic.shift).item(), bias)


def _zero(tensor: Tensor) -> int:
    """Byte that encodes 0 in an operand."""
    return int(tensor.format.encode(np.zeros(2))[0]) if tensor.format else tensor.zero_point


def _integers(weights: Tensor) -> np.ndarray:
    return weights.format.decode(weights.contents) if weights.format else weights.contents


def _tensor(tensor: Tensor, at: Place) -> layers.DramTensor:
    """Convert a tensor of any rank to images of pixels."""
    shape = tensor.shape if len(tensor.shape) == 4 else (1, 1, tensor.size // tensor.shape[-1], tensor.shape[-1])
    return layers.DramTensor(at.address, *shape)


def _clamp(arithmetic: Tflite, output: Tensor) -> layers.Clamp:
    bounds = zip((arithmetic.low, arithmetic.high), limits(output.type), strict=True)
    return layers.Clamp(output.zero_point, *(limit if bound is None else bound for bound, limit in bounds))
