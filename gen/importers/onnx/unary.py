"""Operators of one tensor, element by element, through tables of 256 entries; Softmax."""

from collections.abc import Callable

import numpy as np

from ....sim.network.arithmetic import Onnx, OnnxSoftmax
from ....sim.network.graph import Activation, Softmax
from ..faults import fail
from .builder import Builder, Operation
from .values import NARROW, Quantisation

_BYTES = np.arange(256, dtype=np.uint8)


def _clip(x: np.ndarray, op: Operation) -> np.ndarray:
    low, high = bounds(op)
    return np.minimum(np.maximum(x, low), high)


def _elu(x: np.ndarray, op: Operation) -> np.ndarray:
    return np.where(x < 0, _factor(op, "alpha", 1.0) * np.expm1(np.minimum(x, 0)), x)


def _hard_sigmoid(x: np.ndarray, op: Operation) -> np.ndarray:
    return np.clip(_factor(op, "alpha", 0.2) * x + _factor(op, "beta", 0.5), 0, 1)


FUNCTIONS: dict[str, Callable[[np.ndarray, Operation], np.ndarray]] = {
    "Abs": lambda x, op: np.abs(x),
    "Clip": _clip,
    "Elu": _elu,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": lambda x, op: x * np.clip(x / np.float32(6) + np.float32(0.5), 0, 1),
    "LeakyRelu": lambda x, op: np.where(x >= 0, x, _factor(op, "alpha", 0.01) * x),
    "Neg": lambda x, op: -x,
    "QuantizeLinear": lambda x, op: x,
    "Relu": lambda x, op: np.maximum(x, 0),
    "Sigmoid": lambda x, op: 1 / (1 + np.exp(-x.astype(np.float64))),
    "Tanh": lambda x, op: np.tanh(x.astype(np.float64)),
}
"""Functions of reals, which are float32; Sigmoid and Tanh are computed in float64."""


def unary(builder: Builder, op: Operation):
    """Convert a function of each element to a table; Relu between equal quantisations needs none."""
    x, result = op.value(), op.result
    source = x.quantisation
    if source.type not in NARROW or result.type not in NARROW:
        fail(f"{x.tensor.name} is {source.type} and {op.output} {result.type}: they must be int8 or uint8")
    y = builder.result(op, x.shape, x.axes)
    fields: dict = {"arithmetic": Onnx(1.0, op.low, op.high), "function": "relu"}
    if op.type != "Relu" or source != result or (op.low, op.high) != (None, None):
        fields = {"function": op.type.lower(), "table": table(op, source, result)}
    builder.add(Activation(builder.name(op), (x.tensor.name,), y.tensor.name, **fields))


def table(op: Operation, source: Quantisation, result: Quantisation) -> np.ndarray:
    """Table of a function: integers of the result for the bytes 0 to 255 of the operand."""
    real = FUNCTIONS[op.type](source.dequantise(_BYTES.view(source.type)), op)
    found, (least, most) = result.quantise(real), result.limits
    return np.clip(found, least if op.low is None else op.low, most if op.high is None else op.high)


def bounds(op: Operation) -> tuple[np.float32, np.float32]:
    """Lower and upper limit of Clip."""
    found = []
    for position, name, default in ((1, "min", -np.inf), (2, "max", np.inf)):
        operand = op.optional(position)
        if operand is None:
            found.append(np.float32(op.attributes.get(name, default)))
        elif isinstance(operand, np.ndarray) and operand.size == 1 and operand.dtype == np.float32:
            found.append(np.float32(operand.item()))
        else:
            fail(f"its {name} must be a constant, one float32 number")
    return found[0], found[1]


def softmax(builder: Builder, op: Operation):
    """Convert Softmax along one axis. Before version 13 also all later axes count, which must be 1."""
    value, result = op.value(), op.result
    rank, axis = len(value.shape), op.attributes.get("axis", -1 if op.opset >= 13 else 1)
    if not -rank <= axis < rank:
        fail(f"axis {axis} is not an axis of {value.tensor.name}, of shape {value.shape}")
    axis %= rank
    if op.opset < 13 and any(size > 1 for size in value.shape[axis + 1 :]):
        fail(f"axis {axis} must be the last one of {value.tensor.name}, of shape {value.shape}")
    axes = (*(each for each in range(rank) if each != axis), axis)
    x = builder.in_order(op, value, axes)
    rule = OnnxSoftmax(result.scale, result.zero_point, result.type)
    if (op.low, op.high) != (None, None):
        fail("a function between Softmax and QuantizeLinear is not supported")
    y = builder.result(op, value.shape, axes)
    builder.add(Softmax(builder.name(op), (x.tensor.name,), y.tensor.name, rule))


def _factor(op: Operation, name: str, default: float) -> np.float32:
    """Attribute as float32."""
    return np.float32(op.attributes.get(name, default))


UNARY = dict.fromkeys(FUNCTIONS, unary) | {"Softmax": softmax}
