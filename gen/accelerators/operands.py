"""Random tensors in the number format of a machine, and the matching arithmetic."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from ...sim.golden.integer import limits
from ...sim.network.arithmetic import Arithmetic, Coded, Exact, Tflite, fold
from ...sim.network.graph import Tensor

EIGHT_BITS = 73.9
"""Root mean square of uniform int8."""


class Weights(NamedTuple):
    """Constants, arithmetic and result of a layer with weights."""

    constants: tuple[Tensor, ...]
    arithmetic: Arithmetic
    output: Tensor


class Operands(ABC):
    """Source of random tensors. `a_type` and `w_type` are the types of activations and weights."""

    a_type = "int8"
    w_type = "int8"
    rounding = "gemmlowp"

    def __init__(self, seed: int):
        self.random = np.random.default_rng(seed)

    @abstractmethod
    def activations(self, name: str, shape: tuple[int, ...]) -> tuple[Tensor, np.ndarray]:
        """Network input and its value."""

    @abstractmethod
    def weights(self, name: str, shape: tuple[int, ...], input: Tensor, output: tuple[int, ...]) -> Weights:
        """Weights of a shape whose last axis is the filters; `output` is the shape of the result."""

    def values(self, tensor: Tensor) -> np.ndarray:
        """Uniform integers, or codes, of a tensor's type."""
        low, high = (0, (1 << tensor.format.bits) - 1) if tensor.format else limits(tensor.type)
        return self.random.integers(low, high + 1, tensor.shape, dtype=tensor.dtype)


class ScaledOperands(Operands):
    """Operands of integers or codes; results of 8 bits, scaled per filter to cover the whole range."""

    def __init__(
        self, seed: int, *, a_type: str = "int8", w_type: str = "int8", y_type: str = "int8", rounding="gemmlowp"
    ):
        super().__init__(seed)
        self.a_type, self.w_type, self.y_type, self.rounding = a_type, w_type, y_type, rounding

    def activations(self, name, shape):
        tensor = Tensor(name, shape, self.a_type)
        if not tensor.format:
            tensor = Tensor(name, shape, self.a_type, zero_point=3)
        return tensor, self.values(tensor)

    def weights(self, name, shape, input, output):
        values = self.values(Tensor(name, shape, self.w_type))
        weights = Tensor(f"{name}.weights", shape, self.w_type, values)
        integers = weights.format.decode(values) if weights.format else values
        count, depth = shape[-1], int(np.prod(shape[:-1]))
        size = _size(weights, integers) * self._input_size(input)
        multiplier = self.random.integers(1 << 30, 1 << 31, count)
        shift = np.full(count, 1 - int(np.log2(128 * np.sqrt(depth) * size)))
        bias = (self.random.integers(-1000, 1000, count) * size).astype(np.int64)
        bias = Tensor(f"{name}.bias", (count,), "int32", fold(bias, integers, -input.zero_point))
        arithmetic = Tflite(multiplier, shift, rounding=self.rounding)
        if weights.format or input.format:
            arithmetic = Coded(self.a_type, self.w_type, arithmetic)
        zero_point = np.iinfo(self.y_type).min + 120
        return Weights(
            (weights, bias), arithmetic, Tensor(f"{name}.result", output, self.y_type, zero_point=zero_point)
        )

    def _input_size(self, input: Tensor) -> float:
        """Size of the activations, relative to int8."""
        if not input.format:
            return 1.0
        codes = np.arange(1 << input.format.bits, dtype=input.dtype)
        return _size(input, input.format.decode(codes))


class ExactOperands(Operands):
    """Operands of int8; results are the exact sums, int32."""

    def activations(self, name, shape):
        tensor = Tensor(name, shape, "int8")
        return tensor, self.values(tensor)

    def weights(self, name, shape, input, output):
        constants = (Tensor(f"{name}.weights", shape, "int8", self.values(Tensor(name, shape, "int8"))),)
        return Weights(constants, Exact(), Tensor(f"{name}.result", output, "int32"))


def _size(tensor: Tensor, integers: np.ndarray) -> float:
    """Root mean square of a coded tensor's integers, relative to int8; 1 for integers of 8 bits."""
    if not tensor.format:
        return 1.0
    return max(float(np.sqrt(np.mean(integers.astype(float) ** 2))), 1.0) / EIGHT_BITS
