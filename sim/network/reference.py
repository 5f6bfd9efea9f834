"""Reference of networks: every tensor of a graph, computed node by node in NumPy.

It iterates over images, windows, taps and groups. Sums of products and their conversion to results are defined by each
node's arithmetic.
"""

from functools import singledispatch

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..golden.formats import bfloat16
from .graph import (
    Activation,
    Addition,
    Concatenation,
    Convolution,
    Dense,
    Graph,
    GraphError,
    Multiplication,
    Node,
    Padding,
    Pooling,
    Reshape,
    Selection,
    Slice,
    Softmax,
    Subtraction,
    Tensor,
    Transpose,
)


def run(
    graph: Graph, inputs: dict[str, np.ndarray], states: dict[str, np.ndarray] | None = None
) -> dict[str, np.ndarray]:
    """Values of every tensor by name, constants included; arrays have their tensors' `dtype` and `shape`.

    `states` are values of state tensors, by default those of the first run. Raises `GraphError` where an input is
    missing, unknown, or not of its tensor's type and shape.
    """
    for name in inputs:
        if name not in graph.inputs:
            raise GraphError(f"input {name} is not one of the graph's inputs, {', '.join(graph.inputs)}")
    for name in graph.inputs:
        if name not in inputs:
            raise GraphError(f"input {name} is missing")
        graph[name].check(inputs[name])
    values = {name: tensor.value for name, tensor in graph.tensors.items() if tensor.value is not None}
    values |= inputs | {state.tensor: state.initial for state in graph.states} | (states or {})
    for node in graph.nodes:
        sources, output = graph.sources(node), graph[node.output]
        values[node.output] = compute(node, sources, [values[name] for name in node.inputs], output)
    return values


@singledispatch
def compute(node: Node, tensors: tuple[Tensor, ...], values: list[np.ndarray], output: Tensor) -> np.ndarray:
    """Values of a node's output from those of its inputs."""
    raise GraphError(f"node {node.name}: the reference cannot compute a {type(node).__name__}")


@compute.register
def _(node: Convolution, tensors, values, output):
    rule = node.arithmetic
    x, w = (
        rule.operand(tensor, value, i) for i, (tensor, value) in enumerate(zip(tensors[:2], values[:2], strict=True))
    )
    bias = values[2] if len(values) == 3 else None
    kernel, filters = w.shape[:2], w.shape[3] // node.groups
    windows = _windows(_padded(x, node.padding, 0), kernel, node.stride, node.dilation)
    shape, channels = windows.shape[:3], w.shape[2]
    sums = []
    for group in range(node.groups):
        selected = slice(group * filters, (group + 1) * filters)
        rows = windows[:, :, :, :, :, group * channels : (group + 1) * channels].reshape(np.prod(shape), -1)
        group_bias = None if bias is None else bias[selected]
        sums.append(rule.dot(rows, w[..., selected].reshape(rows.shape[1], -1), kernel[0] * kernel[1], group_bias))
    return rule.finish(np.concatenate(sums, axis=1).reshape(*shape, -1), output)


@compute.register
def _(node: Dense, tensors, values, output):
    rule = node.arithmetic
    x, w = (
        rule.operand(tensor, value, i) for i, (tensor, value) in enumerate(zip(tensors[:2], values[:2], strict=True))
    )
    sums = rule.dot(x.reshape(-1, x.shape[-1]), w, 1, values[2] if len(values) == 3 else None)
    return rule.finish(sums.reshape(output.shape), output)


@compute.register
def _(node: Pooling, tensors, values, output):
    x, rule = values[0], node.arithmetic
    if node.kind == "average":
        windows, inside = (
            _windows(_padded(each, node.padding, 0), node.window, node.stride)
            for each in (x.astype(np.int64), np.ones((1, *x.shape[1:3], 1), np.int64))
        )
        zero_point = tensors[0].zero_point
        total = rule.total(windows, inside, zero_point)
        return rule.average(total, inside.sum(axis=(3, 4)), zero_point, output)
    coded = tensors[0].type == "bfloat16"
    x = bfloat16.decode(x) if coded else x
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    largest = _windows(_padded(x, node.padding, lowest), node.window, node.stride).max(axis=(3, 4))
    return rule.clamp(bfloat16.encode(largest).astype(np.uint16) if coded else largest, output)


@compute.register
def _(node: Addition, tensors, values, output):
    a, b = map(node.arithmetic.operand, tensors, values)
    return node.arithmetic.add(a, b, output)


@compute.register
def _(node: Subtraction, tensors, values, output):
    a, b = map(node.arithmetic.operand, tensors, values)
    return node.arithmetic.subtract(a, b, output)


@compute.register
def _(node: Multiplication, tensors, values, output):
    a, b = map(node.arithmetic.operand, tensors, values)
    return node.arithmetic.multiply(a, b, output)


@compute.register
def _(node: Activation, tensors, values, output):
    function, table = node.operation, node.table
    if function is None:
        assert table is not None
        return table[np.ascontiguousarray(values[0]).view(np.uint8)]
    x = node.arithmetic.operand(tensors[0], values[0])
    return node.arithmetic.activation(x, function, table, output)


@compute.register
def _(node: Softmax, tensors, values, output):
    return node.arithmetic.softmax(values[0], tensors[0].scale, node.beta)


@compute.register
def _(node: Concatenation, tensors, values, output):
    return np.concatenate(values, axis=node.axis)


@compute.register
def _(node: Reshape, tensors, values, output):
    return values[0].reshape(node.to)


@compute.register
def _(node: Padding, tensors, values, output):
    value = node.value
    if value is None:
        value = output.format.encode(np.full(2, output.zero_point))[0] if output.format else output.zero_point
    return np.pad(values[0], node.pads, constant_values=value)


@compute.register
def _(node: Slice, tensors, values, output):
    return values[0][node.slices].copy()


@compute.register
def _(node: Transpose, tensors, values, output):
    return values[0].transpose(node.axes).copy()


@compute.register
def _(node: Selection, tensors, values, output):
    return values[0][:, list(node.rows)][:, :, list(node.columns)]


def _padded(x: np.ndarray, padding: tuple[tuple[int, int], tuple[int, int]], value) -> np.ndarray:
    return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=value)


def _windows(x: np.ndarray, window, stride, dilation=(1, 1)) -> np.ndarray:
    """Windows of x (n, h, w, c) as (n, rows, columns, window rows, window columns, c)."""
    reach = tuple((size - 1) * step + 1 for size, step in zip(window, dilation, strict=True))
    views = sliding_window_view(x, reach, axis=(1, 2))[:, :: stride[0], :: stride[1], :, :: dilation[0], :: dilation[1]]
    return views.transpose(0, 1, 2, 4, 5, 3)
