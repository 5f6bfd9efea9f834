"""Operators of windows: pooling, ReduceMean."""

from math import prod

import numpy as np

from ....sim.network.arithmetic import Onnx, OnnxAverage
from ....sim.network.graph import Pooling, Reshape, Tensor
from ..faults import fail
from ..network import Axes
from .builder import Builder, Operation
from .products import image_shape, windows
from .values import Value, image_axes


def max_pool(builder: Builder, op: Operation):
    """Convert MaxPool: its result has the quantisation of its input."""
    _pool(builder, op, "max", Onnx(1.0, op.low, op.high))


def average_pool(builder: Builder, op: Operation):
    """Convert AveragePool: the divisor includes padding with `count_include_pad`, otherwise it does not."""
    window = op.attributes.get("kernel_shape", [])
    count = prod(window) if op.attributes.get("count_include_pad", 0) else None
    rule = OnnxAverage(op.value().quantisation.scale, op.result.scale, count, op.low, op.high)
    _pool(builder, op, "average", rule)


def global_average_pool(builder: Builder, op: Operation):
    """Convert GlobalAveragePool: the sum of integers is scaled once, by input / (output * count)."""
    x = op.value()
    _mean(builder, op, set(range(2, len(x.shape))), keep=True)


def reduce_mean(builder: Builder, op: Operation):
    """Convert ReduceMean over any axes."""
    x, axes = op.value(), op.integers(1, "axes")
    rank = len(x.shape)
    if not axes:
        axes = [] if op.attributes.get("noop_with_empty_axes", 0) else list(range(rank))
    if any(not -rank <= axis < rank for axis in axes):
        fail(f"axes {axes} must be axes of {x.tensor.name}, of shape {x.shape}")
    _mean(builder, op, {axis % rank for axis in axes}, keep=bool(op.attributes.get("keepdims", 1)))


def _mean(builder: Builder, op: Operation, reduced: set[int], keep: bool):
    """Average of whole images, whose rows and columns are the reduced axes."""
    x = op.value()
    count = prod(x.shape[axis] for axis in reduced)
    scale = np.float32(x.quantisation.scale) / (np.float32(op.result.scale) * np.float32(count))
    places = [place for place, axis in enumerate(x.order) if axis in reduced]
    if places and places[-1] - places[0] >= len(places):  # the reduced axes are apart
        x = builder.in_order(op, x, (*(a for a in x.order if a not in reduced), *(a for a in x.order if a in reduced)))
        places = [place for place, axis in enumerate(x.order) if axis in reduced]
    first = places[0] if places else len(x.order)
    before, after = x.order[:first], x.order[first + len(places) :]
    image, ends = _image(builder, op, x, before, after)
    kept = [axis for axis in range(len(x.shape)) if axis not in reduced]
    shape = [1 if axis in reduced else size for axis, size in enumerate(x.shape) if keep or axis not in reduced]
    new = {axis: axis if keep else kept.index(axis) for axis in kept}
    axes = tuple(None if axis is None else new[axis] for axis in ends)
    rule = Onnx(float(scale), op.low, op.high)
    y = builder.result(op, shape, axes)
    size = (image.shape[0], 1, 1, image.shape[3])
    pooled = y.tensor if y.tensor.shape == size else builder.declare(op.output, size, **op.result._asdict())
    fields = {"kind": "average", "window": image.shape[1:3]}
    builder.add(Pooling(builder.name(op), (image.name,), pooled.name, rule, **fields))
    if pooled is not y.tensor:
        builder.add(Reshape(builder.name(op, "_shape"), (pooled.name,), y.tensor.name, to=y.tensor.shape))


def _image(builder: Builder, op: Operation, x: Value, before: tuple, after: tuple) -> tuple[Tensor, Axes]:
    """Image (n, rows, columns, channels) whose rows and columns are averaged, and the axes of the result."""
    size = x.tensor.shape
    ends = [(x.axes[place],) if size[place] > 1 else () for place in (0, 3)] if len(size) == 4 else None
    if ends == [before, after]:
        return x.tensor, (*(before or (None,)), None, None, *(after or (None,)))
    outer, inner = (prod(x.shape[axis] for axis in axes) for axes in (before, after))
    image = builder.reshaped(op, x.tensor, (outer, x.tensor.size // (outer * inner), 1, inner))
    if len(before) <= 1 and len(after) <= 1:
        return image, (*(before or (None,)), None, None, *(after or (None,)))
    return image, (*before, *after)


def _pool(builder: Builder, op: Operation, kind: str, rule):
    """Convert a pooling of one or two dimensions."""
    value = op.value()
    axes = image_axes(value.shape, value.tensor.name)
    spatial, kernel = len(value.shape) - 2, op.attributes.get("kernel_shape", [])
    for name in ("ceil_mode", "storage_order"):
        if op.attributes.get(name, 0):
            fail(f"{name}={op.attributes[name]} must be 0")
    if len(kernel) != spatial or min(kernel, default=0) < 1:
        fail(f"kernel_shape {kernel} must be {spatial} positive integers")
    x, window = builder.in_order(op, value, axes), (kernel[0] if spatial == 2 else 1, kernel[-1])
    fields = windows(op, x, window)
    if fields.pop("dilation") != (1, 1):
        fail("its dilations must be 1")
    shape = image_shape(x.tensor.shape, window, x.shape[1], fields | {"dilation": (1, 1)})
    y = builder.result(op, (x.shape[0], x.shape[1], *shape[3 - spatial : 3]), axes)
    builder.add(Pooling(builder.name(op), (x.tensor.name,), y.tensor.name, rule, kind=kind, window=window, **fields))


WINDOWS = {
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "GlobalAveragePool": global_average_pool,
    "ReduceMean": reduce_mean,
}
