"""Data movement operators: padding, concatenation, slices, splits, shapes, transposition."""

from collections.abc import Sequence
from itertools import accumulate
from math import prod

from ....sim.network.graph import Concatenation, Padding, Reshape, Slice, Tensor, Transpose
from ..faults import fail
from .builder import Builder, activation, contents, integers
from .file import OperatorRecord


def pad(builder: Builder, op: OperatorRecord):
    """Convert PAD, padding with the zero point, or PADV2, padding with a constant."""
    x, y = builder.input(op), builder.output(op)
    sizes = integers(builder.record(op, 1), 2 * len(x.shape))
    pads = tuple(zip(sizes[::2], sizes[1::2], strict=True))
    given = builder.optional(op, 2)
    value = None if given is None else contents(given)
    if value is not None and value.size != 1:
        fail(f"its value has {value.size} elements, not one")
    fields = {"pads": pads, "value": None if value is None else value.item()}
    builder.add(Padding(builder.name(op), (x.name,), y.name, **fields))


def concatenation(builder: Builder, op: OperatorRecord):
    if activation(op) != "identity":
        fail(f"its fused activation function is {activation(op)}")
    inputs = tuple(builder.input(op, position).name for position in range(len(op.inputs)))
    builder.add(Concatenation(builder.name(op), inputs, builder.output(op).name, axis=op.options.get("Axis", 0)))


def strided_slice(builder: Builder, op: OperatorRecord):
    """Convert STRIDED_SLICE: begin, end and stride of each axis; bit i of a mask refers to axis i."""
    for name in ("EllipsisMask", "NewAxisMask", "Offset"):
        if op.options.get(name, 0):
            fail(f"{name}={op.options[name]} must be 0")
    x, y = builder.input(op), builder.output(op)
    rank = len(x.shape)
    begins, ends, strides = (integers(builder.record(op, position), rank) for position in (1, 2, 3))
    masks = [op.options.get(name, 0) for name in ("BeginMask", "EndMask", "ShrinkAxisMask")]
    begin, size = [], []
    for axis, length in enumerate(x.shape):
        no_begin, no_end, shrink = (mask >> axis & 1 for mask in masks)
        first = 0 if no_begin else _within(begins[axis], length)
        last = first + 1 if shrink else length if no_end else _within(ends[axis], length)
        if strides[axis] < 1:
            fail(f"strides {strides} must be positive")
        begin.append(first)
        size.append(max(-(-(last - first) // strides[axis]), 0))
    _slice(builder, op, x, y, begin, size, strides)


def _within(place: int, length: int) -> int:
    return min(max(place + length if place < 0 else place, 0), length)


def slice_(builder: Builder, op: OperatorRecord):
    x, y = builder.input(op), builder.output(op)
    begin, size = (integers(builder.record(op, position), len(x.shape)) for position in (1, 2))
    size = [length - first if n == -1 else n for first, n, length in zip(begin, size, x.shape, strict=True)]
    _slice(builder, op, x, y, begin, size)


def split(builder: Builder, op: OperatorRecord):
    """Convert SPLIT: equal parts along an axis."""
    (axis,) = integers(builder.record(op, 0), 1)
    x = builder.input(op, 1)
    parts = len(op.outputs)
    if not parts or not -len(x.shape) <= axis < len(x.shape) or x.shape[axis] % parts:
        fail(f"{x.name} of shape {x.shape} has no {parts} equal parts along axis {axis}")
    _split(builder, op, x, axis, [x.shape[axis] // parts] * parts)


def split_v(builder: Builder, op: OperatorRecord):
    """Convert SPLIT_V: parts of given sizes; one of them may be -1, the remainder."""
    x, sizes = builder.input(op), integers(builder.record(op, 1), len(op.outputs))
    (axis,) = integers(builder.record(op, 2), 1)
    if not -len(x.shape) <= axis < len(x.shape):
        fail(f"axis {axis} is not an axis of {x.name}, of shape {x.shape}")
    rest = x.shape[axis] - sum(size for size in sizes if size != -1)
    _split(builder, op, x, axis, [rest if size == -1 else size for size in sizes])


def reshape(builder: Builder, op: OperatorRecord):
    """Convert RESHAPE, SQUEEZE or EXPAND_DIMS: the new shape is that of the output."""
    x, y = builder.input(op), builder.output(op)
    builder.add(Reshape(builder.name(op), (x.name,), y.name, to=y.shape))


def transpose(builder: Builder, op: OperatorRecord):
    x, y = builder.input(op), builder.output(op)
    axes = tuple(axis % len(x.shape) for axis in integers(builder.record(op, 1), len(x.shape)))
    builder.add(Transpose(builder.name(op), (x.name,), y.name, axes=axes))


def _split(builder: Builder, op: OperatorRecord, x: Tensor, axis: int, sizes: Sequence[int]):
    axis %= len(x.shape)
    for part, (first, size) in enumerate(zip(accumulate(sizes, initial=0), sizes, strict=False)):
        begin = [first if each == axis else 0 for each in range(len(x.shape))]
        shape = [size if each == axis else length for each, length in enumerate(x.shape)]
        _slice(builder, op, x, builder.output(op, part), begin, shape, part=f"_{part}")


def _slice(
    builder: Builder,
    op: OperatorRecord,
    x: Tensor,
    y: Tensor,
    begin: Sequence[int],
    size: Sequence[int],
    stride: Sequence[int] | None = None,
    part: str = "",
):
    """Slice, and a reshape where the result has fewer axes."""
    whole, record = y, builder.result(op, y)
    if y.shape != tuple(size) and y.size == prod(size):
        whole = builder.temporary(tuple(size), record)
    fields = {"begin": tuple(begin), "size": tuple(size), "stride": tuple(stride) if stride else None}
    builder.add(Slice(builder.name(op, part), (x.name,), whole.name, **fields))
    if whole is not y:
        builder.add(Reshape(builder.name(op, f"{part}_shape"), (whole.name,), y.name, to=y.shape))


MOVEMENT = {
    "PAD": pad,
    "PADV2": pad,
    "CONCATENATION": concatenation,
    "STRIDED_SLICE": strided_slice,
    "SLICE": slice_,
    "SPLIT": split,
    "SPLIT_V": split_v,
    "RESHAPE": reshape,
    "SQUEEZE": reshape,
    "EXPAND_DIMS": reshape,
    "TRANSPOSE": transpose,
}
