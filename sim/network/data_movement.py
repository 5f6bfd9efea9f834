"""Data movement nodes: views and copies, whose result needs no arithmetic."""

from dataclasses import dataclass, field
from math import prod
from numbers import Real

import numpy as np

from ..golden.formats.olive import Pairs
from .arithmetic.base import representation_mismatch
from .fields import integers
from .nodes import Node, Pair
from .tensor import Tensor


class _DataMovement(Node):
    """Data movement node: its output has values of its inputs, unchanged."""

    def check(self, inputs, output):
        super().check(inputs, output)
        for source in inputs:
            if reason := representation_mismatch(source, output):
                self.fail(reason)


@dataclass(frozen=True, eq=False)
class Concatenation(_DataMovement):
    """Concatenation of the inputs along `axis`; negative axes count from the last."""

    axis: int = field(kw_only=True)

    COUNT = (1, None)

    def shape(self, inputs):
        first = inputs[0].shape
        if not integers(self.axis, -len(first), ()) or self.axis >= len(first):
            self.fail(f"axis {self.axis} is not an axis of shape {first}")
        axis = self.axis % len(first)
        for tensor in inputs[1:]:
            others = list(tensor.shape)
            if len(others) != len(first) or (*others[:axis], *others[axis + 1 :]) != (
                *first[:axis],
                *first[axis + 1 :],
            ):
                self.fail(f"{tensor.name} of shape {tensor.shape} does not continue {first} along axis {axis}")
        return (*first[:axis], sum(tensor.shape[axis] for tensor in inputs), *first[axis + 1 :])


@dataclass(frozen=True, eq=False)
class Reshape(_DataMovement):
    """Reshape of the same values in row-major order to another shape, `to`."""

    to: tuple[int, ...] = field(kw_only=True)

    def shape(self, inputs):
        legal = isinstance(self.to, tuple | list) and all(integers(n, 1, ()) for n in self.to)
        if not legal or prod(self.to) != inputs[0].size:
            self.fail(f"{inputs[0].name} has shape {inputs[0].shape}, which does not reshape to {self.to}")
        return tuple(self.to)


@dataclass(frozen=True, eq=False)
class Padding(_DataMovement):
    """Padding of x: (before, after) elements around it for each axis, all equal to `value`: an integer, or a code.

    Without a value they represent 0.0: the zero point, or its code.
    """

    pads: tuple[Pair, ...] = field(kw_only=True)
    value: int | None = field(default=None, kw_only=True)

    def shape(self, inputs):
        self.need("pads", 0, len(inputs[0].shape), 2)
        return tuple(size + sum(pads) for size, pads in zip(inputs[0].shape, self.pads, strict=True))

    def check(self, inputs, output):
        super().check(inputs, output)
        if isinstance(output.format, Pairs) and self.pads[-1][0] % 2:
            self.fail(f"pads {self.pads} separate the pairs of {output.type}")
        low, high = self._limits(output)
        if not isinstance(self.value, Real | None):
            self.fail(f"value {self.value!r} must be a number")
        if self.value is not None and not low <= self.value <= high:
            self.fail(f"value {self.value} must be from {low} to {high} for {output.type}")

    @staticmethod
    def _limits(output: Tensor) -> tuple[float, float]:
        if output.type == "float32":
            return -np.inf, np.inf
        bits = output.format.bits if output.format else 16
        return (output.limits if not output.format else None) or (0, (1 << bits) - 1)


@dataclass(frozen=True, eq=False)
class Slice(_DataMovement):
    """Slice of `size` elements of each axis, from `begin` on, `stride` apart."""

    begin: tuple[int, ...] = field(kw_only=True)
    size: tuple[int, ...] = field(kw_only=True)
    stride: tuple[int, ...] | None = field(default=None, kw_only=True)

    @property
    def slices(self) -> tuple[slice, ...]:
        strides = self.stride or (1,) * len(self.begin)
        parts = zip(self.begin, self.size, strides, strict=True)
        return tuple(slice(begin, begin + (size - 1) * stride + 1, stride) for begin, size, stride in parts)

    def shape(self, inputs):
        rank = len(inputs[0].shape)
        for name, low in (("begin", 0), ("size", 1), ("stride", 1)):
            if name != "stride" or self.stride is not None:
                self.need(name, low, rank)
        if any(part.stop > size for part, size in zip(self.slices, inputs[0].shape, strict=True)):
            self.fail(f"begin {self.begin} and size {self.size} exceed shape {inputs[0].shape} of {inputs[0].name}")
        return tuple(self.size)

    def check(self, inputs, output):
        super().check(inputs, output)
        last = self.slices[-1:]
        if isinstance(output.format, Pairs) and any(part.start % 2 or part.step != 1 for part in last):
            self.fail(f"begin {self.begin} and stride {self.stride} separate the pairs of {output.type}")


@dataclass(frozen=True, eq=False)
class Transpose(_DataMovement):
    """Transposition: axis i of the result is axis `axes[i]` of the input."""

    axes: tuple[int, ...] = field(kw_only=True)

    def shape(self, inputs):
        size = inputs[0].shape
        self.need("axes", 0, len(size))
        if sorted(self.axes) != list(range(len(size))):
            self.fail(f"axes {self.axes} must be a permutation of the {len(size)} axes of {inputs[0].name}")
        return tuple(size[axis] for axis in self.axes)

    def check(self, inputs, output):
        super().check(inputs, output)
        if isinstance(output.format, Pairs) and self.axes[-1] != len(self.axes) - 1:
            self.fail(f"axes {self.axes} separate the pairs of {output.type}")


@dataclass(frozen=True, eq=False)
class Selection(_DataMovement):
    """Selection of rows and columns of an image, any number of times: y[n, i, j, c] = x[n, rows[i], columns[j], c].

    Resizing to the nearest neighbour, in every convention about centres and corners, is a selection.
    """

    rows: tuple[int, ...] = field(kw_only=True)
    columns: tuple[int, ...] = field(kw_only=True)

    def shape(self, inputs):
        x = self.rank(inputs[0], 4)
        for name, size in (("rows", x[1]), ("columns", x[2])):
            chosen = getattr(self, name)
            if not isinstance(chosen, tuple | list) or not chosen or not integers(chosen, 0, (len(chosen),)):
                self.fail(f"{name} {chosen} must be integers of 0 or more, at least one")
            if max(chosen) >= size:
                self.fail(f"{name} must be less than {size}, not {max(chosen)}")
        return (x[0], len(self.rows), len(self.columns), x[3])
