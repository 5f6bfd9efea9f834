"""Operators of one tensor, element by element or row by row: activation functions, QUANTIZE, SOFTMAX."""

from collections.abc import Callable

from ....sim.golden import unary
from ....sim.golden.requantise import fixed_point
from ....sim.network.arithmetic import Tflite
from ....sim.network.graph import Activation, Softmax, Tensor
from ..faults import fail
from .builder import Builder, expect, one_scale
from .file import OperatorRecord

REQUANTISED = {
    "int8": ("int8", "uint8", "int16", "int32"),
    "uint8": ("int8",),
    "int16": ("int8", "int16", "int32"),
    "int32": ("int8", "int16"),
}
"""Types of results of QUANTIZE by the type of its input."""


def relu(builder: Builder, op: OperatorRecord):
    """Convert RELU, which may also change the scale."""
    x, y = _tensors(builder, op)
    rule = Tflite(*fixed_point(one_scale(x) / one_scale(y)))
    builder.add(Activation(builder.name(op), (x.name,), y.name, rule, function="relu"))


def relu6(builder: Builder, op: OperatorRecord):
    """Convert RELU6: the reference only clamps, so input and output must have equal scales and zero points."""
    x, y = _tensors(builder, op)
    if (x.scale, x.zero_point) != (y.scale, y.zero_point):
        fail(f"{y.name} must have the scale and the zero point of {x.name}")
    builder.add(Activation(builder.name(op), (x.name,), y.name, Tflite(), function="relu6"))


def quantize(builder: Builder, op: OperatorRecord):
    """Convert QUANTIZE: another scale, zero point or type for the same real values."""
    x, y = builder.input(op), builder.output(op)
    if y.type not in REQUANTISED.get(x.type, ()):
        fail(f"{x.name} is {x.type}, which is not requantised to {y.type} of {y.name}")
    rule = Tflite(*fixed_point(one_scale(x) / one_scale(y)))
    builder.add(Activation(builder.name(op), (x.name,), y.name, rule, function="identity"))


def logistic(builder: Builder, op: OperatorRecord):
    x, y = _tensors(builder, op)
    _expect_result(y, 1 / 256, -128)
    _table(builder, op, x, y, unary.logistic, one_scale(x), x.zero_point)


def tanh(builder: Builder, op: OperatorRecord):
    x, y = _tensors(builder, op)
    _expect_result(y, 1 / 128, 0)
    _table(builder, op, x, y, unary.tanh, one_scale(x), x.zero_point)


def hard_swish(builder: Builder, op: OperatorRecord):
    x, y = _tensors(builder, op)
    _table(builder, op, x, y, unary.hard_swish, one_scale(x), x.zero_point, one_scale(y), y.zero_point)


def leaky_relu(builder: Builder, op: OperatorRecord):
    x, y = _tensors(builder, op)
    parameters = (one_scale(x), x.zero_point, one_scale(y), y.zero_point, op.options.get("Alpha", 0.0))
    _table(builder, op, x, y, unary.leaky_relu, *parameters)


def softmax(builder: Builder, op: OperatorRecord):
    x, y = builder.input(op), builder.output(op)
    builder.add(Softmax(builder.name(op), (x.name,), y.name, Tflite(), beta=op.options.get("Beta", 0.0)))


def _tensors(builder: Builder, op: OperatorRecord) -> tuple[Tensor, Tensor]:
    x, y = builder.input(op), builder.output(op)
    expect("int8", x, y)
    return x, y


def _expect_result(y: Tensor, scale: float, zero_point: int):
    if (y.scale, y.zero_point) != (scale, zero_point):
        fail(f"{y.name} must have scale {scale} and zero point {zero_point}, not {y.scale} and {y.zero_point}")


def _table(builder: Builder, op: OperatorRecord, x: Tensor, y: Tensor, function: Callable, *parameters):
    """Function as its table of 256 results."""
    fields = {"function": op.type.lower(), "table": unary.table(function, *parameters)}
    builder.add(Activation(builder.name(op), (x.name,), y.name, **fields))


UNARY = {
    "RELU": relu,
    "RELU6": relu6,
    "QUANTIZE": quantize,
    "LOGISTIC": logistic,
    "TANH": tanh,
    "HARD_SWISH": hard_swish,
    "LEAKY_RELU": leaky_relu,
    "SOFTMAX": softmax,
}
