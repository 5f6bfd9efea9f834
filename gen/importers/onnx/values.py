"""Values of an ONNX file during its conversion: quantised tensors with their order of axes, and constants."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ....sim.golden.integer import limits
from ....sim.network.graph import Tensor
from ..faults import fail
from ..network import Axes

NARROW = ("int8", "uint8")


class Quantisation(NamedTuple):
    """Scale, zero point and type of a tensor: real = scale * (integer - zero point)."""

    scale: float
    zero_point: int
    type: str

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest integer of the type."""
        return limits(self.type)

    def quantise(self, real: np.ndarray | np.float32) -> np.ndarray:
        """Integers of reals, in float32 with ties to even, as by QuantizeLinear."""
        low, high = self.limits
        found = np.rint(np.asarray(real, np.float32) / np.float32(self.scale))
        return (np.clip(found, low - self.zero_point, high - self.zero_point) + self.zero_point).astype(self.type)

    def dequantise(self, integers: np.ndarray) -> np.ndarray:
        """Reals of integers, in float32, as by DequantizeLinear."""
        return (integers.astype(np.int64) - self.zero_point).astype(np.float32) * np.float32(self.scale)


@dataclass(frozen=True)
class Value:
    """Tensor of the file with integers at run time.

    `tensor` is that of the graph, `shape` the shape in the file. `axes` has the axis of the file for each axis of
    `tensor`; axes of size 1 may be absent. `image`: the value has its elements, flattened in the order of the file.
    """

    tensor: Tensor
    shape: tuple[int, ...]
    axes: Axes
    image: "Value | None" = None

    @property
    def quantisation(self) -> Quantisation:
        """Quantisation of the tensor. Raises `ValueError` for several scales."""
        scale = self.tensor.scale
        if not isinstance(scale, float):
            fail(f"{self.tensor.name} must have one scale")
        return Quantisation(scale, self.tensor.zero_point, self.tensor.type)

    @property
    def order(self) -> tuple[int, ...]:
        """Axes of the file with more than one element, in the order of the graph."""
        return tuple(axis for axis in self.axes if axis is not None and self.shape[axis] > 1)

    def size(self, axes: Axes) -> tuple[int, ...]:
        """Shape of a tensor of the graph with these axes."""
        return tuple(1 if axis is None else self.shape[axis] for axis in axes)

    def renumbered(self, shape: tuple[int, ...], places: dict[int, int]) -> "Value":
        """Same tensor with another shape in the file: axis n becomes axis `places[n]`; axes without a place vanish."""
        axes = tuple(places.get(axis) if axis is not None else None for axis in self.axes)
        return replace(self, shape=shape, axes=axes, image=None)


@dataclass(frozen=True)
class Constant:
    """Constant of integers in the layout of the file, with one scale, or several along an axis."""

    name: str
    value: np.ndarray
    scale: np.ndarray
    zero_point: np.ndarray
    axis: int

    @property
    def quantisation(self) -> Quantisation:
        """Quantisation of the constant. Raises `ValueError` for several scales."""
        if self.scale.size != 1 or self.zero_point.size != 1:
            fail(f"{self.name} must have one scale and one zero point")
        return Quantisation(float(self.scale.item()), int(self.zero_point.item()), self.value.dtype.name)


def image_axes(shape: tuple[int, ...], name: str) -> Axes:
    """Axes of an image (n, rows, columns, channels) from those of the file, which has channels before rows."""
    if len(shape) == 4:
        return 0, 2, 3, 1
    if len(shape) == 3:
        return 0, None, 2, 1
    return fail(f"{name} must have 3 or 4 axes, not shape {shape}")
