"""Data movement operators: shapes, order of axes, concatenation, slices, splits, padding."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from math import prod

import numpy as np

from ....sim.network.arithmetic import Onnx
from ....sim.network.graph import Activation, Concatenation, Padding, Reshape, Slice
from ..faults import fail
from .builder import Builder, Operation
from .unary import table
from .values import Constant, Value

VIEW = "view: the same tensor with another shape or order of axes"


def transpose(builder: Builder, op: Operation) -> str:
    """Convert Transpose: the tensor of the graph remains, with its axes renamed."""
    x = op.value()
    rank = len(x.shape)
    axes = op.attributes.get("perm", list(range(rank))[::-1])
    if sorted(axes) != list(range(rank)):
        fail(f"perm {axes} must be a permutation of the {rank} axes of {x.tensor.name}")
    places = {axis: place for place, axis in enumerate(axes)}
    builder.values[op.output] = x.renumbered(tuple(x.shape[axis] for axis in axes), places)
    return VIEW


def reshape(builder: Builder, op: Operation) -> str | None:
    """Convert Reshape: 0 keeps the size of the input's axis, and -1 is the remainder."""
    x, requested = op.value(), op.integers(1, "shape")
    if requested is None:
        fail("its shape must be a constant")
    shape = list(requested)
    for axis, size in enumerate(requested):
        if size == 0 and not op.attributes.get("allowzero", 0):
            shape[axis] = (
                x.shape[axis] if axis < len(x.shape) else fail(f"shape {requested} has more axes than the input")
            )
    if shape.count(-1) == 1:
        rest = prod(size for size in shape if size != -1)
        shape[shape.index(-1)] = prod(x.shape) // rest if rest else 0
    return _shaped(builder, op, x, shape)


def flatten(builder: Builder, op: Operation) -> str | None:
    """Convert Flatten: axes before `axis` become the first axis, all others the second."""
    x, axis = op.value(), op.attributes.get("axis", 1)
    rank = len(x.shape)
    if not -rank <= axis <= rank:
        fail(f"axis {axis} is not an axis of {x.tensor.name}, of shape {x.shape}")
    axis = axis + rank if axis < 0 else axis
    return _shaped(builder, op, x, [prod(x.shape[:axis]), prod(x.shape[axis:])])


def squeeze(builder: Builder, op: Operation) -> str | None:
    """Convert Squeeze: axes of size 1 are removed, by default all."""
    x, axes = op.value(), op.integers(1, "axes")
    rank = len(x.shape)
    axes = [axis for axis, size in enumerate(x.shape) if size == 1] if axes is None else axes
    if any(not -rank <= axis < rank or x.shape[axis] != 1 for axis in axes):
        fail(f"axes {axes} must be axes of size 1 of {x.tensor.name}, of shape {x.shape}")
    removed = {axis % rank for axis in axes}
    return _shaped(builder, op, x, [size for axis, size in enumerate(x.shape) if axis not in removed])


def unsqueeze(builder: Builder, op: Operation) -> str | None:
    """Convert Unsqueeze: axes of size 1 are inserted."""
    x, axes = op.value(), op.integers(1, "axes") or []
    rank = len(x.shape) + len(axes)
    new = {axis % rank for axis in axes if -rank <= axis < rank}
    if len(new) != len(axes):
        fail(f"axes {axes} must be different axes of a result with {rank} axes")
    sizes = iter(x.shape)
    return _shaped(builder, op, x, [1 if axis in new else next(sizes) for axis in range(rank)])


def identity(builder: Builder, op: Operation) -> str:
    """Convert Identity, or Dropout, which is an identity at inference."""
    builder.values[op.output] = op.value()
    return "the same tensor"


def concatenation(builder: Builder, op: Operation):
    """Convert Concat: inputs with another quantisation than the result are requantised first."""
    if not op.operands:
        fail("it has no inputs")
    values = [
        builder.constant(each) if isinstance(each, Constant) else op.value(place)
        for place, each in enumerate(op.operands)
    ]
    result = op.quantisation or values[0].quantisation
    values = [_requantised(builder, op, value, result, place) for place, value in enumerate(values)]
    rank, axis = len(values[0].shape), op.attributes.get("axis", 0)
    axes = _complete(next((value for value in values if not value.tensor.constant), values[0]))
    if any(len(value.shape) != rank for value in values) or not -rank <= axis < rank:
        fail(f"axis {axis} is not an axis of its inputs, of shapes {', '.join(str(value.shape) for value in values)}")
    axis %= rank
    ordered = [builder.in_order(op, value, axes) for value in values]
    shape = list(values[0].shape)
    shape[axis] = sum(value.shape[axis] for value in values)
    y = builder.result(op, shape, axes)
    names = tuple(value.tensor.name for value in ordered)
    builder.add(Concatenation(builder.name(op), names, y.tensor.name, axis=axes.index(axis)))


def slices(builder: Builder, op: Operation):
    """Convert Slice with positive steps."""
    x = op.value()
    rank = len(x.shape)
    starts, ends = op.integers(1), op.integers(2)
    if starts is None or ends is None:
        fail("its starts and ends must be constants")
    axes = op.integers(3) or list(range(len(starts)))
    steps = op.integers(4) or [1] * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or any(not -rank <= axis < rank for axis in axes):
        fail(f"starts {starts}, ends {ends}, axes {axes} and steps {steps} do not fit shape {x.shape}")
    if min(steps, default=1) < 1:
        fail(f"steps {steps} must be positive")
    begin, size, stride = [0] * rank, list(x.shape), [1] * rank
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        first, last = (_within(place, x.shape[axis]) for place in (start, end))
        begin[axis], size[axis], stride[axis] = first, max(-(-(last - first) // step), 0), step
    _slice(builder, op, x, begin, size, stride)


def split(builder: Builder, op: Operation):
    """Convert Split into equal parts, or parts of given sizes."""
    x, axis, parts = op.value(), op.attributes.get("axis", 0), len(op.outputs)
    if not -len(x.shape) <= axis < len(x.shape) or not parts:
        fail(f"axis {axis} is not an axis of {x.tensor.name}, of shape {x.shape}")
    length = -(-x.shape[axis] // parts)
    sizes = op.integers(1, "split") or [length] * (parts - 1) + [x.shape[axis] - length * (parts - 1)]
    if len(sizes) != parts or min(sizes) < 1 or sum(sizes) != x.shape[axis]:
        fail(f"{x.tensor.name} of shape {x.shape} has no parts of sizes {sizes} along axis {axis}")
    for part, (first, size) in enumerate(zip(accumulate(sizes, initial=0), sizes, strict=False)):
        begin, shape = [0] * len(x.shape), list(x.shape)
        begin[axis], shape[axis] = first, size
        _slice(builder, op, x, begin, shape, None, part)


def pad(builder: Builder, op: Operation):
    """Convert Pad with a constant, by default 0.0."""
    x, sizes, value = op.value(), op.integers(1, "pads"), op.optional(2)
    rank = len(x.shape)
    if op.attributes.get("mode", "constant") != "constant" or op.optional(3) is not None:
        fail("only padding of all axes with a constant is supported")
    if sizes is None or len(sizes) != 2 * rank or min(sizes, default=0) < 0:
        fail(f"pads {sizes} must be {2 * rank} integers of 0 or more")
    number = op.attributes.get("value", 0.0)
    if isinstance(value, Constant):
        value = value.quantisation.dequantise(value.value)
    if isinstance(value, np.ndarray):
        number = value.item() if value.size == 1 else fail(f"its value has {value.size} elements, not one")
    axes = _complete(x)
    x = builder.in_order(op, x, axes)
    shape = [size + sizes[axis] + sizes[axis + rank] for axis, size in enumerate(x.shape)]
    y = builder.result(op, shape, axes)
    pads = tuple((0, 0) if axis is None else (sizes[axis], sizes[axis + rank]) for axis in axes)
    integer = x.quantisation.quantise(np.array(number))
    if x.quantisation.dequantise(integer) != np.float32(number):
        fail(f"its value {number} has no integer with the scale of {x.tensor.name}")
    fields = {"pads": pads, "value": int(integer)}
    builder.add(Padding(builder.name(op), (x.tensor.name,), y.tensor.name, **fields))


def _shaped(builder: Builder, op: Operation, x: Value, requested: list[int]) -> str | None:
    """Value with another shape: a view if only axes of size 1 differ, otherwise in the layout of the file."""
    shape = tuple(requested)
    if min(shape, default=1) < 1 or prod(shape) != prod(x.shape):
        fail(f"{x.tensor.name} of shape {x.shape} does not reshape to {shape}")
    old, new = ([axis for axis, size in enumerate(each) if size > 1] for each in (x.shape, shape))
    if [x.shape[axis] for axis in old] == [shape[axis] for axis in new]:
        builder.values[op.output] = x.renumbered(shape, dict(zip(old, new, strict=True)))
        return VIEW
    source = builder.in_order(op, x)
    y = builder.result(op, shape)
    name = builder.name(op)
    if source.tensor is not x.tensor and shape == (x.shape[0], prod(x.shape[1:])):  # a dense layer reads any order
        builder.values[op.output] = replace(y, image=x)
        builder.spare.add(name)
    builder.add(Reshape(name, (source.tensor.name,), y.tensor.name, to=shape))
    return None


def _complete(x: Value) -> tuple[int | None, ...]:
    """All axes of the file in the order of the tensor; in the order of the file if the tensor does not have all."""
    return x.axes if {*x.axes} >= {*range(len(x.shape))} else tuple(range(len(x.shape)))


def _within(place: int, length: int) -> int:
    """Index from 0 to `length`; negative ones count from the end."""
    return min(max(place + length if place < 0 else place, 0), length)


def _slice(
    builder: Builder,
    op: Operation,
    x: Value,
    begin: Sequence[int],
    size: Sequence[int],
    stride: Sequence[int] | None,
    part: int = 0,
):
    """Add a slice; `begin`, `size` and `stride` are by axes of the file."""
    axes = _complete(x)
    x = builder.in_order(op, x, axes)
    name = op.outputs[part] if op.outputs else op.output
    y = builder.result(op, size, axes, name)
    fields = {
        "begin": tuple(0 if axis is None else begin[axis] for axis in axes),
        "size": y.tensor.shape,
        "stride": None if stride is None else tuple(1 if axis is None else stride[axis] for axis in axes),
    }
    builder.add(Slice(builder.name(op, f"_{part}" if part else ""), (x.tensor.name,), y.tensor.name, **fields))


def _requantised(builder: Builder, op: Operation, x: Value, result, place: int) -> Value:
    """Input of Concat with the quantisation of the result."""
    if x.quantisation == result:
        return x
    tensor = builder.declare(f"{op.output}_input_{place}", x.tensor.shape, **result._asdict())
    values = table(Operation(op.index, "QuantizeLinear", (), {}, op.output), x.quantisation, result)
    fields = {"arithmetic": Onnx(1.0), "function": "quantizelinear", "table": values}
    builder.add(Activation(builder.name(op, f"_input_{place}"), (x.tensor.name,), tensor.name, **fields))
    return Value(tensor, x.shape, x.axes)


MOVEMENT = {
    "Concat": concatenation,
    "Dropout": identity,
    "Flatten": flatten,
    "Identity": identity,
    "Pad": pad,
    "Reshape": reshape,
    "Slice": slices,
    "Split": split,
    "Squeeze": squeeze,
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
}
