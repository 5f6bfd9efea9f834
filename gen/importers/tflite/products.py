"""Operators with weights: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED."""

from math import prod

import numpy as np

from ....sim.network.arithmetic import Onnx, Tflite
from ....sim.network.graph import Convolution, Dense, Reshape, Tensor, same
from ..faults import fail
from .builder import Builder, clamp, expect, one_scale, quantisation, scales
from .file import OperatorRecord

SAME, VALID = 0, 1


def convolution(builder: Builder, op: OperatorRecord):
    """Convert CONV_2D: weights are OHWI in the file; their channels determine the number of groups."""
    w = builder.constant(builder.record(op, 1), _rank(builder, op, (1, 2, 3, 0)), per_channel=True)
    x = builder.input(op)
    if len(x.shape) != 4 or x.shape[3] % w.shape[2]:
        fail(f"{x.name} of shape {x.shape} does not fit weights for {w.shape[2]} channels")
    _convolution(builder, op, x, w, scale_axis=0, groups=x.shape[3] // w.shape[2])


def depthwise(builder: Builder, op: OperatorRecord):
    """Convert DEPTHWISE_CONV_2D: weights are 1HWO in the file; filters of one channel are neighbours."""
    w = builder.constant(builder.record(op, 1), _rank(builder, op, (1, 2, 0, 3)), per_channel=True)
    x = builder.input(op)
    channels, times = x.shape[-1] if x.shape else 1, op.options.get("DepthMultiplier", 0)
    if w.shape[2] != 1 or times not in (0, w.shape[3] // channels):
        fail(f"depth_multiplier={times} does not fit weights {w.shape} and {channels} channels")
    _convolution(builder, op, x, w, scale_axis=3, groups=channels)


def dense(builder: Builder, op: OperatorRecord):
    """Convert FULLY_CONNECTED: weights are (n, k) in the file; an input of another shape is reshaped to rows of k."""
    if op.options.get("WeightsFormat", 0):
        fail("its weights are shuffled")
    weights = builder.record(op, 1)
    w = builder.constant(weights, _rank(builder, op, (1, 0)), per_channel=True)
    x, y = builder.input(op), builder.output(op)
    (k, n), record = w.shape, builder.result(op, y)
    expect("int8", x, w, y)
    bias = _bias(builder, op, n)
    arithmetic = _rule(builder, op, x, scales(weights, 0, n), y)
    rows, result = x, y
    if x.shape[-1:] != (k,) or (*x.shape[:-1], n) != y.shape:
        if x.size % k or x.size // k * n != y.size:
            fail(f"{x.name} of shape {x.shape} and weights {w.shape} do not give {y.name} of shape {y.shape}")
        rows = builder.temporary((x.size // k, k), builder.record(op, 0))
        builder.add(Reshape(builder.name(op, "_rows"), (x.name,), rows.name, to=rows.shape))
        if y.shape != (x.size // k, n):
            result = builder.temporary((x.size // k, n), record)
    builder.add(Dense(builder.name(op), (rows.name, w.name, *bias), result.name, arithmetic))
    if result is not y:
        builder.add(Reshape(builder.name(op, "_shape"), (result.name,), y.name, to=y.shape))


def padding(op: OperatorRecord, x: Tensor, window, stride, dilation=(1, 1)):
    """Padding ((top, bottom), (left, right)) of an operator with windows."""
    kind = op.options.get("Padding", SAME)
    if kind not in (SAME, VALID):
        fail(f"its padding has code {kind}")
    if len(x.shape) != 4:
        fail(f"{x.name} must have 4 axes, not shape {x.shape}")
    if kind == VALID or min(*stride, *dilation, *window) < 1:  # a node rejects the latter
        return (0, 0), (0, 0)
    top, left = (same(x.shape[1 + axis], window[axis], stride[axis], dilation[axis]) for axis in range(2))
    return top, left


def pair(op: OperatorRecord, rows: str, columns: str, default: int = 0) -> tuple[int, int]:
    """Option for rows and columns."""
    return op.options.get(rows, default), op.options.get(columns, default)


def _convolution(builder: Builder, op: OperatorRecord, x: Tensor, w: Tensor, scale_axis: int, groups: int):
    y = builder.output(op)
    expect("int8", x, w, y)
    filters, stride = w.shape[3], pair(op, "StrideH", "StrideW")
    dilation = pair(op, "DilationHFactor", "DilationWFactor", 1)
    ratio = scales(builder.record(op, 1), scale_axis, filters)
    builder.add(
        Convolution(
            builder.name(op),
            (x.name, w.name, *_bias(builder, op, filters)),
            y.name,
            _rule(builder, op, x, ratio, y),
            stride=stride,
            padding=padding(op, x, w.shape[:2], stride, dilation),
            dilation=dilation,
            groups=groups,
        )
    )


def _rule(builder: Builder, op: OperatorRecord, x: Tensor, ratio: np.ndarray, y: Tensor) -> Tflite | Onnx:
    """Conversion of sums to results."""
    if builder.rounding == "float32":
        low, high = clamp(op, y)
        return Onnx.from_scales(one_scale(x), ratio, one_scale(y), low=low, high=high)
    return Tflite.from_scales(one_scale(x), ratio, one_scale(y), **quantisation(op, y))


def _bias(builder: Builder, op: OperatorRecord, filters: int) -> tuple[str, ...]:
    record = builder.optional(op, 2)
    if record is None:
        return ()
    bias = builder.constant(record, per_channel=True)
    expect("int32", bias)
    if bias.shape != (filters,):
        fail(f"{bias.name} has shape {bias.shape}, not ({filters},)")
    return (bias.name,)


def _rank(builder: Builder, op: OperatorRecord, axes: tuple[int, ...]) -> tuple[int, ...]:
    """Axes, after a check that the weights have as many, and none without elements."""
    weights = builder.record(op, 1)
    if len(weights.shape) != len(axes) or prod(weights.shape) < 1:
        fail(f"{weights.name} must have {len(axes)} axes, not shape {weights.shape}")
    return axes


PRODUCTS = {"CONV_2D": convolution, "DEPTHWISE_CONV_2D": depthwise, "FULLY_CONNECTED": dense}
