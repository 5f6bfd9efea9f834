"""Operators of two tensors, element by element: Add, Sub, Mul."""

from math import prod

import numpy as np

from ....sim.network.arithmetic import OnnxPairwise
from ....sim.network.graph import Addition, Multiplication, Subtraction
from ..faults import fail
from .builder import Builder, Operand, Operation
from .values import NARROW, Constant, Value

_KINDS = {"Add": Addition, "Sub": Subtraction, "Mul": Multiplication}


def pairwise(builder: Builder, op: Operation):
    """Convert Add, Sub or Mul: shapes broadcast as in NumPy, in the layout of the operand with the most axes."""
    if len(op.operands) != 2:
        fail(f"it has {len(op.operands)} inputs, not 2")
    values = [_value(builder, op, position) for position in range(2)]
    try:
        shape = np.broadcast_shapes(*(value.shape for value in values))
    except ValueError:
        (a, b), (first, second) = (value.shape for value in values), (value.tensor.name for value in values)
        fail(f"shapes {a} of {first} and {b} of {second} do not broadcast")
    values = [_widened(value, len(shape)) for value in values]
    axes = next((value.axes for value in values if not value.tensor.constant and _complete(value, shape)), None)
    axes = tuple(range(len(shape))) if axes is None else axes
    a, b = (builder.in_order(op, value, axes) for value in values)
    first, second, result = a.quantisation, b.quantisation, op.result
    if any(each.type not in NARROW for each in (first, second, result)):
        fail(f"{a.tensor.name}, {b.tensor.name} and {op.output} must be int8 or uint8")
    rule = OnnxPairwise(
        first.scale,
        second.scale,
        result.scale,
        (first.zero_point, second.zero_point),
        op.low,
        op.high,
        _along_rows(a, b, shape),
        op.limited,
    )
    y = builder.result(op, shape, axes)
    builder.add(_KINDS[op.type](builder.name(op), (a.tensor.name, b.tensor.name), y.tensor.name, rule))


def _value(builder: Builder, op: Operation, position: int) -> Value:
    """Operand as a value; a constant becomes a tensor of the graph."""
    found: Operand = op.optional(position)
    return builder.constant(found) if isinstance(found, Constant) else op.value(position)


def _widened(value: Value, rank: int) -> Value:
    """Value with additional first axes of size 1 in the file."""
    more = rank - len(value.shape)
    return value.renumbered((*(1,) * more, *value.shape), {axis: axis + more for axis in range(len(value.shape))})


def _complete(value: Value, shape: tuple[int, ...]) -> bool:
    """Whether the tensor has every axis of a shape."""
    return {axis for axis, size in enumerate(shape) if size > 1} <= set(value.axes)


def _along_rows(a: Value, b: Value, shape: tuple[int, ...]) -> int | None:
    """Operand that is the same along the last axis, or has one element; None if there is none."""
    for index, value in enumerate((a, b)):
        if prod(value.shape) == 1 < prod(shape) or (shape and value.shape[-1] == 1 < shape[-1]):
            return index
    return None


ARITHMETIC = dict.fromkeys(_KINDS, pairwise)
