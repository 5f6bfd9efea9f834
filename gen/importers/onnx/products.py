"""Operators with weights: Conv, Gemm, MatMul."""

from dataclasses import replace
from math import isfinite

import numpy as np

from ....sim.network.arithmetic import Onnx
from ....sim.network.graph import Convolution, Dense, same
from ..faults import fail
from .builder import Builder, Operand, Operation
from .values import Constant, Value, image_axes

CLOSE = 1e-3
"""Largest relative difference of a bias's scale from the product of the scales of input and weights."""


def convolution(builder: Builder, op: Operation):
    """Convert Conv of one or two dimensions: weights are OIHW in the file."""
    weights = _weights(op)
    axes = image_axes(op.value().shape, op.value().tensor.name)
    x = builder.in_order(op, op.value(), axes)
    groups, spatial = op.attributes.get("group", 1), len(x.shape) - 2
    if weights.value.ndim != spatial + 2:
        fail(f"{weights.name} must have {spatial + 2} axes, not shape {weights.value.shape}")
    integers = weights.value.reshape(*weights.value.shape[:2], *(1,) * (2 - spatial), *weights.value.shape[2:])
    filters, window = integers.shape[0], integers.shape[2:]
    kernel = op.attributes.get("kernel_shape", list(weights.value.shape[2:]))
    if list(kernel) != list(weights.value.shape[2:]):
        fail(f"kernel_shape {kernel} does not fit {weights.name} of shape {weights.value.shape}")
    fields = windows(op, x, window)
    rule = _rule(op, x, weights, 0, filters)
    names = _names(builder, op, x, weights, integers.transpose(2, 3, 1, 0), 0)
    shape = image_shape(x.tensor.shape, window, filters, fields)
    y = builder.result(op, (x.shape[0], filters, *shape[3 - spatial : 3]), axes)
    builder.add(Convolution(builder.name(op), names, y.tensor.name, rule, groups=groups, **fields))


def gemm(builder: Builder, op: Operation):
    """Convert Gemm with alpha and beta 1: the bias is one number, or one for each column."""
    for name, default in (("alpha", 1.0), ("beta", 1.0), ("transA", 0)):
        if op.attributes.get(name, default) != default and (name != "beta" or op.optional(2) is not None):
            fail(f"{name}={op.attributes[name]} must be {default:g}")
    _dense(builder, op, bool(op.attributes.get("transB", 0)))


def matmul(builder: Builder, op: Operation):
    """Convert MatMul by a constant matrix."""
    _dense(builder, op, False)


def windows(op: Operation, x: Value, window: tuple[int, int]) -> dict:
    """Stride, padding and dilation of an operator with windows on an image (n, rows, columns, channels)."""
    spatial = len(x.shape) - 2
    stride, dilation = (_pair(op, name, spatial) for name in ("strides", "dilations"))
    automatic = op.attributes.get("auto_pad", "NOTSET")
    given = op.attributes.get("pads", [0] * 2 * spatial)
    if len(given) != 2 * spatial:
        fail(f"pads {given} must be {2 * spatial} integers")
    before, after = ([0] * (2 - spatial) + list(part) for part in (given[:spatial], given[spatial:]))
    if automatic in ("SAME_UPPER", "SAME_LOWER"):
        if min(*stride, *dilation, *window) < 1:
            fail(f"strides {stride} and dilations {dilation} must be positive")
        pads = [same(x.tensor.shape[1 + n], window[n], stride[n], dilation[n]) for n in range(2)]
        padding = tuple(pair if automatic == "SAME_UPPER" else pair[::-1] for pair in pads)
    elif automatic in ("NOTSET", "VALID"):
        padding = tuple(zip(before, after, strict=True)) if automatic == "NOTSET" else ((0, 0), (0, 0))
    else:
        fail(f"auto_pad is {automatic}")
    return {"stride": stride, "padding": padding, "dilation": dilation}


def _pair(op: Operation, name: str, spatial: int) -> tuple[int, int]:
    """Attribute for rows and columns; an image of one dimension has one row."""
    found = op.attributes.get(name, [1] * spatial)
    if len(found) != spatial or min(found) < 1:
        fail(f"{name} {found} must be {spatial} positive integers")
    return found[0] if spatial == 2 else 1, found[-1]


def image_shape(size: tuple[int, ...], window: tuple[int, int], filters: int, fields: dict) -> tuple[int, ...]:
    """Shape (n, rows, columns, filters) of a result; a window larger than the image gives 1, which the node rejects."""
    counts = [
        max((size[1 + n] + sum(fields["padding"][n]) - (window[n] - 1) * fields["dilation"][n] - 1), 0)
        // fields["stride"][n]
        + 1
        for n in range(2)
    ]
    return size[0], *counts, filters


def _dense(builder: Builder, op: Operation, transposed: bool):
    """Convert a product by weights; `transposed`: those of the file have their filters first."""
    weights, x = _weights(op), builder.in_order(op, op.value())
    if weights.value.ndim != 2 or not x.shape:
        fail(f"{weights.name} must have 2 axes, not shape {weights.value.shape}")
    if op.type == "Gemm" and len(x.shape) != 2:
        fail(f"{x.tensor.name} must have 2 axes, not shape {x.shape}")
    integers, axis = (weights.value.T, 0) if transposed else (weights.value, 1)
    if x.image is not None and integers.shape[0] == x.shape[1]:
        x, integers = _in_order_of_graph(builder, op, x, x.image, integers)
    rule = _rule(op, x, weights, axis, integers.shape[1])
    names = _names(builder, op, x, weights, integers, axis)
    y = builder.result(op, (*x.shape[:-1], integers.shape[1]))
    builder.add(Dense(builder.name(op), names, y.tensor.name, rule))


def _in_order_of_graph(
    builder: Builder, op: Operation, x: Value, image: Value, integers: np.ndarray
) -> tuple[Value, np.ndarray]:
    """Flattened image in the order of the graph, and weights with their rows in this order."""
    order = image.order if image.shape[0] == 1 else image.order[1:]
    if image.shape[0] > 1 and image.order[0] != 0:
        return x, integers
    sizes = [image.shape[axis] for axis in sorted(order)]
    places = np.arange(integers.shape[0]).reshape(sizes).transpose([sorted(order).index(axis) for axis in order])
    return replace(x, tensor=builder.reshaped(op, image.tensor, x.shape)), integers[places.ravel()]


def _weights(op: Operation) -> Constant:
    """Weights as int8 with zero point 0; uint8 with zero point 128 is converted."""
    found = op.optional(1)
    if not isinstance(found, Constant):
        fail("its weights must be a quantised constant")
    if found.value.size == 0:
        fail(f"{found.name} has no elements")
    middle = {"int8": 0, "uint8": 128}.get(found.value.dtype.name)
    if middle is None:
        fail(f"{found.name} is {found.value.dtype.name}: it must be int8")
    if (found.zero_point != middle).any():
        wrong = found.zero_point[found.zero_point != middle].flat[0]
        fail(f"{found.name} is {found.value.dtype.name} with zero point {wrong}: that of weights must be {middle}")
    value = (found.value.astype(np.int16) - middle).astype(np.int8)
    return Constant(found.name, value, found.scale, np.zeros_like(found.zero_point), found.axis)


def _scales(weights: Constant, axis: int, filters: int) -> np.ndarray:
    """Scales of weights: one, or one for each filter along `axis`; 0 is legal."""
    found = weights.scale.astype(np.float32)
    if found.size not in (1, filters):
        fail(f"{weights.name} has {found.size} scales for {filters} filters")
    if found.size > 1 and weights.axis % weights.value.ndim != axis:
        fail(f"{weights.name} has scales along axis {weights.axis}, not {axis}")
    if not all(isfinite(scale) and scale >= 0 for scale in found.ravel()):
        fail(f"{weights.name} has a scale that is negative or not finite")
    return found.ravel() if found.size > 1 else found.reshape(())


def _rule(op: Operation, x: Value, weights: Constant, axis: int, filters: int) -> Onnx:
    """Conversion of sums to results."""
    scales = _scales(weights, axis, filters)
    return Onnx.from_scales(x.quantisation.scale, scales, op.result.scale, low=op.low, high=op.high)


def _names(
    builder: Builder, op: Operation, x: Value, weights: Constant, integers: np.ndarray, axis: int
) -> tuple[str, ...]:
    """Names of the inputs of a node: x, weights in the layout of the graph, and bias."""
    scales = _scales(weights, axis, integers.shape[-1])
    shown = None if 0 in scales else tuple(map(float, scales)) if scales.ndim else float(scales)
    w = builder.declare(weights.name, integers.shape, "int8", shown, value=np.ascontiguousarray(integers))
    if op.optional(2) is None:
        return x.tensor.name, w.name
    product = np.asarray(np.float32(x.quantisation.scale) * scales)
    name, bias = _bias(op.optional(2), product, integers.shape[-1])
    unit = None if 0 in product else tuple(map(float, product)) if product.ndim else float(product)
    b = builder.declare(name or f"{op.output}_bias", bias.shape, "int32", unit, value=bias)
    return x.tensor.name, w.name, b.name


def _bias(found: Operand, product: np.ndarray, filters: int) -> tuple[str, np.ndarray]:
    """Name and integers of a bias, with the product of the scales of input and weights as its scale."""
    if isinstance(found, Constant) and found.value.dtype == np.int32:
        name, value = found.name, found.value
        wrong = np.abs(found.scale.astype(np.float64).ravel() - product) > CLOSE * product
        if found.zero_point.any() or found.scale.size not in (1, filters) or wrong.any():
            fail(f"{name} must have zero point 0, and the product of the scales of input and weights as its scale")
    elif isinstance(found, np.ndarray) and found.dtype == np.int32:
        name, value = "", found
    elif isinstance(found, np.ndarray) and found.dtype == np.float32:
        if 0 in product:
            fail("its bias is float32, and a scale of its weights is 0")
        name, value = "", np.clip(np.rint(found.ravel() / product), -(2**31), 2**31 - 1).astype(np.int32)
    else:
        fail("its bias must be a constant, int32 or float32")
    if value.size not in (1, filters) or max(value.shape, default=1) != value.size:
        fail(f"{name or 'its bias'} has shape {value.shape}, not ({filters},)")
    return name, np.ascontiguousarray(np.broadcast_to(value.ravel(), (filters,)))


PRODUCTS = {"Conv": convolution, "Gemm": gemm, "MatMul": matmul}
