"""Operators of windows: AVERAGE_POOL_2D, MAX_POOL_2D, MEAN, RESIZE_NEAREST_NEIGHBOR."""

from itertools import groupby
from math import floor, prod

import numpy as np

from ....sim.network.arithmetic import Tflite
from ....sim.network.graph import Pooling, Reshape, Selection, Tensor, Transpose
from ..faults import LARGEST, fail
from .builder import Builder, clamp, expect, integers, one_scale
from .file import OperatorRecord
from .products import padding, pair

LONGEST = 1 << 16
"""Rows or columns of a resized image."""


def pool(builder: Builder, op: OperatorRecord):
    """Convert pooling: an average is sum / count of the integers within the image, ties away from zero."""
    x, y = builder.input(op), builder.output(op)
    expect("int8", x, y)
    window, stride = pair(op, "FilterHeight", "FilterWidth"), pair(op, "StrideH", "StrideW")
    fields = {"window": window, "stride": stride, "padding": padding(op, x, window, stride)}
    low, high = clamp(op, y)
    rule = Tflite(low=low, high=high)
    kind = {"AVERAGE_POOL_2D": "average", "MAX_POOL_2D": "max"}[op.type]
    builder.add(Pooling(builder.name(op), (x.name,), y.name, rule, kind=kind, **fields))


def mean(builder: Builder, op: OperatorRecord):
    """Convert MEAN to average pooling of whole images: the input is reshaped so that the reduced axes are the image."""
    x, y = builder.input(op), builder.output(op)
    expect("int8", x, y)
    rank, axes = len(x.shape), integers(builder.record(op, 1))
    if any(not -rank <= axis < rank for axis in axes):
        fail(f"axes {axes} must be axes of {x.name}, of shape {x.shape}")
    reduced = {axis % rank for axis in axes}
    count = prod(x.shape[axis] for axis in reduced)
    arithmetic = Tflite.mean(one_scale(x), one_scale(y), count)
    if rank == 4 and reduced <= {1, 2}:
        image, window = x, (x.shape[1] if 1 in reduced else 1, x.shape[2] if 2 in reduced else 1)
    else:
        image = _image(builder, op, x, reduced)
        window = image.shape[1], 1
    shape = (image.shape[0], image.shape[1] // window[0], image.shape[2] // window[1], image.shape[3])
    pooled = y if shape == y.shape else builder.temporary(shape, builder.result(op, y))
    builder.add(Pooling(builder.name(op), (image.name,), pooled.name, arithmetic, kind="average", window=window))
    if pooled is not y:
        builder.add(Reshape(builder.name(op, "_shape"), (pooled.name,), y.name, to=y.shape))


def _image(builder: Builder, op: OperatorRecord, x: Tensor, reduced: set[int]) -> Tensor:
    """Input as (outer, count, 1, inner), where count are the elements of the reduced axes."""
    record, kept = builder.record(op, 0), [axis for axis in range(len(x.shape)) if axis not in reduced]
    wide = [axis for axis, size in enumerate(x.shape) if size > 1]
    runs = [(key, list(axes)) for key, axes in groupby(wide, lambda axis: axis in reduced)]
    if sum(key for key, _ in runs) > 1:  # the reduced axes are apart
        order = (*kept, *sorted(reduced))
        moved = builder.temporary(tuple(x.shape[axis] for axis in order), record)
        builder.add(Transpose(builder.name(op, "_order"), (x.name,), moved.name, axes=order))
        outer, inner, x = prod(moved.shape[: len(kept)]), 1, moved
    else:
        first = next((axes[0] for key, axes in runs if key), len(x.shape))
        outer = prod(x.shape[axis] for axis in kept if axis < first)
        inner = prod(x.shape[axis] for axis in kept if axis > first)
    image = builder.temporary((outer, x.size // (outer * inner), 1, inner), record)
    builder.add(Reshape(builder.name(op, "_image"), (x.name,), image.name, to=image.shape))
    return image


def resize(builder: Builder, op: OperatorRecord):
    """Convert RESIZE_NEAREST_NEIGHBOR: each row and column of the result is a row or column of the input."""
    x, y = builder.input(op), builder.output(op)
    size = integers(builder.record(op, 1), 2)
    if len(x.shape) != 4 or not all(0 < n <= LONGEST for n in size) or prod(size) > LARGEST:
        fail(f"{x.name} of shape {x.shape} cannot be resized to {size}")
    corners, centres = (bool(op.options.get(name, False)) for name in ("AlignCorners", "HalfPixelCenters"))
    rows, columns = (_nearest(x.shape[1 + axis], size[axis], corners, centres) for axis in range(2))
    builder.add(Selection(builder.name(op), (x.name,), y.name, rows=rows, columns=columns))


def _nearest(size: int, count: int, corners: bool, centres: bool) -> tuple[int, ...]:
    """Source of each of `count` rows from `size`, in float32 as in the reference."""
    one = np.float32(1)
    scale = one * (size - 1) / (count - 1) if corners and count > 1 else one * size / count
    places = (np.arange(count, dtype=np.float32) + np.float32(0.5 if centres else 0)) * scale
    found = (floor(float(place) + 0.5 if corners else float(place)) for place in places)
    return tuple(min(max(place, 0), size - 1) for place in found)


WINDOWS = {"AVERAGE_POOL_2D": pool, "MAX_POOL_2D": pool, "MEAN": mean, "RESIZE_NEAREST_NEIGHBOR": resize}
